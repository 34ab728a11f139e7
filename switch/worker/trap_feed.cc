#include "switch/worker/trap_feed.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "bridge/wire/frame_bytes.h"

namespace vswitch {
namespace {

std::vector<uint8_t> CopyOf(const Frame& frame) {
  const size_t bytes = std::min<size_t>(frame.ethernet_length(), TrapFeed::kMaxBytes);
  const size_t in_head = std::min<size_t>(bytes, frame.head_length - kOffloadHeaderBytes);
  std::vector<uint8_t> copy(frame.ethernet(), frame.ethernet() + in_head);
  copy.insert(copy.end(), frame.body, frame.body + (bytes - in_head));
  return copy;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrapFeed>> TrapFeed::Create() {
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) {
    return absl::ResourceExhaustedError(
        "no file descriptor left for the workers: raise the open-files limit (ulimit -n)");
  }
  return std::unique_ptr<TrapFeed>(new TrapFeed(std::move(event)));
}

bool TrapFeed::Offer(const Trap& trap) {
  TrappedFrame taken{.port = trap.frame->ingress,
                     .kind = trap.kind,
                     .vlan = trap.frame->destination.vlan(),
                     .ethernet = {}};
  std::lock_guard lock(mutex_);
  uint8_t& waiting = WaitingOf(taken);
  if (waiting == kPerPort) return false;
  const bool is_full = frames_.size() == kCapacity;
  if (is_full && !MakeRoom(waiting)) return false;
  taken.ethernet = CopyOf(*trap.frame);
  ++waiting;
  frames_.push_back(std::move(taken));
  return !is_full;
}

bool TrapFeed::MakeRoom(size_t for_one_with) {
  // The last one of those of whom most wait.
  auto loser = frames_.end();
  // One for one would change nothing but who has it.
  size_t most = for_one_with + 2;
  for (auto frame = frames_.begin(); frame != frames_.end(); ++frame) {
    if (const size_t waiting = WaitingOf(*frame); waiting >= most) {
      most = waiting;
      loser = frame;
    }
  }
  if (loser == frames_.end()) return false;
  --WaitingOf(*loser);
  frames_.erase(loser);
  return true;
}

void TrapFeed::Flush() {
  const uint64_t one = 1;
  // Fails only when the counter is full, and then the reader is being woken anyway.
  if (write(event_.get(), &one, sizeof one) < 0) return;
}

std::vector<TrappedFrame> TrapFeed::Take() {
  uint64_t count;
  // The event before the frames: the other way round, one that comes in between would be left.
  if (read(event_.get(), &count, sizeof count) < 0) return {};
  std::lock_guard lock(mutex_);
  for (const TrappedFrame& frame : frames_) WaitingOf(frame) = 0;
  return std::exchange(frames_, {});
}

void TrapFeed::Forget(PortId port) {
  std::lock_guard lock(mutex_);
  std::erase_if(frames_, [port](const TrappedFrame& frame) { return frame.port == port; });
  waiting_[port].fill(0);
}

}  // namespace vswitch
