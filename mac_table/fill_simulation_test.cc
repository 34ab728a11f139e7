// The simulation behind two numbers of the MAC table: from which fill on a key leaves its primary
// bucket, and how many spill buckets it takes to hold a full table. It prints the table that stands
// at the top of mac_table.cc, and fails if the chosen pair loses keys.
//
//   bazel test //mac_table:fill_simulation_test --test_output=all
//
// Buckets of four, filled to half of all slots with random keys; a key goes to its primary bucket
// while that holds fewer than `prefer_below`, then to the emptier of its two; if both are full, to
// the first of its spill buckets (neighbours) that is not.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <random>
#include <vector>

namespace {

constexpr size_t kBuckets = size_t{1} << 20;
constexpr size_t kKeys = 2 * kBuckets;
constexpr int kBucketSize = 4;
constexpr size_t kSpillBuckets = 4;
constexpr uint64_t kSeed = 1;

struct Outcome {
  size_t not_in_primary = 0;
  size_t both_full = 0;
  std::array<size_t, kSpillBuckets> spill_full{};  // ... and the first i + 1 spill buckets.
};

Outcome Fill(int prefer_below) {
  std::mt19937_64 random(kSeed);
  std::vector<uint8_t> load(kBuckets);
  Outcome outcome;
  for (size_t i = 0; i < kKeys; ++i) {
    const uint64_t hash = random();
    const size_t primary = hash % kBuckets;
    const size_t secondary = (hash >> 21) % kBuckets;
    const size_t spill = (hash >> 42) % kBuckets & ~(kSpillBuckets - 1);
    size_t bucket = primary;
    if (load[primary] >= prefer_below && load[secondary] < load[primary]) bucket = secondary;
    outcome.not_in_primary += bucket != primary;
    if (load[bucket] < kBucketSize) {
      ++load[bucket];
      continue;
    }
    ++outcome.both_full;
    ++outcome.not_in_primary;
    size_t tried = 0;
    while (tried < kSpillBuckets && load[spill + tried] == kBucketSize) {
      ++outcome.spill_full[tried++];
    }
    if (tried < kSpillBuckets) ++load[spill + tried];
  }
  return outcome;
}

TEST(FillSimulationTest, TheChosenPolicyHoldsAFullTable) {
  std::printf("seed %ju, %zu keys in %zu buckets\n", static_cast<uintmax_t>(kSeed), kKeys,
              kBuckets);
  std::printf("prefer primary below | not in primary | both full | and 1, 2, 3, 4 spill buckets\n");
  for (const int prefer_below : {1, 2, 3, 4}) {
    const Outcome outcome = Fill(prefer_below);
    std::printf("%20d | %12.1f %% | %9zu | %zu, %zu, %zu, %zu\n", prefer_below,
                100.0 * outcome.not_in_primary / kKeys, outcome.both_full, outcome.spill_full[0],
                outcome.spill_full[1], outcome.spill_full[2], outcome.spill_full[3]);
    if (prefer_below != 3) continue;
    EXPECT_EQ(outcome.spill_full[3], 0u) << "keys that found no slot";
    EXPECT_LT(outcome.not_in_primary, kKeys / 10);
  }
}

}  // namespace
