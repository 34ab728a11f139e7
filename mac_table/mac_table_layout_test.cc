// The MAC table's words and places. What a reader must refuse is shown here entry by entry, since
// under threads it is too rare to be met.
#include "mac_table/mac_table_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "mac_table/testing/mac_table_test_util.h"

namespace vswitch::mac_table_internal {
namespace {

TEST(MacTableLayoutTest, WordsKeepTheirFields) {
  for (const uint64_t word : {PortWord(0, 0, 0, 0), PortWord(kNoPort, 0xffff, kTickMask, kTagMask),
                              PortWord(4095, 0x1234, 0xabcde, 0x123), PortWord(1, 2, 3, 4)}) {
    EXPECT_EQ(PortWord(PortOf(word), GenerationOf(word), word >> 12 & kTickMask, TagOf(word)),
              word);
  }
  EXPECT_EQ(PortOf(PortWord(77, 0xffff, ~0u, ~uint64_t{0})), 77) << "fields spill over";
  EXPECT_EQ(TagOf(PortWord(77, 1, 2, kTagMask + 1)), 0u) << "the tag wraps";
  const FdbKey key(MacAddress{0xfeffffffffff}, 4095);
  EXPECT_EQ(KeyOf(KeyWord(key, kStatic | kVersionMask)), key);
}

TEST(MacTableLayoutTest, Age) {
  const struct {
    uint32_t stored, now, age;
  } kCases[] = {
      {0, 0, 0},
      {5, 12, 7},
      {kTickMask, 0, 1},
      {kTickMask - 9, 90, 100},
      {100, 100 + kTickMask - kMaxTickSkew, kTickMask - kMaxTickSkew},
      {100, 100 + kTickMask - kMaxTickSkew + 1, 0},  // Seen from a clock that lags.
      {100, 99, 0},
      {0, kTickMask, 0},
      {3, 0xfff00000 + 5, 2},  // Only 20 bits of `now` are looked at.
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(AgeOf(PortWord(1, 1, test.stored, 1), test.now), test.age)
        << test.stored << " " << test.now;
  }
}

TEST(MacTableLayoutTest, ReadsOnlyWhatBelongsTogether) {
  const FdbKey key = Key(1);
  const uint64_t version1 = 1 << kVersionShift;
  const struct {
    std::string what;
    uint64_t key_word, port_word;
    bool readable;
  } kCases[] = {
      {"learned", KeyWord(key, kLearned | version1), PortWord(7, 3, 4, 1), true},
      {"static", KeyWord(key, kStatic | version1), PortWord(7, 3, 4, 1), true},
      {"higher tag, same version", KeyWord(key, kLearned | version1), PortWord(7, 3, 4, 5), true},
      {"next occupant's port", KeyWord(key, kLearned | version1), PortWord(7, 3, 4, 2), false},
      {"port of the one after", KeyWord(key, kLearned | version1), PortWord(7, 3, 4, 3), false},
      {"former occupant's port", KeyWord(key, kLearned | version1), PortWord(7, 3, 4, 0), false},
      {"dead", KeyWord(key, kLearned | version1), PortWord(kNoPort, 0, 0, 1), false},
      {"no such port", KeyWord(key, kLearned | version1), PortWord(kMaxPorts, 0, 0, 1), false},
      {"empty", kEmpty, PortWord(7, 3, 4, 0), false},
      {"inserting", KeyWord(key, kInserting), PortWord(7, 3, 4, 0), false},
      {"removing", KeyWord(key, kRemoving), PortWord(7, 3, 4, 1), false},
      {"cancelled", KeyWord(key, kCancelled), PortWord(7, 3, 4, 2), false},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.what);
    Bucket bucket;
    bucket.entries[2].key_word = test.key_word;
    bucket.entries[2].port_word = test.port_word;
    EntryView view;
    EXPECT_EQ(Read(bucket.entries[2], &view), test.readable);
    EXPECT_EQ(FindIn(bucket, key, &view), test.readable);
    EXPECT_FALSE(FindIn(bucket, Key(2), &view));
    if (!test.readable) continue;
    EXPECT_EQ(view.entry, &bucket.entries[2]);
    EXPECT_EQ(view.key(), key);
    EXPECT_EQ(view.port(), 7);
    EXPECT_EQ(view.is_static(), test.what == "static");
  }
}

// The key word changed between the two loads: ReadPort() is told the one that was seen before.
TEST(MacTableLayoutTest, RefusesASlotThatChangedHands) {
  Entry entry;
  entry.key_word = KeyWord(Key(2), kLearned);
  entry.port_word = PortWord(7, 3, 4, 4);
  EntryView view;
  EXPECT_TRUE(ReadPort(entry, KeyWord(Key(2), kLearned), &view));
  EXPECT_FALSE(ReadPort(entry, KeyWord(Key(1), kLearned), &view));
}

TEST(MacTableLayoutTest, FindsEachOfTheFour) {
  Bucket bucket;
  for (uint64_t i = 0; i < kEntriesPerBucket; ++i) {
    bucket.entries[i].key_word = KeyWord(Key(10 + i), kLearned);
    bucket.entries[i].port_word = PortWord(PortId(i), 0, 0, 0);
  }
  for (uint64_t i = 0; i < kEntriesPerBucket; ++i) {
    EntryView view;
    ASSERT_TRUE(FindIn(bucket, Key(10 + i), &view));
    EXPECT_EQ(view.port(), i);
    EXPECT_FALSE(FindIn(bucket, Key(10 + i, 2), &view)) << "another VLAN";
  }
}

TEST(MacTableLayoutTest, PlacesAreDistinctAndInReach) {
  constexpr uint64_t kSeed = 3;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  for (const size_t buckets : {size_t{64}, size_t{1} << 21}) {
    for (int i = 0; i < 10000; ++i) {
      const Place place(random(), buckets - 1);
      EXPECT_NE(place.primary, place.secondary);
      EXPECT_EQ(place.spill % kSpillBuckets, 0u);
      EXPECT_LT(place.spill_counter(), kSpillCounters);
      const Reach near(place, false), far(place, true);
      EXPECT_EQ(near.size, 2u);
      // A bucket twice in reach would let an entry count as spilled that is not.
      EXPECT_EQ(std::set<size_t>(far.begin(), far.end()).size(), far.size);
      EXPECT_GE(far.size, 4u);
      for (const size_t bucket : far) EXPECT_LT(bucket, buckets);
    }
  }
}

}  // namespace
}  // namespace vswitch::mac_table_internal
