// Where a frame goes whose destination is known: to that port alone.
#ifndef VSWITCH_BRIDGE_UNICAST_H_
#define VSWITCH_BRIDGE_UNICAST_H_

#include "bridge/pass.h"

namespace vswitch {

// Appends one copy of a frame whose port is known (Frame::egress), or drops it:
//   same_port    the destination is where the frame came from: filtered, IEEE 802.1Q, 8.6.3
//   egress_down  nobody could take it there; counted on the egress port
//   exceeds_mtu  longer than the port takes; counted on the egress port
void Unicast(Pass& pass, Frame& frame);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_UNICAST_H_
