// Where a frame goes whose destination is known: to that port alone. Inline: most come here.
#ifndef VSWITCH_BRIDGE_UNICAST_H_
#define VSWITCH_BRIDGE_UNICAST_H_

#include "bridge/egress_limit.h"
#include "bridge/pass.h"

namespace vswitch {

// Appends one copy of a frame whose port is known (Frame::egress), or drops it:
//   same_port    the destination is where the frame came from: filtered, IEEE 802.1Q, 8.6.3
//   egress_down  nobody could take it there; counted on the egress port
//   exceeds_mtu  longer than the port takes; counted on the egress port
inline void Unicast(Pass& pass, Frame& frame) {
  const PortId egress = frame.egress;
  if (egress == frame.ingress) return pass.Drop(frame, egress, DropReason::kSamePort);
  const PortForwarding& port = pass.config.ports[egress];
  if (!port.up) return pass.Drop(frame, egress, DropReason::kEgressDown);
  if (ExceedsLimit(frame, port)) return pass.Drop(frame, egress, DropReason::kExceedsMtu);
  pass.out.copies.push_back({&frame, egress});
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_UNICAST_H_
