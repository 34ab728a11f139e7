// How often one thing may be logged that others can make happen as often as they like: ten times at
// once, and once more every ten seconds. What is left out is counted.
// Thread-safety: none needed; a value.
#ifndef VSWITCH_SWITCH_BASE_LOG_ALLOWANCE_H_
#define VSWITCH_SWITCH_BASE_LOG_ALLOWANCE_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace vswitch {

class LogAllowance {
 public:
  // Of one more line at `now`, in seconds: nullopt when it is to be left out, else how many were
  // since the last that was not.
  std::optional<uint64_t> Take(uint32_t now) {
    const uint32_t earned = (now - counted_until_) / kSecondsEach;
    left_ = std::min(kAtOnce, left_ + std::min(earned, kAtOnce));
    counted_until_ += earned * kSecondsEach;
    if (left_ == 0) {
      ++left_out_;
      return std::nullopt;
    }
    --left_;
    return std::exchange(left_out_, 0);
  }

 private:
  static constexpr uint32_t kAtOnce = 10;
  static constexpr uint32_t kSecondsEach = 10;

  uint32_t left_ = kAtOnce;
  uint32_t counted_until_ = 0;
  uint64_t left_out_ = 0;
};

// For the end of such a line.
inline std::string LeftOutText(uint64_t left_out) {
  return left_out == 0 ? "" : " (after " + std::to_string(left_out) + " more on such)";
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_LOG_ALLOWANCE_H_
