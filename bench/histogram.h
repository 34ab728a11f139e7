// A histogram of durations with 32 steps to every power of two: any value is kept to 3 % in a fixed
// 15 KiB, so that counting a frame costs two instructions and no allocation.
//
// Thread-safety: none, a value type.
#ifndef VSWITCH_BENCH_HISTOGRAM_H_
#define VSWITCH_BENCH_HISTOGRAM_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace vswitch {

class Histogram {
 public:
  void Add(uint64_t value) {
    ++counts_[IndexOf(value)];
    ++count_;
  }

  void Add(const Histogram& other);

  uint64_t count() const { return count_; }

  // The value that `share` (0 to 1) of all values do not exceed, rounded up to the step's end; 0
  // when there are none.
  uint64_t Percentile(double share) const;

 private:
  static constexpr int kStepBits = 5;
  static constexpr size_t kSteps = size_t{1} << kStepBits;

  // Values below 64 have a slot each; above, the highest six bits of the value and how far they
  // were shifted make the slot.
  static size_t IndexOf(uint64_t value) {
    const int bits = static_cast<int>(std::bit_width(value));
    const int shift = bits > kStepBits + 1 ? bits - kStepBits - 1 : 0;
    return static_cast<size_t>(shift) * kSteps + (value >> shift);
  }

  std::array<uint64_t, (64 - kStepBits + 1) * kSteps> counts_{};
  uint64_t count_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_BENCH_HISTOGRAM_H_
