// The ways of serving ports. Whoever would ask which it is finds the answer in here.
#ifndef VSWITCH_SWITCH_WORKER_IO_IO_MODE_H_
#define VSWITCH_SWITCH_WORKER_IO_IO_MODE_H_

#include <string_view>

#include "absl/status/statusor.h"

namespace vswitch {

// tap_multishot.h, tap_poll.h.
enum class IoMode { kMultishot, kPoll };

// The way of that name, or for "auto" the best that this kernel has. Unimplemented if the kernel
// does not have it.
absl::StatusOr<IoMode> ChooseIoMode(std::string_view name);
std::string_view IoModeName(IoMode mode);

// Whether the descriptors of ports must be O_NONBLOCK.
bool WantsNonblocking(IoMode mode);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_IO_IO_MODE_H_
