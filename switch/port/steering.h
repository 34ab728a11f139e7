// Spreads the flows of a TAP over its queues, one per worker.
//
// Left to itself the kernel dissects every frame that we write, to send the answers to the queue
// where a flow was last written, and every frame that we read (drivers/net/tun.c,
// tun_automq_select_queue()). A flow whose answers are first written by another worker then changes
// its queue in mid-stream and may be reordered. A steering program (steering.bpf.c) takes the hash
// that the frame has anyway: both directions of a flow between guests go to one worker, for good.
#ifndef VSWITCH_SWITCH_PORT_STEERING_H_
#define VSWITCH_SWITCH_PORT_STEERING_H_

#include <string>

#include "absl/status/status.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

// `queue`: any of the TAP's; the program belongs to the device and goes with it. PermissionDenied
// without CAP_BPF. Thread-safety: any thread.
absl::Status SteerByFlow(const UniqueFd& queue, const std::string& name);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_STEERING_H_
