// When to spin for the next frame instead of sleeping: --busy_poll_us.
//
// A sleep costs two wake-ups of some 30 us each; a spin costs a core. Spinning pays while frames
// come closer together than its window, so the decision follows the recent spins: each that brought
// frames earns two more, each in vain costs one. With nothing earned, one batch in sixteen spins
// all the same, to notice when frames come closer together again.
//
// Thread-safety: one thread.
#ifndef VSWITCH_SWITCH_WORKER_BUSY_POLL_H_
#define VSWITCH_SWITCH_WORKER_BUSY_POLL_H_

#include <algorithm>
#include <cstdint>

namespace vswitch {

class BusyPoll {
 public:
  // Asked once for each batch that was worked off.
  bool ShouldSpin() {
    if (credit_ > 0) return true;
    return ++refusals_ % kProbe == 0;
  }
  void OnSpun(bool hit) {
    credit_ = hit ? std::min(credit_ + kReward, kMostCredit) : std::max(credit_ - 1, 0);
  }

 private:
  static constexpr int kReward = 2;
  static constexpr int kMostCredit = 16;
  static constexpr uint32_t kProbe = 16;

  int credit_ = kMostCredit;
  uint32_t refusals_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_BUSY_POLL_H_
