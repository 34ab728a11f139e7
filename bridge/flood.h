// Where a frame goes when its destination is a group or unknown: everywhere else.
#ifndef VSWITCH_BRIDGE_FLOOD_H_
#define VSWITCH_BRIDGE_FLOOD_H_

#include <cstddef>
#include <cstdint>

#include "bridge/counters.h"
#include "bridge/forwarding_config.h"
#include "bridge/frame.h"

namespace vswitch {

// Floods of one batch begin as long as they have made fewer copies than this together: a flood to a
// thousand ports takes the writer a millisecond, in which known frames must not wait for many more.
inline constexpr size_t kFloodBudget = 1024;
// Frames that wait for the next batch because of that. Their buffers are not there for reading.
inline constexpr size_t kMaxDeferred = 64;

// Appends to `*egress` a copy of `frame` (number `index` of its batch) for every flood port of its
// bridge but the ingress port. A port that the frame is too long for drops its copy (exceeds_mtu,
// counted there) and the others get theirs. With nobody to flood to: no_egress_port.
//
// Of k candidates, dropped copies included, k - 1 are counted as flood_copies of the ingress port.
void Flood(uint16_t index, Frame& frame, const ForwardingConfig& config, PortCounters* counters,
           EgressList* egress);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_FLOOD_H_
