#include "bench/histogram.h"

#include <algorithm>
#include <cmath>

namespace vswitch {

void Histogram::Add(const Histogram& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
}

uint64_t Histogram::Percentile(double share) const {
  if (count_ == 0) return 0;
  const auto wanted =
      std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_))));
  uint64_t seen = 0;
  size_t index = 0;
  while ((seen += counts_[index]) < wanted) ++index;
  if (index < 2 * kSteps) return index;
  const size_t shift = index / kSteps - 1;
  return ((index - shift * kSteps + 1) << shift) - 1;
}

}  // namespace vswitch
