// A value that costs something to make, made again no more often than that cost allows: whoever
// asks more often is given the last one.
//
// What it costs is told by a clock of its own: by default the same, so that the thread has so much
// time for other things; ThreadCpuNow() where making it may wait for others, which is no work.
//
// Thread-safety: one thread. Anomaly accepted: a value may be as old as the pause.
#ifndef VSWITCH_SWITCH_BASE_PACED_H_
#define VSWITCH_SWITCH_BASE_PACED_H_

#include <time.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace vswitch {

// How long the calling thread has had a CPU.
inline std::chrono::steady_clock::time_point ThreadCpuNow() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(spent.tv_sec) +
                                               std::chrono::nanoseconds(spent.tv_nsec));
}

template <typename Value>
class Paced {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;
  using Shared = std::shared_ptr<const Value>;

  // `make` may give null: there is nothing, and the next one is asked again at once. The pause
  // after it is `least_pause`, or `cost_factor` times what it cost if that is longer.
  Paced(std::function<Shared()> make, Clock::duration least_pause, int cost_factor,
        Now cost_now = Clock::now, Now now = Clock::now)
      : make_(std::move(make)),
        least_pause_(least_pause),
        cost_factor_(cost_factor),
        cost_now_(std::move(cost_now)),
        now_(std::move(now)) {}

  Shared Get() {
    if (value_ != nullptr && now_() < next_) return value_;
    const Clock::time_point begin = cost_now_();
    value_ = make_();
    next_ = now_() + std::max(least_pause_, (cost_now_() - begin) * cost_factor_);
    return value_;
  }

 private:
  const std::function<Shared()> make_;
  const Clock::duration least_pause_;
  const int cost_factor_;
  const Now cost_now_;
  const Now now_;
  Shared value_;
  Clock::time_point next_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_PACED_H_
