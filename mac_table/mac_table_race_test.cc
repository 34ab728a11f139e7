// Races on the MAC table, one at a time and without a second thread: the other thread is stopped in
// the midst of its operation, whose steps are taken by hand. mac_table_concurrency_test.cc meets
// the same moments at random, and some of them hardly ever.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>

#include "mac_table/mac_table.h"
#include "mac_table/mac_table_layout.h"
#include "mac_table/testing/mac_table_test_util.h"

namespace vswitch {

using namespace mac_table_internal;  // NOLINT: the room's own names.

constexpr PortId kPort = 7;
constexpr PortId kOtherPort = 8;

// The steps of MacTable's operations.
class MacTableTestPeer {
 public:
  explicit MacTableTestPeer(MacTable& table) : table_(table) {}

  Entry& FirstSlotOf(FdbKey key) { return table_.buckets_[table_.PlaceOf(key).primary].entries[0]; }
  EntryView ReadEntryOf(FdbKey key) {
    EntryView view;
    EXPECT_TRUE(table_.Find(key, table_.PlaceOf(key), &view));
    return view;
  }
  Entry* StartInsert(FdbKey key, PortId port) {
    const int32_t weight = table_.CountIn(port, FdbEntryKind::kLearned);
    return table_.Claim(key, table_.PlaceOf(key), 0, weight);
  }
  bool DefeatRivals(Entry* entry, FdbKey key) {
    return table_.DefeatRivals(key, table_.PlaceOf(key), entry, 0);
  }
  bool Publish(Entry* entry, FdbKey key, PortId port) {
    return table_.Publish(entry, key, port, FdbEntryKind::kLearned, 0);
  }
  void GiveUpInsert(Entry* entry, FdbKey key, PortId port) {
    table_.Unclaim(entry, table_.PlaceOf(key));
    table_.CountOut(port, FdbEntryKind::kLearned);
  }
  std::optional<LearnResult> Refresh(const EntryView& view, PortId port) {
    return table_.Refresh(view, port, 0);
  }
  bool Free(const EntryView& view) { return table_.Free(view, MacTable::Cause::kRemoved, 0); }
  size_t spilled() const {
    size_t sum = 0;
    for (const auto& counter : table_.arrays_->spilled) sum += counter;
    return sum;
  }

 private:
  MacTable& table_;
};

namespace {

class MacTableRaceTest : public testing::Test {
 protected:
  const FdbKey key_ = Key(1);
  std::unique_ptr<MacTable> table_ = NewTable({.capacity = 64, .seed = 1});
  MacTableTestPeer peer_{*table_};
};

// Each occupant of a slot has the next tag, also beyond its eleven bits, and leaves a dead word.
TEST_F(MacTableRaceTest, TagsTellOccupantsApart) {
  const Entry& slot = peer_.FirstSlotOf(key_);
  for (uint64_t occupant = 1; occupant <= kTagMask + 10; ++occupant) {
    table_->Learn(key_, kPort, 0);
    EntryView view;
    ASSERT_TRUE(Read(slot, &view));
    ASSERT_EQ(TagOf(view.port_word), occupant & kTagMask);
    table_->Learn(key_, kOtherPort, 5);  // A move is no new occupant.
    ASSERT_TRUE(Read(slot, &view));
    ASSERT_EQ(TagOf(view.port_word), occupant & kTagMask);
    table_->Remove(key_);
    ASSERT_EQ(PortOf(slot.port_word), kNoPort);
  }
}

TEST_F(MacTableRaceTest, ARefreshThatComesTooLateFails) {
  const struct {
    const char* what;
    std::function<void()> meanwhile;
  } kCases[] = {
      {"refreshed", [&] { table_->Learn(key_, kPort, 1); }},
      {"moved", [&] { table_->Learn(key_, 20, 0); }},
      {"freed", [&] { table_->Remove(key_); }},
      {"reused", [&] { table_->Remove(key_), table_->Learn(key_, kPort, 0); }},
      {"made static", [&] { table_->AddStatic(key_, 20, 0); }},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.what);
    table_->Remove(key_);
    table_->Learn(key_, kPort, 0);
    const EntryView seen = peer_.ReadEntryOf(key_);
    test.meanwhile();
    const PortId port = table_->LookUp(key_, 1);
    EXPECT_EQ(peer_.Refresh(seen, kOtherPort), std::nullopt);
    EXPECT_EQ(table_->LookUp(key_, 1), port);
    EXPECT_EQ(table_->port_entries(kOtherPort), 0u);
  }
}

// The entry moved between the reading and the freeing of it: its last port is the one that counts.
TEST_F(MacTableRaceTest, FreeingCountsTheLastPort) {
  table_->Learn(key_, kPort, 0);
  const EntryView seen = peer_.ReadEntryOf(key_);
  table_->Learn(key_, kOtherPort, 0);
  EXPECT_TRUE(peer_.Free(seen));
  EXPECT_EQ(table_->port_entries(kPort), 0u);
  EXPECT_EQ(table_->port_entries(kOtherPort), 0u);
  EXPECT_EQ(table_->stats().entries, 0u);
  EXPECT_FALSE(peer_.Free(seen)) << "once";
  EXPECT_EQ(table_->stats().entries, 0u);
}

TEST_F(MacTableRaceTest, LearningGivesWayToARivalThatInserts) {
  Entry* const rival = peer_.StartInsert(key_, kPort);
  EXPECT_EQ(table_->LookUp(key_, 0), kNoPort) << "not before it is published";
  EXPECT_EQ(table_->Learn(key_, kOtherPort, 0), LearnResult::kKnown);
  EXPECT_EQ(table_->LookUp(key_, 0), kNoPort);
  EXPECT_EQ(table_->stats().entries, 1u) << "the rival's alone";
  EXPECT_TRUE(peer_.Publish(rival, key_, kPort));
  EXPECT_EQ(table_->LookUp(key_, 0), kPort);
  EXPECT_EQ(Entries(*table_, 0).size(), 1u);
}

TEST_F(MacTableRaceTest, AStaticEntryCancelsARivalThatInserts) {
  Entry* const rival = peer_.StartInsert(key_, kPort);
  EXPECT_TRUE(table_->AddStatic(key_, kOtherPort, 0));
  EXPECT_EQ(table_->LookUp(key_, 0), kOtherPort);
  EXPECT_FALSE(peer_.Publish(rival, key_, kPort));
  peer_.GiveUpInsert(rival, key_, kPort);
  EXPECT_EQ(table_->Learn(key_, kPort, 0), LearnResult::kPinned);
  EXPECT_EQ(Entries(*table_, 0).size(), 1u);
  EXPECT_EQ(table_->stats().entries, 1u);
  EXPECT_EQ(table_->port_entries(kPort), 0u);
}

// A rival that was published after AddStatic had looked for the key, but before it claimed a slot.
TEST_F(MacTableRaceTest, AStaticEntryFreesALearnedRivalAndYieldsToAStaticOne) {
  Entry* const own = peer_.StartInsert(key_, kOtherPort);
  Entry* const rival = peer_.StartInsert(key_, kPort);
  EXPECT_NE(own, rival);
  EXPECT_TRUE(peer_.Publish(rival, key_, kPort));
  EXPECT_TRUE(peer_.DefeatRivals(own, key_));
  EXPECT_EQ(table_->LookUp(key_, 0), kNoPort);
  EXPECT_TRUE(peer_.DefeatRivals(own, key_)) << "nobody left";
  peer_.GiveUpInsert(own, key_, kOtherPort);
  EXPECT_EQ(table_->stats().entries, 0u);

  EXPECT_TRUE(table_->AddStatic(key_, kPort, 0));
  Entry* const late = peer_.StartInsert(key_, kOtherPort);
  EXPECT_FALSE(peer_.DefeatRivals(late, key_));
  peer_.GiveUpInsert(late, key_, kOtherPort);
  EXPECT_EQ(table_->LookUp(key_, 0), kPort);
}

// A thread that is stopped while it frees a slot keeps that slot, and nothing else waits for it.
TEST_F(MacTableRaceTest, ASlotThatIsBeingFreedIsNobodysRival) {
  Entry& slot = peer_.FirstSlotOf(key_);
  slot.key_word = KeyWord(key_, kRemoving);
  EXPECT_EQ(table_->LookUp(key_, 0), kNoPort);
  EXPECT_EQ(table_->Learn(key_, kPort, 0), LearnResult::kLearned);
  EXPECT_EQ(table_->LookUp(key_, 0), kPort);
  EXPECT_TRUE(table_->AddStatic(key_, kOtherPort, 0));
  EXPECT_EQ(table_->LookUp(key_, 0), kOtherPort);
  EXPECT_EQ(slot.key_word, KeyWord(key_, kRemoving)) << "not ours to touch";
}

// Whatever was spilled is counted out again, or look-ups would search spill buckets for ever.
TEST_F(MacTableRaceTest, SpilledEntriesAreCounted) {
  constexpr size_t kCapacity = 65536;
  auto table = NewTable({.capacity = kCapacity, .seed = 1});
  for (const FdbKey key : RandomKeys(kCapacity, 1)) table->Learn(key, kPort, 0);
  const MacTableTestPeer peer(*table);
  EXPECT_GT(peer.spilled(), 5u);
  EXPECT_LT(peer.spilled(), 100u);
  table->FlushAll();
  table->Sweep(0, table->bucket_count());
  EXPECT_EQ(peer.spilled(), 0u);
}

}  // namespace
}  // namespace vswitch
