// Where a frame goes when its destination is a group or unknown: everywhere else.
#ifndef VSWITCH_BRIDGE_FLOOD_H_
#define VSWITCH_BRIDGE_FLOOD_H_

#include <cstddef>

#include "bridge/pass.h"

namespace vswitch {

// Floods of one batch begin as long as their copies have cost less than this together: a flood to a
// thousand ports takes the writer a millisecond, in which known frames must not wait for many more.
// What is left waits (backlog.h).
inline constexpr size_t kFloodBudget = 1024;

inline bool MayFlood(const Pass& pass) { return pass.flood_cost < kFloodBudget; }

// Appends a copy of `frame` for every flood port of its bridge but the ingress port and those that
// a rule leaves out (egress_rules.h). A port that
// the frame is too long for, or that may be sent no more now, drops its copy (exceeds_mtu,
// egress_rate, counted there) and the others get theirs.
// With nobody to flood to: no_egress_port.
//
// Of k candidates, dropped copies included, k - 1 are counted as flood_copies of the ingress port.
//
// Returns whether the flood is over. A frame whose copies cost more than one each goes only to as
// many ports as the budget has room for, and to the next ones when it is called again: to a
// thousand ports it may cost half a second.
bool Flood(Pass& pass, Frame& frame);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_FLOOD_H_
