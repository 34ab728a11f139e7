// Property: under any seed, addresses that differ by a constant collide in the buckets no more
// often than random ones would. The constants are those of vendors, VLANs, and of a guest that
// counts.
#include "mac_table/keyed_hash.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace vswitch {
namespace {

// Colliding pairs, divided by their number expected of random placement, when `keys` keys that are
// `stride` apart go to `buckets` buckets by the hash bits from `shift` on.
double PairsAgainstChance(uint64_t seed, uint64_t stride, int shift) {
  constexpr size_t kBuckets = 4096;
  constexpr size_t kKeys = 2 * kBuckets;
  const KeyedHash hash(seed);
  std::vector<int> load(kBuckets);
  double pairs = 0;
  for (uint64_t i = 0; i < kKeys; ++i) {
    const uint64_t key = ((uint64_t{0x525400} << 36) + i * stride) & ((uint64_t{1} << 60) - 1);
    pairs += load[hash(key) >> shift & (kBuckets - 1)]++;
  }
  return pairs / (double{kKeys} * (kKeys - 1) / 2 / kBuckets);
}

TEST(KeyedHashTest, RunsOfAddressesScatterLikeChance) {
  for (const int stride_bits : {0, 1, 8, 12, 13, 20, 28, 36, 44}) {
    for (const int shift : {0, 21, 42}) {  // The three buckets of a key: Place.
      for (uint64_t seed = 0; seed < 50; ++seed) {
        SCOPED_TRACE("stride 2^" + std::to_string(stride_bits) + " shift " + std::to_string(shift) +
                     " seed " + std::to_string(seed));
        // The standard deviation is 0.011.
        const double ratio = PairsAgainstChance(seed, uint64_t{1} << stride_bits, shift);
        EXPECT_LT(ratio, 1.08);
        EXPECT_GT(ratio, 0.92);
      }
    }
  }
}

TEST(KeyedHashTest, TheSeedDecides) {
  int equal = 0;
  for (uint64_t key = 1; key <= 1000; ++key) equal += KeyedHash(1)(key) == KeyedHash(2)(key);
  EXPECT_EQ(equal, 0);
  EXPECT_EQ(KeyedHash(1)(77), KeyedHash(1)(77));
}

}  // namespace
}  // namespace vswitch
