// Counts numbers by their magnitude: cheap enough to be kept for every batch in production.
//
// Bucket 0 holds zeros, bucket k the numbers from 2^(k-1) to 2^k - 1; the last bucket holds all
// that is larger too. Thread-safety: as Counter, one writer, any reader.
#ifndef VSWITCH_SWITCH_WORKER_LOG2_HISTOGRAM_H_
#define VSWITCH_SWITCH_WORKER_LOG2_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "bridge/counters.h"

namespace vswitch {

// 0, 1, 2-3, 4-7, ... 128-255, 256-511, 512 and more.
inline constexpr size_t kHistogramBuckets = 11;
using HistogramCounts = std::array<uint64_t, kHistogramBuckets>;

// The least number that bucket `index` holds.
constexpr uint64_t HistogramLowerBound(size_t index) {
  return index == 0 ? 0 : uint64_t{1} << (index - 1);
}

class Log2Histogram {
 public:
  void Count(uint64_t number) {
    const auto bucket = static_cast<size_t>(std::bit_width(number));
    counts_[std::min(bucket, kHistogramBuckets - 1)].Add(1);
  }
  HistogramCounts Read() const {
    HistogramCounts counts;
    for (size_t i = 0; i < kHistogramBuckets; ++i) counts[i] = counts_[i].Read();
    return counts;
  }

 private:
  std::array<Counter, kHistogramBuckets> counts_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_LOG2_HISTOGRAM_H_
