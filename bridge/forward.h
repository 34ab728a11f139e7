// Last stage: the copies.
#ifndef VSWITCH_BRIDGE_FORWARD_H_
#define VSWITCH_BRIDGE_FORWARD_H_

#include "bridge/backlog.h"
#include "bridge/pass.h"

namespace vswitch {

// First sends off what waits in the backlog, then every frame of the batch in its turn: to its port
// (unicast.h), or to all (flood.h). Beyond the port's limit for unknown stations it is dropped
// (storm_unknown). What is beyond the batch's kFloodBudget or kUnicastBudget goes
// into the backlog.
void Forward(Pass& pass, Backlog* backlog);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_FORWARD_H_
