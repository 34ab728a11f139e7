// The way of trapped frames (bridge/trap.h) from the workers to the control thread: copies behind a
// lock, and an event that the control thread's loop watches.
//
// Nobody can make it dear, or silence others. Of one port and one kind no more than kPerPort wait;
// further ones are lost. When kCapacity wait, whoever has most loses its last for one who has
// fewer.
// How often the control thread takes is its own matter (switch/core/traps.cc).
//
// Thread-safety: any worker offers, the control thread takes; trap_feed_test.cc runs both. A worker
// without trapped frames never comes here. Memory: what waits.
#ifndef VSWITCH_SWITCH_WORKER_TRAP_FEED_H_
#define VSWITCH_SWITCH_WORKER_TRAP_FEED_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "bridge/outcome.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

struct TrappedFrame {
  PortId port = kNoPort;
  TrapKind kind = TrapKind::kCount;
  // In which it is. What is taken before the VLAN rules (bridge/admit.cc): by its outer tag.
  VlanId vlan = 0;
  // As it came, tags and all, without offload header; at most TrapFeed::kMaxBytes of it.
  std::vector<uint8_t> ethernet;
};

class TrapFeed {
 public:
  static constexpr size_t kMaxBytes = 9216;
  static constexpr size_t kPerPort = 8;
  static constexpr size_t kCapacity = 512;

  static absl::StatusOr<std::unique_ptr<TrapFeed>> Create();

  // A worker's. False: it was not taken, or one that waited was lost for it.
  bool Offer(const Trap& trap);
  // Wakes the control thread. Once a batch that has offered something.
  void Flush();

  // The control thread's. Readable when something came since the last Take().
  int event() const { return event_.get(); }
  std::vector<TrappedFrame> Take();
  // Of a port that no worker serves any more: its number may soon be another's.
  void Forget(PortId port);

 private:
  static constexpr size_t kKinds = static_cast<size_t>(TrapKind::kCount);

  explicit TrapFeed(UniqueFd event) : event_(std::move(event)), waiting_(kMaxPorts) {}
  // How many of them wait. REQUIRES: mutex_ is held.
  uint8_t& WaitingOf(const TrappedFrame& frame) {
    return waiting_[frame.port][static_cast<size_t>(frame.kind)];
  }
  // Whether there is room now for one of a port of whose kind so many wait. REQUIRES: likewise.
  bool MakeRoom(size_t for_one_with);

  const UniqueFd event_;
  std::mutex mutex_;
  // Guarded by mutex_; waiting_ by PortId.
  std::vector<TrappedFrame> frames_;
  std::vector<std::array<uint8_t, kKinds>> waiting_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_TRAP_FEED_H_
