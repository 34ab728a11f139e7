// Last stage: the copies.
#ifndef VSWITCH_BRIDGE_FORWARD_H_
#define VSWITCH_BRIDGE_FORWARD_H_

#include "bridge/flood.h"
#include "bridge/pass.h"

namespace vswitch {

// Appends to the outcome first the copies of what waits in the backlog, then one copy of every
// frame whose port is known, or drops it:
//   same_port    the destination is where the frame came from: filtered, IEEE 802.1Q, 8.6.3
//   egress_down  nobody could take it there; counted on the egress port
//   exceeds_mtu  longer than the port takes; counted on the egress port
// and hands every other frame to FloodOrWait() (flood.h) in its turn.
void Forward(Pass& pass, Backlog* backlog);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_FORWARD_H_
