// Finds ports of a bridge that are joined outside of it, and says which to block.
//
// Once a second each port of a bridge that has a port with loop_guard=on sends a probe. A guarded
// port that hears one of its own bridge is blocked:
//   its own                      the loop is behind this very port
//   that of an unguarded port    of the two it is the one that may be blocked
//   that of another guarded one  if its name sorts behind the other's: one of the two, not both
// until it has heard none for kClearSeconds. A blocked port goes on sending and hearing probes. One
// that comes back behind the tag of another VLAN than it left in counts for nothing: that others
// bridge VLANs into each other is no loop.
//
// A port by which nothing leaves, as a spanning tree discards there or a BPDU guard has blocked it,
// is silent: it sends no probes, hears none, and one that it sent just before counts for nothing.
// Where a tree has cut the loop already, the guard must not cut what is left.
//
// What a probe proves is that somebody knows its nonce, which is new each time and was sent to one
// port only; the last kKept of a port are good. Whoever repeats one blocks the port that he sends
// by, if any.
//
// Pure: time and nonces are given. Thread-safety: none, the control thread's own.
#ifndef VSWITCH_SWITCH_CORE_LOOP_GUARD_H_
#define VSWITCH_SWITCH_CORE_LOOP_GUARD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "bridge/loop_probe.h"
#include "mac_table/fdb_key.h"

namespace vswitch {

class LoopGuard {
 public:
  static constexpr uint32_t kClearSeconds = 5;
  static constexpr size_t kKept = 4;

  struct Port {
    std::string name;
    // Of the bridge: probes of others mean nothing here.
    uint64_t probe_id = 0;
    // It may be blocked.
    bool guarded = false;
    // The VLAN of its untagged frames, and so of its probes.
    VlanId vlan = 0;
  };

  // A port that takes part, anew or otherwise than before. One that is guarded no more, or in
  // another bridge, is open.
  void SetPort(PortId id, const Port& port);
  void Forget(PortId id);
  // Of a port that takes part; it is not until it is said to be.
  void SetSilent(PortId id, bool silent);

  // What the port is to send now. REQUIRES: it takes part.
  LoopProbe NextProbe(PortId id, LoopNonce nonce);

  // A probe has come in by the port. Whether that blocks it, which was open.
  bool OnProbe(PortId heard_on, const LoopProbe& probe, uint32_t now);
  // Those that are open again.
  std::vector<PortId> Clear(uint32_t now);

  bool IsBlocked(PortId id) const;
  // The port whose probe it heard last. REQUIRES: it is blocked.
  const std::string& HeardFrom(PortId id) const { return ports_.at(id).heard_from; }

 private:
  struct State {
    Port port;
    bool silent = false;
    std::array<LoopNonce, kKept> sent{};
    uint32_t sequence = 0;
    // Set: it is blocked.
    std::optional<uint32_t> heard_at;
    std::string heard_from;
  };

  static bool MustBlock(const State& heard_on, const State& sender, VlanId heard_in);
  void ForgetNonces(const State& state);

  std::map<PortId, State> ports_;
  // Whose probes are good.
  std::map<LoopNonce, PortId> senders_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_LOOP_GUARD_H_
