#include "switch/worker/io/io_mode.h"

#include "switch/worker/ring.h"

namespace vswitch {

absl::StatusOr<IoMode> ChooseIoMode(std::string_view name) {
  if (name == IoModeName(IoMode::kPoll)) return IoMode::kPoll;
  if (Ring::SupportsMultishotRead()) return IoMode::kMultishot;
  if (name == "auto") return IoMode::kPoll;
  return absl::UnimplementedError(
      "--io_mode=multishot needs Linux 6.7.5 or later: use --io_mode=auto or poll");
}

std::string_view IoModeName(IoMode mode) {
  return mode == IoMode::kMultishot ? "multishot" : "poll";
}

bool WantsNonblocking(IoMode mode) { return mode == IoMode::kPoll; }

}  // namespace vswitch
