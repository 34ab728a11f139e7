// Entries that do not move, limits of learning, tables that never age, flushes of an address.
// Sources: Linux net/bridge/br_fdb.c (br_fdb_update(): a sticky entry does not move, any other
// does; fdb_max_learned counts learned entries when one is created and refuses it), Open vSwitch
// lib/mac-learning.c (a full table evicts from the port that holds most), IEEE 802.1Q, 8.8.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "mac_table/mac_table.h"
#include "mac_table/testing/mac_table_test_util.h"

namespace vswitch {
namespace {

constexpr uint32_t kAgeing = 300;

size_t SweepAll(MacTable& table, uint32_t now) { return table.Sweep(now, table.bucket_count()); }

// ---- Sticky entries ----

// What becomes of station 1, which was added or learned as sticky on port 7 at 0.
TEST(MacTableRulesTest, AStickyEntryIsALearnedOneThatDoesNotMove) {
  struct Case {
    std::string rule;
    std::function<void(MacTable&)> meanwhile;
    // Of learning it on port 8 at `now`.
    uint32_t now;
    LearnResult result;
  };
  const Case kCases[] = {
      {"br_fdb_update(): it does not move", [](MacTable&) {}, 0, LearnResult::kPinned},
      {"nor later", [](MacTable&) {}, kAgeing, LearnResult::kPinned},
      {"it ages", [](MacTable&) {}, kAgeing + 1, LearnResult::kLearned},
      {"it is refreshed", [](MacTable& t) { t.Learn(Key(1), 7, 200); }, kAgeing + 1,
       LearnResult::kPinned},
      {"refreshed, it ages from then on", [](MacTable& t) { t.Learn(Key(1), 7, 200); },
       kAgeing + 201, LearnResult::kLearned},
      {"it is flushed with its port", [](MacTable& t) { t.FlushPort(7); }, 0,
       LearnResult::kLearned},
      {"with its VLAN", [](MacTable& t) { t.FlushVlan(1); }, 0, LearnResult::kLearned},
      {"with all", [](MacTable& t) { t.FlushAll(); }, 0, LearnResult::kLearned},
      {"with its port's VLAN", [](MacTable& t) { t.FlushPortVlan(7, 1); }, 0,
       LearnResult::kLearned},
      {"with its address", [](MacTable& t) { t.FlushMac(Key(1).mac(), std::nullopt); }, 0,
       LearnResult::kLearned},
      {"removed", [](MacTable& t) { t.Remove(Key(1)); }, 0, LearnResult::kLearned},
      {"its port goes", [](MacTable& t) { t.RemovePort(7); }, 0, LearnResult::kLearned},
      {"a static one replaces it", [](MacTable& t) { t.AddStatic(Key(1), 9, 0); }, kAgeing + 1,
       LearnResult::kPinned},
      {"the port is sticky no more",
       [](MacTable& t) { t.SetPortRules(7, {.sticky = true}), t.SetPortRules(7, {}); }, 0,
       LearnResult::kMoved},
  };
  for (const Case& test : kCases) {
    for (const bool added : {true, false}) {
      SCOPED_TRACE(test.rule + (added ? ", added" : ", learned on a sticky port"));
      auto table = NewTable({.capacity = 64, .ageing_ticks = kAgeing});
      if (!added) table->SetPortRules(7, {.sticky = true});
      if (added) {
        EXPECT_TRUE(table->AddSticky(Key(1), 7, 0));
      } else {
        EXPECT_EQ(table->Learn(Key(1), 7, 0), LearnResult::kLearned);
      }
      EXPECT_EQ(table->Get(Key(1), 0)->kind, FdbEntryKind::kSticky);
      test.meanwhile(*table);
      EXPECT_EQ(table->Learn(Key(1), 8, test.now), test.result);
      EXPECT_EQ(table->LookUp(Key(1), test.now) == 8, test.result != LearnResult::kPinned);
      EXPECT_EQ(table->stats().learned, LearnedByAccount(table->stats()));
    }
  }
}

TEST(MacTableRulesTest, AddStickyReplaces) {
  auto table = NewTable({.capacity = 64, .ageing_ticks = kAgeing});
  table->Learn(Key(1), 7, 0);
  EXPECT_TRUE(table->AddSticky(Key(1), 7, 50)) << "in place";
  EXPECT_EQ(table->Get(Key(1), 60)->age_ticks, 10u);
  EXPECT_EQ(table->stats().removed, 0u);
  EXPECT_TRUE(table->AddSticky(Key(1), 8, 50));
  EXPECT_EQ(table->LookUp(Key(1), 50), 8);
  table->AddStatic(Key(1), 9, 50);
  EXPECT_EQ(table->Get(Key(1), 50)->kind, FdbEntryKind::kStatic);
  EXPECT_TRUE(table->AddSticky(Key(1), 9, 50));
  EXPECT_EQ(table->Get(Key(1), 50)->kind, FdbEntryKind::kSticky);
  EXPECT_EQ(table->stats().static_entries, 0u);
  EXPECT_EQ(table->stats().entries, 1u);
  EXPECT_EQ(table->port_entries(9), 1u);
  EXPECT_EQ(table->stats().learned, LearnedByAccount(table->stats()));
}

TEST(MacTableRulesTest, StickyComesAndGoesWithThePort) {
  auto table = NewTable();
  table->Learn(Key(1), 7, 0);
  table->Learn(Key(2), 8, 0);
  table->AddStatic(Key(3), 7, 0);
  table->SetPortRules(7, {.sticky = true});
  EXPECT_EQ(table->Get(Key(1), 0)->kind, FdbEntryKind::kSticky) << "present ones too";
  EXPECT_EQ(table->Get(Key(2), 0)->kind, FdbEntryKind::kLearned) << "another port's";
  EXPECT_EQ(table->Get(Key(3), 0)->kind, FdbEntryKind::kStatic);
  EXPECT_EQ(table->Learn(Key(2), 7, 0), LearnResult::kMoved);
  EXPECT_EQ(table->Learn(Key(2), 8, 0), LearnResult::kPinned) << "who came here stays";
  EXPECT_EQ(table->Learn(Key(2), 7, 5), LearnResult::kKnown);
  table->SetPortRules(7, {});
  EXPECT_EQ(table->Get(Key(2), 5)->kind, FdbEntryKind::kLearned);
  EXPECT_EQ(table->Learn(Key(2), 8, 5), LearnResult::kMoved);
}

TEST(MacTableRulesTest, WhoIsStaticWhere) {
  auto table = NewTable({.capacity = 64, .ageing_ticks = kAgeing});
  table->Learn(Key(1), 7, 0);
  table->AddStatic(Key(2), 7, 0);
  table->AddSticky(Key(3), 7, 0);
  const struct {
    const char* rule;
    FdbKey key;
    PortId port;
    bool is_static;
  } kCases[] = {
      {"static", Key(2), 7, true},
      {"sticky", Key(3), 7, false},
      {"learned", Key(1), 7, false},
      {"unknown", Key(4), 7, false},
      {"static elsewhere", Key(2), 8, false},
      {"static in another VLAN", Key(2, 2), 7, false},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(table->IsStaticAt(test.key, test.port), test.is_static) << test.rule;
  }
}

// ---- Limits ----

TEST(MacTableRulesTest, APortLearnsNoMoreThanItMay) {
  auto table = NewTable({.capacity = 64, .ageing_ticks = kAgeing});
  table->SetPortRules(7, {.learn_limit = 2});
  EXPECT_EQ(table->Learn(Key(1), 7, 0), LearnResult::kLearned);
  EXPECT_EQ(table->Learn(Key(2), 7, 0), LearnResult::kLearned);
  EXPECT_EQ(table->Learn(Key(3), 7, 0), LearnResult::kLimited);
  EXPECT_EQ(table->LookUp(Key(3), 0), kNoPort);
  EXPECT_EQ(table->Learn(Key(1), 7, 1), LearnResult::kKnown) << "those that are there stay";
  EXPECT_EQ(table->Learn(Key(3), 8, 0), LearnResult::kLearned) << "another port's matter";
  EXPECT_EQ(table->Learn(Key(3), 7, 0), LearnResult::kLimited) << "who would come stays there";
  EXPECT_EQ(table->LookUp(Key(3), 0), 8);
  EXPECT_TRUE(table->AddStatic(Key(4), 7, 0)) << "not learned";
  EXPECT_EQ(table->port_entries(7), 2u);
  EXPECT_EQ(table->port_entries(8), 1u);
  EXPECT_EQ(table->stats().learn_limited, 2u);
  EXPECT_EQ(table->stats().learn_failed, 0u);
  // Room again.
  table->Learn(Key(2), 9, 1);
  EXPECT_EQ(table->Learn(Key(3), 7, 1), LearnResult::kMoved);
  table->FlushPort(7);
  EXPECT_EQ(table->Learn(Key(5), 7, 1), LearnResult::kLimited) << "not swept yet";
  EXPECT_EQ(table->Learn(Key(1), 7, 1), LearnResult::kLearned) << "it is counted already";
  SweepAll(*table, 1);
  EXPECT_EQ(table->Learn(Key(5), 7, 1), LearnResult::kLearned);
  table->SetPortRules(7, {});
  EXPECT_EQ(table->Learn(Key(6), 7, 1), LearnResult::kLearned);
  EXPECT_EQ(table->stats().learned, LearnedByAccount(table->stats()));
}

TEST(MacTableRulesTest, TheTableLearnsNoMoreThanItMay) {
  auto table = NewTable({.capacity = 64, .ageing_ticks = kAgeing});
  table->SetLearnLimit(3);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(table->Learn(Key(i), static_cast<PortId>(i), 0), LearnResult::kLearned);
  }
  EXPECT_EQ(table->Learn(Key(4), 1, 0), LearnResult::kLimited);
  EXPECT_EQ(table->Learn(Key(3), 1, 0), LearnResult::kMoved) << "no new one";
  EXPECT_TRUE(table->AddStatic(Key(5), 1, 0)) << "fdb_max_learned: what users add does not count";
  EXPECT_EQ(table->learned_entries(), 3u);
  EXPECT_TRUE(table->AddSticky(Key(6), 1, 0)) << "refused to nobody who adds it";
  EXPECT_EQ(table->learned_entries(), 4u);
  table->Remove(Key(1));
  EXPECT_EQ(table->Learn(Key(7), 1, 0), LearnResult::kLimited) << "but counted";
  table->Remove(Key(2));
  EXPECT_EQ(table->Learn(Key(7), 1, 0), LearnResult::kLearned);
  table->SetLearnLimit(0);
  EXPECT_EQ(table->Learn(Key(8), 1, 0), LearnResult::kLearned);
}

TEST(MacTableRulesTest, APortThatGoesLeavesNoRules) {
  auto table = NewTable();
  table->SetPortRules(7, {.learn_limit = 1, .sticky = true});
  table->Learn(Key(1), 8, 0);
  table->Learn(Key(1), 7, 0);
  EXPECT_EQ(table->port_moves(7), 1u);
  table->RemovePort(7);
  EXPECT_EQ(table->port_moves(7), 0u);
  EXPECT_EQ(table->Learn(Key(1), 7, 0), LearnResult::kLearned);
  EXPECT_EQ(table->Learn(Key(2), 7, 0), LearnResult::kLearned);
  EXPECT_EQ(table->Get(Key(2), 0)->kind, FdbEntryKind::kLearned);
}

// ---- Moves ----

TEST(MacTableRulesTest, MovesAreToldAndCountedWhereTheyGo) {
  auto table = NewTable();
  table->AddStatic(Key(9), 1, 0);
  const std::vector<FdbKey> keys = {Key(1), Key(1), Key(2), Key(1), Key(9)};
  const std::vector<PortId> ports = {1, 2, 2, 3, 2};
  std::vector<FdbMove> moves;
  table->LearnBatch(keys, ports, 0, {}, &moves);
  ASSERT_EQ(moves.size(), 2u);
  EXPECT_EQ(moves[0].key, Key(1));
  EXPECT_EQ(moves[0].from, 1);
  EXPECT_EQ(moves[0].to, 2);
  EXPECT_EQ(moves[1].from, 2);
  EXPECT_EQ(moves[1].to, 3);
  EXPECT_EQ(table->port_moves(1), 0u);
  EXPECT_EQ(table->port_moves(2), 1u);
  EXPECT_EQ(table->port_moves(3), 1u);
  EXPECT_EQ(table->stats().moved, 2u);
}

// ---- Never ageing ----

TEST(MacTableRulesTest, NothingAgesWhereNothingIsTo) {
  auto table = NewTable({.capacity = 64, .ageing_ticks = kNeverAges});
  table->Learn(Key(1), 7, 0);
  // A year, swept once a day.
  constexpr uint32_t kDay = 86400;
  for (uint32_t now = 0; now < 365 * kDay; now += kDay) {
    ASSERT_EQ(SweepAll(*table, now), 0u);
    ASSERT_EQ(table->LookUp(Key(1), now), 7) << now;
    if (now > 7 * kDay) {
      ASSERT_GT(table->Get(Key(1), now)->age_ticks, 6 * kDay) << "the age has wrapped";
    }
  }
  table->SetAgeing(kAgeing);
  EXPECT_EQ(table->LookUp(Key(1), 365 * kDay), kNoPort);
  table->SetAgeing(kNeverAges);
  EXPECT_EQ(table->LookUp(Key(1), 365 * kDay), 7);
  table->FlushAll();
  EXPECT_EQ(table->LookUp(Key(1), 365 * kDay), kNoPort) << "flushed all the same";
}

// ---- Flushes of an address ----

TEST(MacTableRulesTest, FlushesOfAnAddress) {
  const struct {
    const char* what;
    std::optional<VlanId> vlan;
    PortId port;
    std::vector<VlanId> stay;
  } kCases[] = {
      {"all VLANs", std::nullopt, kNoPort, {}},
      {"one VLAN", 20, kNoPort, {0, 4094, 4095}},
      {"at a port", std::nullopt, 7, {4094}},
      {"at a port, one VLAN", 20, 7, {0, 4094, 4095}},
      {"at another port, one VLAN", 20, 8, {0, 20, 4094, 4095}},
      {"a VLAN where it is not", 30, kNoPort, {0, 20, 4094, 4095}},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.what);
    auto table = NewTable();
    table->Learn(Key(1, 0), 7, 0);
    table->Learn(Key(1, 20), 7, 0);
    table->Learn(Key(1, 4094), 8, 0);
    table->Learn(Key(1, 4095), 7, 0);
    table->AddStatic(Key(1, 40), 7, 0);
    table->Learn(Key(2, 20), 7, 0);
    table->FlushMac(Key(1).mac(), test.vlan, test.port);
    std::vector<VlanId> stay;
    for (const VlanId vlan : {0, 20, 4094, 4095}) {
      if (table->LookUp(Key(1, vlan), 0) != kNoPort) stay.push_back(vlan);
    }
    EXPECT_EQ(stay, test.stay);
    EXPECT_EQ(table->LookUp(Key(1, 40), 0), 7) << "static";
    EXPECT_EQ(table->LookUp(Key(2, 20), 0), 7) << "another's";
    EXPECT_EQ(table->stats().flushed, 4 - stay.size());
  }
}

}  // namespace
}  // namespace vswitch
