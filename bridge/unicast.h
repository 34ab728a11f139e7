// Where a frame goes whose destination is known: to that port alone. Inline: most come here.
#ifndef VSWITCH_BRIDGE_UNICAST_H_
#define VSWITCH_BRIDGE_UNICAST_H_

#include <cstddef>

#include "bridge/egress_limit.h"
#include "bridge/egress_rules.h"
#include "bridge/pass.h"
#include "bridge/wire/offload_header.h"

namespace vswitch {

// Known frames that cost more than one (wire/offload_header.h) are sent on as long as they cost no
// more than this together, or if they are the first of their batch: what the kernel makes of a
// super-frame for a receiver without offloads takes the writer up to 0.7 ms. What is left waits
// (backlog.h).
inline constexpr size_t kUnicastBudget = 1024;

inline bool MaySendOn(const Pass& pass, const Frame& frame) {
  return !IsCostly(frame) || pass.unicast_cost == 0 ||
         pass.unicast_cost + WriteCost(frame) <= kUnicastBudget;
}

// Appends one copy of a frame whose port is known (Frame::egress), or drops it:
//   same_port    the destination is where the frame came from: filtered, IEEE 802.1Q, 8.6.3
//   vlan_egress, isolated   rules forbid it (egress_rules.h)
//   egress_down  nobody could take it there; counted on the egress port
//   exceeds_mtu  longer than the port takes; counted on the egress port
//   egress_rate  more than the port may be sent; counted on the egress port
inline void Unicast(Pass& pass, Frame& frame) {
  const PortId egress = frame.egress;
  if (egress == frame.ingress) return pass.Drop(frame, egress, DropReason::kSamePort);
  const PortForwarding& port = pass.config.ports[egress];
  TagEdit edit = TagEdit::kKeep;
  if (port.has_egress_rules) {
    const DropReason reason = MayNotLeave(pass, frame, port);
    if (reason != DropReason::kNone) return pass.Drop(frame, frame.ingress, reason);
    edit = EditAt(pass, frame, port);
  }
  if (!port.up) return pass.Drop(frame, egress, DropReason::kEgressDown);
  if (ExceedsLimit(frame, port, edit)) return pass.Drop(frame, egress, DropReason::kExceedsMtu);
  if (ExceedsRate(pass, frame, port, edit)) {
    return pass.Drop(frame, egress, DropReason::kEgressRate);
  }
  pass.out.copies.push_back({&frame, egress, edit});
  if (IsCostly(frame)) pass.unicast_cost += WriteCost(frame);
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_UNICAST_H_
