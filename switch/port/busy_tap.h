// A TAP that another process holds: who, for messages, and how long that may just be the past.
#ifndef VSWITCH_SWITCH_PORT_BUSY_TAP_H_
#define VSWITCH_SWITCH_PORT_BUSY_TAP_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "switch/base/tap_holder.h"

namespace vswitch {

// How long a TAP whose holder is not to be found may be on its way out. A killed daemon's queues
// live on for a moment: io_uring lets go of its files in a kernel worker after the process is gone.
inline constexpr absl::Duration kHolderGraceTime = absl::Seconds(2);

// "by process 1234 (qemu-system-x86)", or that it cannot be known; for the end of a sentence.
std::string ByTapHolder(const std::optional<TapHolder>& holder);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_BUSY_TAP_H_
