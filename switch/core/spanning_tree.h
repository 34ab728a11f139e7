// The spanning tree of one running bridge: bridge/rstp, by the ports that the controller knows.
// Which port has which number, what is on the wire, what has been counted.
//
// Thread-safety: control thread only.
#ifndef VSWITCH_SWITCH_CORE_SPANNING_TREE_H_
#define VSWITCH_SWITCH_CORE_SPANNING_TREE_H_

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "bridge/forwarding_config.h"
#include "bridge/rstp/bridge.h"
#include "mac_table/fdb_key.h"

namespace vswitch {

class SpanningTree {
 public:
  struct PortFacts {
    PortId id = kNoPort;
    bool enabled = false;
    rstp::PortSettings settings;
  };
  struct PortCounts {
    uint64_t ingress_bpdus = 0;
    uint64_t egress_bpdus = 0;
    // Heard, and not worked off: too many for a second.
    uint64_t ignored_bpdus = 0;
  };
  struct Outgoing {
    PortId port = kNoPort;
    rstp::BpduFrame frame{};
  };
  struct Work {
    // Ports whose learned stations are to be forgotten.
    std::vector<PortId> flushed;
    std::vector<Outgoing> frames;
  };

  // Of one port in a second: a segment of ten bridges that are all in uproar. Who sends more only
  // costs time.
  static constexpr int kMaxBpdusPerSecond = 64;

  // `address`: an individual one; those of its ports follow from it.
  SpanningTree(MacAddress address, uint32_t priority);

  // Makes its priority and its ports these; a new one gets the least number that is free. One
  // beyond rstp::kMaxPortNumber has none, and discards.
  void Follow(uint32_t priority, std::span<const PortFacts> ports);
  // By a port that it has.
  void Receive(PortId port, const rstp::Bpdu& bpdu);
  // A second has passed.
  void Tick();

  bool Has(PortId port) const { return ports_.contains(port); }
  // kDiscarding where it does not have the port.
  StpState StateOf(PortId port) const;
  // To be done once the data path goes by StateOf().
  Work TakeWork();

  const rstp::Variables& variables() const { return bridge_.variables(); }
  // REQUIRES: it has the port.
  const rstp::Port& port(PortId id) const { return bridge_.port(ports_.at(id).number); }
  const PortCounts& counts(PortId id) const { return ports_.at(id).counts; }
  // kNoPort: this bridge is the root.
  PortId root_port() const { return IdOf(rstp::NumberOf(bridge_.variables().root_port_id)); }

 private:
  struct Entry {
    uint16_t number = 0;
    rstp::PortSettings settings;
    PortCounts counts;
    int heard = 0;
    // While Follow() looks which ports are gone.
    bool stays = true;
  };

  // 0: all are taken.
  uint16_t FreeNumber() const;
  PortId IdOf(uint16_t number) const;

  const MacAddress address_;
  rstp::Bridge bridge_;
  std::map<PortId, Entry> ports_;
  std::map<uint16_t, PortId> ids_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_SPANNING_TREE_H_
