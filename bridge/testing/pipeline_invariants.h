// What holds for every batch, whatever the frames: for the randomized test and the fuzz target.
#ifndef VSWITCH_BRIDGE_TESTING_PIPELINE_INVARIANTS_H_
#define VSWITCH_BRIDGE_TESTING_PIPELINE_INVARIANTS_H_

#include <span>
#include <string>

#include "bridge/counters.h"
#include "bridge/forwarding_config.h"
#include "bridge/frame.h"

namespace vswitch {

// Plays the writer: counts the egress of every copy. Then checks what Process() left behind.
// Returns what is wrong, or an empty string:
//  - no copy goes to the frame's ingress port, to another bridge, to a port that is down, or twice
//    to one port;
//  - copies are in the order of the batch;
//  - a frame has a copy, or a drop reason, or is deferred; never two of these;
//  - the balance of counters.h holds over `counters`, which were 0 before the first batch.
std::string WriteAndCheck(std::span<const Frame> batch, const ForwardingConfig& config,
                          const EgressList& egress, std::span<PortCounters> counters);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_PIPELINE_INVARIANTS_H_
