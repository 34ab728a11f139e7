#include "bench/histogram.h"

#include "gtest/gtest.h"

namespace vswitch {
namespace {

TEST(HistogramTest, IsZeroWhenEmpty) { EXPECT_EQ(Histogram().Percentile(0.99), 0u); }

TEST(HistogramTest, KeepsSmallValuesExactly) {
  Histogram histogram;
  for (uint64_t value = 1; value <= 50; ++value) histogram.Add(value);
  EXPECT_EQ(histogram.Percentile(0), 1u);
  EXPECT_EQ(histogram.Percentile(0.5), 25u);
  EXPECT_EQ(histogram.Percentile(0.98), 49u);
  EXPECT_EQ(histogram.Percentile(1), 50u);
}

TEST(HistogramTest, KeepsAnyValueToThreePercent) {
  for (uint64_t value = 1; value < uint64_t{1} << 60; value += value / 7 + 1) {
    Histogram histogram;
    histogram.Add(value);
    const uint64_t kept = histogram.Percentile(0.5);
    EXPECT_GE(kept, value);
    EXPECT_LE(kept - value, value / 32) << value;
  }
}

TEST(HistogramTest, TakesTheLargestValue) {
  Histogram histogram;
  histogram.Add(~uint64_t{0});
  EXPECT_EQ(histogram.Percentile(1), ~uint64_t{0});
}

TEST(HistogramTest, TellsRareSlowValuesFromCommonOnes) {
  Histogram histogram;
  for (int i = 0; i < 990; ++i) histogram.Add(10'000);
  for (int i = 0; i < 10; ++i) histogram.Add(1'000'000);
  EXPECT_LT(histogram.Percentile(0.99), 10'400u);
  EXPECT_GE(histogram.Percentile(0.999), 1'000'000u);
}

TEST(HistogramTest, AddsAnother) {
  Histogram histogram;
  histogram.Add(10);
  Histogram other;
  other.Add(20);
  other.Add(30);
  histogram.Add(other);
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_EQ(histogram.Percentile(0.5), 20u);
}

}  // namespace
}  // namespace vswitch
