// Finds out which process holds a TAP, for messages: "process 1234 (qemu-system-x86)".
// Slow (it looks at every process's descriptors); for error paths only. Any thread.
#ifndef VSWITCH_SWITCH_LINK_DEVICE_HOLDER_H_
#define VSWITCH_SWITCH_LINK_DEVICE_HOLDER_H_

#include <string>

#include "absl/time/time.h"

namespace vswitch {

// How long a TAP whose holder is not to be found may be on its way out. A killed daemon's queues
// live on for a moment: io_uring lets go of its files in a kernel worker after the process is gone.
inline constexpr absl::Duration kHolderGraceTime = absl::Seconds(2);

// The process of our own network namespace that has a queue of the TAP `name` open. Empty when
// there is none, or none that we may look at (another PID namespace; CAP_SYS_PTRACE missing).
std::string DescribeTapHolder(const std::string& name);

// "by process 1234 (qemu-system-x86)", or that it cannot be known; for the end of a sentence.
std::string ByTapHolder(const std::string& name);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LINK_DEVICE_HOLDER_H_
