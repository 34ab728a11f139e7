// A bridge of IEEE 802.1D-2004 as its neighbours know it: the Rapid Spanning Tree Protocol of one
// bridge, with the state of each of its ports. Pure: BPDUs, the states of links and the seconds
// come in by calls; which frames a port takes, what is to be forgotten and what is to be sent comes
// out.
//
// Whoever uses it, after each call: brings what the data path does in line with State(), closes
// before it opens, then forgets, and only then sends: TakeEffects(). A BPDU may say that a port
// discards, and by it the neighbour may open another.
//
// Thread-safety: none. Limits: kMaxPortNumber ports; the times are the recommended ones of table
// 17-1 (hello 2 s, max. age 20 s, forward delay 15 s), six BPDUs at once and one a second a port.
#ifndef VSWITCH_BRIDGE_RSTP_BRIDGE_H_
#define VSWITCH_BRIDGE_RSTP_BRIDGE_H_

#include <cstdint>
#include <vector>

#include "bridge/rstp/variables.h"

namespace vswitch::rstp {

struct PortSettings {
  // A multiple of 16 up to 240 (9.2.7).
  uint32_t priority = kDefaultPortPriority;
  // 1 to 200,000,000 (table 17-3).
  uint32_t path_cost = 2000;
  // 17.13.1: takes for granted that nobody is there who forwards, until a BPDU comes.
  bool admin_edge = false;
  // 17.13.3: finds out by listening.
  bool auto_edge = true;
  // 6.4.3.
  bool point_to_point = true;

  bool operator==(const PortSettings&) const = default;
};

enum class PortState : uint8_t { kDiscarding, kLearning, kForwarding };

struct Effects {
  // Ports whose learned stations are to be forgotten; ascending, each once.
  std::vector<uint16_t> flushed;
  std::vector<Transmission> transmissions;
};

class Bridge {
 public:
  explicit Bridge(BridgeIdentifier identifier);

  // What the next five change takes effect with Settle(): once for as many as there are, as it
  // looks at every port.
  // REQUIRES: of all below, `number` is one that was added, but for AddPort: 1 to kMaxPortNumber,
  // and new. A port is disabled when it is added.
  void SetIdentifier(BridgeIdentifier identifier);
  void AddPort(uint16_t number, const PortSettings& settings);
  void RemovePort(uint16_t number);
  void SetPort(uint16_t number, const PortSettings& settings);
  // 17.19.18: whether frames can pass at all.
  void SetEnabled(uint16_t number, bool enabled);
  void Settle();

  // What came in by an enabled port.
  void Receive(uint16_t number, const Bpdu& bpdu);
  // A second has passed.
  void Tick();

  PortState State(uint16_t number) const;
  // Since the last call.
  Effects TakeEffects();

  const Variables& variables() const { return variables_; }
  const Port& port(uint16_t number) const { return variables_.ports.at(number); }
  bool IsRoot() const { return variables_.root_port_id == 0; }

 private:
  Port& PortOf(uint16_t number) { return variables_.ports.at(number); }
  void Reselect();
  bool Step();

  Variables variables_;
};

}  // namespace vswitch::rstp

#endif  // VSWITCH_BRIDGE_RSTP_BRIDGE_H_
