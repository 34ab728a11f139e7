// Who asks, and what a bridge that asks sends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "bridge/snooping/testing/snooping_fixture.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// ---- Who asks: RFC 3376, 6.6.2; RFC 3810, 7.6.2 ----

TEST_F(SnoopingTest, TheLowestAddressAsks) {
  Query(4, Ip4(10, 0, 0, 9));
  Query(3, Ip4(10, 0, 0, 12));
  EXPECT_THAT(Queriers(), ElementsAre("10.0.0.9"));
  Query(2, Ip4(10, 0, 0, 3));
  EXPECT_THAT(Queriers(), ElementsAre("10.0.0.3"));
  Query(1, Ip4(0, 0, 0, 0));
  EXPECT_THAT(Queriers(), ElementsAre("10.0.0.3")) << "0.0.0.0 is nobody's address";
  Pass(Snooping::kOtherQuerierSeconds);
  EXPECT_THAT(Queriers(), IsEmpty());
}

TEST_F(SnoopingTest, WeAskUnlessAnotherHasAnAddress) {
  BecomeQuerier();
  EXPECT_THAT(Queriers(), ElementsAre("0.0.0.0 we", LinkLocalOf(kOurs).ToString() + " we"));
  Query(4);
  EXPECT_THAT(Queriers(), ElementsAre("10.0.0.9", LinkLocalOf(kOurs).ToString() + " we"));
  // RFC 3810, 7.6.2: theirs is higher, then lower.
  const Octets mld = Mld(kMldQuery, 10'000, {});
  Hear(4, Ip6Frame({.source = Ip6(0xfe80000000000000, ~uint64_t{0})}, mld));
  EXPECT_EQ(Queriers().size(), 2u);
  EXPECT_EQ(Queriers()[1], LinkLocalOf(kOurs).ToString() + " we");
  Hear(4, Ip6Frame({.source = Ip6(0xfe80000000000000, 1)}, mld));
  EXPECT_EQ(Queriers()[1], "fe80::1");
}

TEST_F(SnoopingTest, OfTwoWithoutAddressTheLowerMacAsks) {
  BecomeQuerier();
  Query(4, Ip4(0, 0, 0, 0), Station(501));
  EXPECT_EQ(Queriers()[0], "0.0.0.0 we");
  EXPECT_EQ(Routers(), Ports{4}) << "it has to hear our members all the same";
  Query(4, Ip4(0, 0, 0, 0), Station(499));
  EXPECT_EQ(Queriers()[0], "0.0.0.0");
  Query(1, Ip4(0, 0, 0, 0), kOurs);
  EXPECT_EQ(Routers(), Ports{4}) << "our own, by a loop";
}

TEST_F(SnoopingTest, AsksTwiceAtFirstThenSlowly) {
  snooping_.TakeQueries();
  BecomeQuerier();
  ASSERT_EQ(snooping_.TakeQueries().size(), 2u) << "IGMP and MLD";
  Pass(kStartupIntervalSeconds - 1);
  EXPECT_THAT(sent_, IsEmpty());
  Pass(1);
  EXPECT_EQ(sent_.size(), 2u) << "RFC 3376, 8.6 and 8.7";
  Pass(kQueryIntervalSeconds - 1);
  EXPECT_EQ(sent_.size(), 2u);
  Pass(1);
  ASSERT_EQ(sent_.size(), 4u);
  EXPECT_EQ(sent_[3].port, kNoPort);
  EXPECT_FALSE(sent_[3].query.group.has_value());
  Query(4);
  Pass(kQueryIntervalSeconds);
  ASSERT_EQ(sent_.size(), 5u) << "MLD only";
  EXPECT_TRUE(sent_[4].query.ipv6);
}

TEST_F(SnoopingTest, AsksInVlansWhereSomebodyHasJoined) {
  BecomeQuerier();
  snooping_.TakeQueries();
  Join(1, kGroup, 10);
  Pass(1);
  std::vector<VlanId> vlans;
  for (const auto& query : sent_) vlans.push_back(query.vlan);
  EXPECT_THAT(vlans, ElementsAre(10, 10));
}

// More than can be asked in between two rounds.
TEST_F(SnoopingTest, EachVlanHasItsTurn) {
  BecomeQuerier();
  constexpr VlanId kVlans = 1000;
  for (VlanId vlan = 1; vlan <= kVlans; ++vlan) Join(1 + vlan % 4, kGroup, vlan);
  sent_.clear();
  Pass(2 * (kVlans + 1) / Snooping::kQueriesPerTick + 1);
  std::set<VlanId> asked;
  for (const auto& query : sent_) asked.insert(query.vlan);
  EXPECT_EQ(asked.size(), kVlans + 1u);
}

TEST_F(SnoopingTest, AsksAPortThatComesUp) {
  BecomeQuerier();
  snooping_.TakeQueries();
  ports_[5] = {.up = true};
  SetPorts();
  const auto queries = snooping_.TakeQueries();
  ASSERT_EQ(queries.size(), 2u);
  EXPECT_EQ(queries[0].port, 5);
  SetPorts();
  EXPECT_THAT(snooping_.TakeQueries(), IsEmpty());
}

TEST_F(SnoopingTest, AsksAPortThatComesUpInEachVlan) {
  BecomeQuerier();
  Join(1, kGroup, 10);
  Join(1, kGroup6, 20);
  Query(4, Ip4(10, 0, 0, 9), Station(9), 30);
  Pass(1);
  ports_[5] = {.up = true};
  SetPorts();
  std::vector<std::pair<VlanId, bool>> asked;
  for (const auto& query : snooping_.TakeQueries()) {
    EXPECT_EQ(query.port, 5);
    asked.emplace_back(query.vlan, query.query.ipv6);
  }
  EXPECT_THAT(asked, ElementsAre(std::pair(0, false), std::pair(0, true), std::pair(10, false),
                                 std::pair(10, true), std::pair(20, false), std::pair(20, true),
                                 std::pair(30, true)))
      << "in VLAN 30 another asks by IGMP";
}

TEST_F(SnoopingTest, PortsThatComeUpInManyVlansAreAskedInTurn) {
  BecomeQuerier();
  constexpr VlanId kVlans = 800;
  for (VlanId vlan = 1; vlan <= kVlans; ++vlan) Join(1 + vlan % 4, kGroup, vlan);
  Pass(1);
  ports_[5] = {.up = true};
  ports_[6] = {.up = true};
  SetPorts();
  std::map<PortId, std::set<VlanId>> asked;
  size_t queries = 0;
  const auto take = [&] {
    for (const auto& query : snooping_.TakeQueries()) {
      if (query.port == kNoPort) continue;
      ++queries;
      asked[query.port].insert(query.vlan);
    }
  };
  for (int second = 0; second < 10; ++second) {
    take();
    EXPECT_LE(queries, 2 * Snooping::kNewcomerVlansPerSecond);
    queries = 0;
    snooping_.OnTick(++now_);
    take();
    // It comes and goes, and does not keep the other one from being asked.
    ports_[5].up = !ports_[5].up;
    SetPorts();
  }
  EXPECT_EQ(asked[6].size(), kVlans + 1u);
}

TEST_F(SnoopingTest, AsksForTheGroupThatWasLeft) {
  BecomeQuerier();
  snooping_.TakeQueries();
  Join(1);
  Join(2);
  Leave(1);
  const auto queries = snooping_.TakeQueries();
  ASSERT_EQ(queries.size(), 1u);
  EXPECT_EQ(queries[0].port, 1);
  EXPECT_EQ(queries[0].query.group, kGroup);
  Pass(1);
  ASSERT_EQ(sent_.size(), 1u) << "RFC 3376, 8.9: twice";
  Join(1);
  Pass(5);
  EXPECT_EQ(sent_.size(), 1u) << "it was answered";
  EXPECT_EQ(Where(), (Ports{1, 2}));
}

// A report has room for a thousand leaves.
TEST_F(SnoopingTest, WhoLeavesAgainAndAgainIsAskedTwice) {
  BecomeQuerier();
  Join(1);
  snooping_.TakeQueries();
  for (int i = 0; i < 1000; ++i) Leave(1);
  Pass(1);
  for (int i = 0; i < 1000; ++i) Leave(1);
  EXPECT_EQ(snooping_.TakeQueries().size() + sent_.size(), 2u);
  Pass(1);
  EXPECT_EQ(Where(), Ports{});
}

TEST_F(SnoopingTest, WhoJoinsAndLeavesAgainAndAgainIsAskedSoOften) {
  BecomeQuerier();
  snooping_.TakeQueries();
  for (int i = 0; i < 1000; ++i) {
    Join(1);
    Leave(1);
  }
  EXPECT_EQ(snooping_.TakeQueries().size(), Snooping::kLeaveQueriesPerSecond);
  Join(2);
  Leave(2);
  EXPECT_EQ(snooping_.TakeQueries().size(), 1u) << "others are asked all the same";
}

TEST_F(SnoopingTest, NobodyEndsUnheardIfThereIsMuchToAsk) {
  BecomeQuerier();
  constexpr uint32_t kGroups = 4 * Snooping::kLeaveQueriesPerSecond;
  const auto group = [](uint32_t i) { return MappedAddress::FromIpv4(0xef000000 + i); };
  for (uint32_t i = 0; i < kGroups; ++i) Join(1, group(i));
  snooping_.TakeQueries();
  for (uint32_t i = 0; i < kGroups; ++i) Leave(1, group(i));
  std::set<MappedAddress> asked;
  for (int second = 0; second < 60; ++second) {
    size_t queries = 0;
    for (const auto& query : snooping_.TakeQueries()) {
      if (!query.query.group.has_value()) continue;
      asked.insert(*query.query.group);
      ++queries;
    }
    EXPECT_LE(queries, Snooping::kLeaveQueriesPerSecond);
    for (uint32_t i = 0; i < kGroups; ++i) {
      if (Where(group(i)) == Ports{}) {
        EXPECT_TRUE(asked.contains(group(i))) << "it was ended unheard";
      }
    }
    snooping_.OnTick(++now_);
  }
  EXPECT_EQ(asked.size(), kGroups);
  for (uint32_t i = 0; i < kGroups; ++i) EXPECT_EQ(Where(group(i)), Ports{});
}

TEST_F(SnoopingTest, AQuerierCannotShortenWhatOthersHaveJoined) {
  Join(1);
  Hear(4, Ip4Frame({.source = Ip4(10, 0, 0, 9)},
                   Igmp(kIgmpQuery, 1, Ip4(0, 0, 0, 0)) + Big(0x01010000, 4)));
  Join(2);
  Pass(Snooping::kOtherQuerierSeconds - 1);
  EXPECT_EQ(Where(), (Ports{1, 2, 4}));
}

}  // namespace
}  // namespace vswitch
