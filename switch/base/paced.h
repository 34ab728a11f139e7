// A value that costs something to make, made again no more often than that cost allows: whoever
// asks more often is given the last one.
//
// Thread-safety: one thread. Anomaly accepted: a value may be as old as the pause.
#ifndef VSWITCH_SWITCH_BASE_PACED_H_
#define VSWITCH_SWITCH_BASE_PACED_H_

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace vswitch {

template <typename Value>
class Paced {
 public:
  using Clock = std::chrono::steady_clock;
  using Shared = std::shared_ptr<const Value>;

  // `make` may give null: there is nothing, and the next one is asked again at once. The pause
  // after it is `least_pause`, or `cost_factor` times what it took if that is longer.
  Paced(std::function<Shared()> make, Clock::duration least_pause, int cost_factor,
        std::function<Clock::time_point()> now = Clock::now)
      : make_(std::move(make)),
        least_pause_(least_pause),
        cost_factor_(cost_factor),
        now_(std::move(now)) {}

  Shared Get() {
    const Clock::time_point begin = now_();
    if (value_ != nullptr && begin < next_) return value_;
    value_ = make_();
    const Clock::time_point end = now_();
    next_ = end + std::max(least_pause_, (end - begin) * cost_factor_);
    return value_;
  }

 private:
  const std::function<Shared()> make_;
  const Clock::duration least_pause_;
  const int cost_factor_;
  const std::function<Clock::time_point()> now_;
  Shared value_;
  Clock::time_point next_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_PACED_H_
