// Fourth stage: the copies.
#ifndef VSWITCH_BRIDGE_FORWARD_H_
#define VSWITCH_BRIDGE_FORWARD_H_

#include <span>

#include "bridge/counters.h"
#include "bridge/forwarding_config.h"
#include "bridge/frame.h"

namespace vswitch {

// Appends to `*egress` one copy of every frame whose port is known, or drops it:
//   same_port    the destination is where the frame came from: filtered, IEEE 802.1Q, 8.6.3
//   egress_down  nobody could take it there; counted on the egress port
//   exceeds_mtu  longer than the port takes; counted on the egress port
// and hands every other frame to Flood() (flood.h), as far as the batch's kFloodBudget goes. Beyond
// it a frame to a group is deferred to the next batch. A frame to an unknown station is dropped
// (flood_limit): by then its destination may be known, and the next frame of its flow would
// overtake it. So is what is more than kMaxDeferred.
void Forward(std::span<Frame> batch, const ForwardingConfig& config, PortCounters* counters,
             EgressList* egress);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_FORWARD_H_
