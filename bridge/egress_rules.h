// Which ports a frame may leave by, beside the one that it came in by and those of other bridges:
// asked for every copy on a bridge where some port has such a rule, and on no other.
//
// A flood leaves out ports that it may not leave by, and nothing is counted there; a frame whose
// destination is known to be at such a port is dropped, and its ingress port counts it.
#ifndef VSWITCH_BRIDGE_EGRESS_RULES_H_
#define VSWITCH_BRIDGE_EGRESS_RULES_H_

#include "bridge/pass.h"

namespace vswitch {

// What a frame goes to everybody for.
enum class FloodKind { kUnknownStation, kGroup, kBroadcast };

inline FloodKind FloodKindOf(const Frame& frame) {
  const MacAddress destination = frame.destination.mac();
  if (!destination.IsGroup()) return FloodKind::kUnknownStation;
  return destination.IsBroadcast() ? FloodKind::kBroadcast : FloodKind::kGroup;
}

// Linux, net/bridge/br_forward.c, br_flood(): BR_FLOOD, BR_MCAST_FLOOD, BR_BCAST_FLOOD.
inline bool TakesFloods(const PortForwarding& port, FloodKind kind) {
  switch (kind) {
    case FloodKind::kUnknownStation:
      return port.flood;
    case FloodKind::kGroup:
      return port.mcast_flood;
    case FloodKind::kBroadcast:
      return port.bcast_flood;
  }
  return true;
}

// Why the frame may not leave by `port`; kNone when it may.
inline DropReason MayNotLeave(const Pass& pass, const Frame& frame, const PortForwarding& port) {
  if (port.loop_blocked) return DropReason::kLoopBlocked;
  if (port.bpdu_blocked) return DropReason::kBpduBlocked;
  // IEEE 802.1D-2004, 7.7.1.
  if (port.stp_state != StpState::kForwarding) return DropReason::kStpDiscarding;
  if (pass.config.bridges[frame.bridge].has_vlans &&
      !MayLeaveIn(port.vlan, frame.destination.vlan(), frame.vlan)) {
    return DropReason::kVlanEgress;
  }
  // Open vSwitch, ofproto-dpif-xlate.c: nothing but mirrors' copies.
  if (port.is_mirror_target) return DropReason::kMirrorTarget;
  // Linux, net/bridge/br_private.h, br_skb_isolated().
  if (port.isolated && pass.config.ports[frame.ingress].isolated) return DropReason::kIsolated;
  return DropReason::kNone;
}

// What is done to the tags of a copy that leaves by `port`.
inline TagEdit EditAt(const Pass& pass, const Frame& frame, const PortForwarding& port) {
  if (!pass.config.bridges[frame.bridge].has_vlans) return TagEdit::kKeep;
  return EditFor(port.vlan, frame.destination.vlan(), frame.vlan);
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_EGRESS_RULES_H_
