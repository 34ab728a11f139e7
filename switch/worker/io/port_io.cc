#include "switch/worker/io/port_io.h"

#include "switch/worker/io/tap_multishot.h"
#include "switch/worker/io/tap_poll.h"

namespace vswitch {

absl::StatusOr<std::unique_ptr<PortIo>> PortIo::Create(IoMode mode, const Options& options) {
  if (mode == IoMode::kMultishot) return TapMultishot::Create(options);
  return std::unique_ptr<PortIo>(new TapPoll(options));
}

}  // namespace vswitch
