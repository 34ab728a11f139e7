// What the MAC table promises to one thread. Eviction, capacity and the comparison with a model
// have files of their own.
#include "mac_table/mac_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mac_table/testing/mac_table_test_util.h"

namespace vswitch {
namespace {

constexpr uint32_t kTicks = 1 << 20;  // Where the stored tick wraps.

size_t SweepAll(MacTable& table, uint32_t now) { return table.Sweep(now, table.bucket_count()); }

TEST(MacTableTest, KeyPacksMacAndVlan) {
  const FdbKey key(MacAddress{0x525400123456}, 4094);
  EXPECT_EQ(key.mac().value, 0x525400123456u);
  EXPECT_EQ(key.vlan(), 4094);
  EXPECT_NE(FdbKey(MacAddress{1}, 1), FdbKey(MacAddress{1}, 2));
}

TEST(MacTableTest, Learns) {
  auto table = NewTable();
  EXPECT_EQ(table->LookUp(Key(1), 0), kNoPort);
  EXPECT_EQ(table->Learn(Key(1), 7, 0), LearnResult::kLearned);
  EXPECT_EQ(table->LookUp(Key(1), 0), 7);
  EXPECT_EQ(table->LookUp(Key(2), 0), kNoPort);
  EXPECT_EQ(table->LookUp(Key(1, 2), 0), kNoPort) << "another VLAN";
  EXPECT_EQ(table->Learn(Key(1), 7, 0), LearnResult::kKnown);
  EXPECT_EQ(table->Learn(Key(1), 7, 1), LearnResult::kKnown);
  EXPECT_EQ(table->stats().entries, 1u);
  EXPECT_EQ(table->stats().learned, 1u);
}

TEST(MacTableTest, TheWholeRangeOfKeysAndPorts) {
  auto table = NewTable();
  const struct {
    uint64_t mac;
    VlanId vlan;
    PortId port;
  } kCases[] = {
      {0x000000000001, 0, 0},    {0x000000000001, 4094, kMaxPorts - 1}, {0xfeffffffffff, 0, 1},
      {0xfeffffffffff, 4095, 2}, {0x020000000000, 1, kMaxPorts - 1},
  };
  for (const auto& test : kCases) {
    table->Learn(FdbKey(MacAddress{test.mac}, test.vlan), test.port, 5);
  }
  for (const auto& test : kCases) {
    const FdbKey key(MacAddress{test.mac}, test.vlan);
    EXPECT_EQ(table->LookUp(key, 5), test.port);
    EXPECT_EQ(table->Get(key, 5)->key, key);
  }
  // Neither is anybody's; both equal empty memory in part.
  EXPECT_EQ(table->LookUp(FdbKey(), 5), kNoPort);
  EXPECT_EQ(table->LookUp(FdbKey(MacAddress{0xffffffffffff}, 4095), 5), kNoPort);
}

TEST(MacTableTest, TheLastPortWins) {
  auto table = NewTable();
  table->Learn(Key(1), 7, 0);
  EXPECT_EQ(table->Learn(Key(1), 8, 0), LearnResult::kMoved);
  EXPECT_EQ(table->LookUp(Key(1), 0), 8);
  EXPECT_EQ(table->stats().moved, 1u);
  EXPECT_EQ(table->stats().entries, 1u);
  EXPECT_EQ(table->port_entries(7), 0u);
  EXPECT_EQ(table->port_entries(8), 1u);
}

TEST(MacTableTest, GetDescribesTheEntry) {
  auto table = NewTable();
  table->Learn(Key(1, 5), 7, 100);
  table->AddStatic(Key(2, 5), 8, 100);
  EXPECT_EQ(table->Get(Key(3, 5), 130), std::nullopt);
  const FdbEntry learned = table->Get(Key(1, 5), 130).value();
  EXPECT_EQ(learned.key, Key(1, 5));
  EXPECT_EQ(learned.port, 7);
  EXPECT_EQ(learned.kind, FdbEntryKind::kLearned);
  EXPECT_EQ(learned.age_ticks, 30u);
  const FdbEntry fixed = table->Get(Key(2, 5), 130).value();
  EXPECT_EQ(fixed.port, 8);
  EXPECT_EQ(fixed.kind, FdbEntryKind::kStatic);
  EXPECT_EQ(fixed.age_ticks, 0u);
}

// ---- Batches ----

TEST(MacTableTest, BatchesOfAnySizeEqualSingleLookUps) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  // Full, so that keys stand in primary, secondary and spill buckets.
  constexpr size_t kCapacity = 65536;
  auto table = NewTable({.capacity = kCapacity, .seed = kSeed});
  std::vector<FdbKey> keys = RandomKeys(2 * kCapacity, kSeed);  // The second half stays unknown.
  for (size_t i = 0; i < kCapacity; ++i) table->Learn(keys[i], i % kMaxPorts, 0);
  std::shuffle(keys.begin(), keys.end(), std::mt19937_64(kSeed));
  std::vector<PortId> ports(keys.size());
  size_t known = 0;
  for (const size_t size : {0, 1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000, 131072}) {
    std::fill(ports.begin(), ports.end(), PortId{12345});
    table->LookUpBatch(std::span(keys).first(size), 0, ports);
    for (size_t i = 0; i < size; ++i) ASSERT_EQ(ports[i], table->LookUp(keys[i], 0)) << i;
    if (size < ports.size()) {
      EXPECT_EQ(ports[size], 12345) << "written beyond the keys";
    }
    known = size - std::count(ports.begin(), ports.begin() + size, kNoPort);
  }
  EXPECT_EQ(known, kCapacity);
}

TEST(MacTableTest, LearnBatchEqualsLearning) {
  constexpr uint64_t kSeed = 12;
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  auto one_by_one = NewTable({.capacity = 256, .seed = kSeed});
  auto batched = NewTable({.capacity = 256, .seed = kSeed});
  const std::vector<FdbKey> stations = RandomKeys(400, kSeed);  // Evicts, too.
  for (const size_t size : {0, 1, 15, 16, 17, 31, 32, 33, 64, 500}) {
    std::vector<FdbKey> keys(size);
    std::vector<PortId> ports(size);
    std::vector<LearnResult> results(size), expected(size);
    for (size_t i = 0; i < size; ++i) {
      keys[i] = stations[random() % stations.size()];
      ports[i] = random() % 4;
      expected[i] = one_by_one->Learn(keys[i], ports[i], 9);
    }
    batched->LearnBatch(keys, ports, 9, results);
    EXPECT_EQ(results, expected) << size;
  }
  for (const FdbKey key : stations) EXPECT_EQ(batched->LookUp(key, 9), one_by_one->LookUp(key, 9));
}

// ---- Ageing ----

TEST(MacTableTest, EntriesExpire) {
  // From each start: some pass the wrap of the tick, one that of `now` itself.
  for (const uint32_t start : {0u, 1000u, kTicks - 1, kTicks - 150, 0xffffffffu - 150}) {
    SCOPED_TRACE(start);
    auto table = NewTable({.capacity = 64, .ageing_ticks = 300});
    table->Learn(Key(1), 7, start);
    EXPECT_EQ(table->LookUp(Key(1), start + 300), 7);
    EXPECT_EQ(table->Get(Key(1), start + 300)->age_ticks, 300u);
    EXPECT_EQ(table->LookUp(Key(1), start + 301), kNoPort);
    EXPECT_EQ(table->Get(Key(1), start + 301), std::nullopt);
    EXPECT_TRUE(Entries(*table, start + 301).empty());
    // Seen in between, it stays.
    table->Learn(Key(1), 7, start + 200);
    EXPECT_EQ(table->LookUp(Key(1), start + 500), 7);
    EXPECT_EQ(table->LookUp(Key(1), start + 501), kNoPort);
  }
}

TEST(MacTableTest, TheLongestAgeing) {
  auto table = NewTable({.capacity = 64, .ageing_ticks = 1000000});
  table->Learn(Key(1), 7, 77);
  EXPECT_EQ(table->LookUp(Key(1), 77 + 1000000), 7);
  EXPECT_EQ(table->LookUp(Key(1), 77 + 1000001), kNoPort);
  EXPECT_EQ(table->LookUp(Key(1), 77 + kTicks - 1 - kMaxTickSkew), kNoPort);
}

TEST(MacTableTest, AThreadWhoseClockLagsSeesAFreshEntry) {
  auto table = NewTable();
  table->Learn(Key(1), 7, 10);
  for (const uint32_t lag : {1u, 10u, kMaxTickSkew}) {
    EXPECT_EQ(table->LookUp(Key(1), 10 - lag), 7) << lag;
    EXPECT_EQ(table->Get(Key(1), 10 - lag)->age_ticks, 0u);
    EXPECT_EQ(table->Learn(Key(1), 7, 10 - lag), LearnResult::kKnown);
  }
  EXPECT_EQ(table->Get(Key(1), 10)->age_ticks, 0u) << "the clock was set back";
}

TEST(MacTableTest, SetAgeingWorksOnPresentEntries) {
  auto table = NewTable({.capacity = 64, .ageing_ticks = 300});
  table->Learn(Key(1), 7, 0);
  table->SetAgeing(10);
  EXPECT_EQ(table->LookUp(Key(1), 10), 7);
  EXPECT_EQ(table->LookUp(Key(1), 11), kNoPort);
  table->SetAgeing(1000);
  EXPECT_EQ(table->LookUp(Key(1), 1000), 7) << "not swept, so still there";
}

TEST(MacTableTest, AnExpiredStationIsLearnedAnew) {
  auto table = NewTable({.capacity = 64, .ageing_ticks = 300});
  table->Learn(Key(1), 7, 0);
  table->Learn(Key(2), 7, 0);
  EXPECT_EQ(table->Learn(Key(1), 7, 301), LearnResult::kLearned);
  EXPECT_EQ(table->Learn(Key(2), 8, 301), LearnResult::kLearned) << "not a move";
  EXPECT_EQ(table->LookUp(Key(2), 301), 8);
  const MacTable::Stats stats = table->stats();
  EXPECT_EQ(stats.learned, 4u);
  EXPECT_EQ(stats.aged_out, 2u);
  EXPECT_EQ(stats.moved, 0u);
  EXPECT_EQ(stats.entries, 2u);
  EXPECT_EQ(table->port_entries(7), 1u);
  EXPECT_EQ(table->port_entries(8), 1u);
}

TEST(MacTableTest, SweepFreesWhatIsStaleAndNothingElse) {
  auto table = NewTable({.capacity = 1024, .ageing_ticks = 300});
  for (int i = 1; i <= 100; ++i) table->Learn(Key(i), 1, 0);
  for (int i = 101; i <= 200; ++i) table->Learn(Key(i), 2, 200);
  for (int i = 201; i <= 300; ++i) table->Learn(Key(i), 3, 200);
  for (int i = 301; i <= 310; ++i) table->AddStatic(Key(i), 1, 0);
  table->FlushPort(3);
  EXPECT_EQ(table->stats().entries, 310u);
  EXPECT_EQ(SweepAll(*table, 301), 200u);
  EXPECT_EQ(SweepAll(*table, 301), 0u);
  const MacTable::Stats stats = table->stats();
  EXPECT_EQ(stats.entries, 110u);
  EXPECT_EQ(stats.static_entries, 10u);
  EXPECT_EQ(stats.aged_out, 100u);
  EXPECT_EQ(stats.flushed, 100u);
  EXPECT_EQ(table->port_entries(1), 0u);
  EXPECT_EQ(table->port_entries(2), 100u);
  EXPECT_EQ(table->port_entries(3), 0u);
  EXPECT_EQ(Entries(*table, 301).size(), 110u);
}

TEST(MacTableTest, SweepGoesOnWhereItStopped) {
  auto table = NewTable({.capacity = 1024});
  for (int i = 1; i <= 500; ++i) table->Learn(Key(i), 1, 0);
  table->FlushAll();
  size_t freed = 0;
  for (size_t swept = 0; swept < table->bucket_count(); swept += 8) freed += table->Sweep(0, 8);
  EXPECT_EQ(freed, 500u);
  for (int i = 1; i <= 500; ++i) table->Learn(Key(i), 1, 0);
  table->FlushAll();
  EXPECT_EQ(table->Sweep(0, 100 * table->bucket_count()), 500u) << "once round is enough";
}

// ---- Flushing ----

TEST(MacTableTest, Flushes) {
  struct Case {
    std::string name;
    std::function<void(MacTable&)> flush;
    std::function<bool(PortId, VlanId)> forgets;
  };
  const Case kCases[] = {
      {"port", [](MacTable& t) { t.FlushPort(2); }, [](PortId p, VlanId) { return p == 2; }},
      {"VLAN", [](MacTable& t) { t.FlushVlan(20); }, [](PortId, VlanId v) { return v == 20; }},
      {"all", [](MacTable& t) { t.FlushAll(); }, [](PortId, VlanId) { return true; }},
      {"port of VLAN", [](MacTable& t) { t.FlushPortVlan(2, 20); },
       [](PortId p, VlanId v) { return p == 2 && v == 20; }},
      {"port gone", [](MacTable& t) { t.RemovePort(2); }, [](PortId p, VlanId) { return p == 2; }},
      // Two flushes must not add up to none.
      {"port and VLAN", [](MacTable& t) { t.FlushPort(2), t.FlushVlan(20); },
       [](PortId p, VlanId v) { return p == 2 || v == 20; }},
  };
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.name);
    auto table = NewTable();
    const auto key = [](PortId port, VlanId vlan) { return Key(port, vlan); };
    for (int round = 0; round < 3;
         ++round) {  // Learned again, it is known again, and flushed again.
      for (const PortId port : {1, 2, 3}) {
        for (const VlanId vlan : {10, 20, 30}) table->Learn(key(port, vlan), port, 0);
      }
      EXPECT_EQ(Entries(*table, 0).size(), 9u);
      test.flush(*table);
      for (const PortId port : {1, 2, 3}) {
        for (const VlanId vlan : {10, 20, 30}) {
          const PortId expected = test.forgets(port, vlan) ? kNoPort : port;
          EXPECT_EQ(table->LookUp(key(port, vlan), 0), expected) << port << " " << vlan;
        }
      }
    }
    SweepAll(*table, 0);
    const MacTable::Stats stats = table->stats();
    EXPECT_EQ(stats.learned, LearnedByAccount(stats));
    EXPECT_EQ(stats.entries, Entries(*table, 0).size());
    EXPECT_EQ(stats.aged_out, 0u);
  }
}

TEST(MacTableTest, AStationThatMovedAwayOutlivesTheFlushOfItsFormerPort) {
  auto table = NewTable();
  table->Learn(Key(1), 2, 0);
  table->Learn(Key(1), 3, 0);
  table->FlushPort(2);
  EXPECT_EQ(table->LookUp(Key(1), 0), 3);
}

TEST(MacTableTest, ManyFlushesWithSweepsBetween) {
  auto table = NewTable({.capacity = 16});
  for (int i = 0; i < 70000; ++i) {  // More than a generation counts.
    table->Learn(Key(1), 1, 0);
    table->FlushPort(1);
    ASSERT_EQ(table->LookUp(Key(1), 0), kNoPort) << i;
    if (i % 1000 == 0) SweepAll(*table, 0);
  }
}

// ---- Static entries ----

TEST(MacTableTest, AStaticEntryStays) {
  auto table = NewTable({.capacity = 64, .ageing_ticks = 300});
  EXPECT_TRUE(table->AddStatic(Key(1), 7, 0));
  EXPECT_EQ(table->Learn(Key(1), 8, 0), LearnResult::kPinned);
  EXPECT_EQ(table->Learn(Key(1), 7, 0), LearnResult::kKnown);
  table->FlushPort(7);
  table->FlushVlan(1);
  table->FlushAll();
  table->FlushPortVlan(7, 1);
  EXPECT_EQ(SweepAll(*table, 500000), 0u);
  EXPECT_EQ(table->LookUp(Key(1), 500000), 7);
  EXPECT_EQ(table->Get(Key(1), 500000)->kind, FdbEntryKind::kStatic);
  EXPECT_EQ(table->stats().static_entries, 1u);
  EXPECT_EQ(table->port_entries(7), 0u) << "counts learned entries only";
}

TEST(MacTableTest, AddStaticReplaces) {
  auto table = NewTable();
  table->Learn(Key(1), 7, 0);
  EXPECT_TRUE(table->AddStatic(Key(1), 8, 0));
  EXPECT_EQ(table->LookUp(Key(1), 0), 8);
  EXPECT_EQ(table->stats().removed, 1u);
  EXPECT_TRUE(table->AddStatic(Key(1), 9, 0));
  EXPECT_EQ(table->LookUp(Key(1), 0), 9);
  EXPECT_EQ(table->stats().entries, 1u);
  EXPECT_EQ(table->stats().static_entries, 1u);
  EXPECT_EQ(Entries(*table, 0).size(), 1u);
}

TEST(MacTableTest, Removes) {
  auto table = NewTable({.capacity = 64, .ageing_ticks = 300});
  EXPECT_FALSE(table->Remove(Key(1)));
  table->Learn(Key(1), 7, 0);
  table->AddStatic(Key(2), 7, 0);
  table->Learn(Key(3), 7, 0);
  EXPECT_TRUE(table->Remove(Key(1)));
  EXPECT_FALSE(table->Remove(Key(1)));
  EXPECT_TRUE(table->Remove(Key(2)));
  EXPECT_EQ(table->LookUp(Key(1), 0), kNoPort);
  EXPECT_EQ(table->LookUp(Key(2), 0), kNoPort);
  EXPECT_EQ(table->LookUp(Key(3), 0), 7);
  EXPECT_EQ(table->stats().entries, 1u);
  EXPECT_EQ(table->stats().static_entries, 0u);
  EXPECT_EQ(table->stats().removed, 1u) << "counts learned entries only";
  EXPECT_EQ(table->Learn(Key(2), 9, 0), LearnResult::kLearned) << "no longer pinned";
}

TEST(MacTableTest, RemovePortTakesStaticEntriesToo) {
  auto table = NewTable();
  table->Learn(Key(1), 7, 0);
  table->AddStatic(Key(2), 7, 0);
  table->AddStatic(Key(3), 8, 0);
  table->RemovePort(7);
  EXPECT_EQ(table->stats().entries, 1u);
  EXPECT_EQ(table->LookUp(Key(3), 0), 8);
  EXPECT_EQ(table->Learn(Key(2), 9, 0), LearnResult::kLearned);
  // The id is used again.
  EXPECT_EQ(table->Learn(Key(1), 7, 0), LearnResult::kLearned);
  EXPECT_EQ(table->LookUp(Key(1), 0), 7);
}

TEST(MacTableTest, ForEachVisitsWhatLookUpFinds) {
  auto table = NewTable({.capacity = 4096, .ageing_ticks = 300});
  for (int i = 1; i <= 1000; ++i) table->Learn(Key(i, i % 7), i % 5, i);
  for (int i = 1001; i <= 1100; ++i) table->AddStatic(Key(i), 9, 0);
  const auto entries = Entries(*table, 1000);
  EXPECT_EQ(entries.size(), 301u + 100u);
  for (const auto& [value, entry] : entries) {
    EXPECT_EQ(entry.port, table->LookUp(entry.key, 1000));
    EXPECT_EQ(entries.count(value), 1u);
    if (entry.kind == FdbEntryKind::kLearned) {
      EXPECT_EQ(entry.age_ticks, 1000 - (entry.key.mac().value & 0xffff));
    }
  }
}

}  // namespace
}  // namespace vswitch
