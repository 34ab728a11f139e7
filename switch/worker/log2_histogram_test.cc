#include "switch/worker/log2_histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vswitch {
namespace {

using ::testing::ElementsAre;

TEST(Log2Histogram, CountsEachNumberByItsMagnitude) {
  Log2Histogram histogram;
  for (const uint64_t number : {0, 1, 2, 3, 4, 7, 8, 256, 511, 512}) histogram.Count(number);
  histogram.Count(~uint64_t{0});
  EXPECT_THAT(histogram.Read(), ElementsAre(1, 1, 2, 2, 1, 0, 0, 0, 0, 2, 2));
}

TEST(Log2Histogram, LowerBoundsOpenTheirBuckets) {
  for (size_t bucket = 0; bucket < kHistogramBuckets; ++bucket) {
    Log2Histogram histogram;
    histogram.Count(HistogramLowerBound(bucket));
    EXPECT_EQ(histogram.Read()[bucket], 1) << bucket;
    if (bucket == 0) continue;
    histogram.Count(HistogramLowerBound(bucket) - 1);
    EXPECT_EQ(histogram.Read()[bucket - 1], 1) << bucket;
  }
}

}  // namespace
}  // namespace vswitch
