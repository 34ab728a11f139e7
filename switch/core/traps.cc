// What workers have trapped for the control thread, and what it sends itself.
#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "bridge/wire/frame_bytes.h"
#include "switch/base/event_loop.h"
#include "switch/core/switch_controller.h"

namespace vswitch {
namespace {

// After each look at the feed others come first, the longer the more there was: whatever guests
// send, some tenth of this thread's time goes to it. (A trapped frame takes 1 to 3 us here.)
constexpr uint64_t kPauseUs = 1'000;
constexpr uint64_t kPausePerFrameUs = 25;

}  // namespace

uint64_t SwitchController::OnTraps() {
  const uint64_t now = EventLoop::NowUs();
  if (now < next_traps_us_) return next_traps_us_ - now;
  const std::vector<TrappedFrame> frames = workers_->traps().Take();
  if (frames.empty()) return 0;
  for (const TrappedFrame& frame : frames) {
    Port* const port = frame.port < ports_by_id_.size() ? ports_by_id_[frame.port] : nullptr;
    if (port != nullptr && port->served) OnTrap(port, frame);
  }
  const uint64_t pause = kPauseUs + frames.size() * kPausePerFrameUs;
  next_traps_us_ = EventLoop::NowUs() + pause;
  return pause;
}

void SwitchController::OnTrap(Port* port, const TrappedFrame& frame) {
  switch (frame.kind) {
    case TrapKind::kLoopProbe:
      return OnLoopProbe(port, frame);
    case TrapKind::kCount:
      return;
  }
}

void SwitchController::Originate(Port* port, std::span<const uint8_t> ethernet) {
  PortCounters& counters = port->own;
  counters.originated_frames.Add(1);
  if (!port->up || !port->served) return counters.Drop(DropReason::kEgressDown);
  static constexpr std::array<uint8_t, kOffloadHeaderBytes> kNoOffloads{};
  std::array<iovec, 2> pieces = {
      iovec{const_cast<uint8_t*>(kNoOffloads.data()), kNoOffloads.size()},
      iovec{const_cast<uint8_t*>(ethernet.data()), ethernet.size()}};
  const int queue = port->device->queues()[0].get();
  if (pwritev2(queue, pieces.data(), pieces.size(), -1, RWF_NOWAIT) < 0) {
    return counters.Drop(errno == EIO ? DropReason::kEgressDown : DropReason::kEgressError);
  }
  counters.egress_frames.Add(1);
  counters.egress_bytes.Add(ethernet.size());
}

}  // namespace vswitch
