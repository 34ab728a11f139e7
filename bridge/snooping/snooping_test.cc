// What a bridge knows of members and routers after what it has heard, by the clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/snooping/testing/snooping_fixture.h"

namespace vswitch {
namespace {

using ::testing::IsEmpty;

// ---- Members: RFC 4541, 2.1.2; RFC 3376, 6.4 ----

TEST_F(SnoopingTest, AJoinedGroupGoesToItsMembers) {
  EXPECT_EQ(Where(), std::nullopt);
  Join(3);
  EXPECT_TRUE(snooping_.TakeChanged());
  Join(1);
  Join(2, kGroup6);
  EXPECT_EQ(Where(), (Ports{1, 3}));
  EXPECT_EQ(Where(kGroup6), Ports{2});
  EXPECT_EQ(Where(Ip4(239, 1, 2, 4)), std::nullopt);
  snooping_.TakeChanged();
  Join(1);
  EXPECT_FALSE(snooping_.TakeChanged()) << "it was one already";
}

TEST_F(SnoopingTest, EachVlanIsByItself) {
  Join(1, kGroup, 10);
  Query(2, Ip4(10, 0, 0, 9), Station(9), 20);
  EXPECT_EQ(Where(), std::nullopt);
  EXPECT_EQ(Where(kGroup, 10), Ports{1});
  EXPECT_THAT(Routers(10), IsEmpty());
  EXPECT_EQ(Routers(20), Ports{2});
}

TEST_F(SnoopingTest, MembersGoByTheClockIfTheyAreSilent) {
  Join(1);
  Pass(100);
  Join(2);
  Pass(Snooping::kMembershipSeconds - 101);
  EXPECT_EQ(Where(), (Ports{1, 2}));
  Pass(1);
  EXPECT_EQ(Where(), Ports{2});
  Pass(100);
  EXPECT_EQ(Where(), std::nullopt) << "nobody has left: it is flooded again";
}

TEST_F(SnoopingTest, AGroupWhoseLastMemberHasLeftGoesToRoutersOnlyUntilItEnds) {
  Join(1);
  Join(2);
  Leave(1);
  EXPECT_EQ(Where(), (Ports{1, 2})) << "another behind the port may still want it";
  Pass(Snooping::kLastMemberTimeSeconds);
  EXPECT_EQ(Where(), Ports{2});
  Leave(2);
  Pass(Snooping::kLastMemberTimeSeconds);
  EXPECT_EQ(Where(), Ports{});
  Query(4);
  EXPECT_EQ(Where(), Ports{4});
  Pass(Snooping::kMembershipSeconds - 1);
  EXPECT_EQ(Where(), Ports{});
  Pass(1);
  EXPECT_EQ(Where(), std::nullopt);
}

TEST_F(SnoopingTest, WhoJoinsAgainStays) {
  Join(1);
  Leave(1);
  Pass(1);
  Join(1);
  Pass(10);
  EXPECT_EQ(Where(), Ports{1});
  Leave(1);
  Pass(10);
  Join(2);
  EXPECT_EQ(Where(), Ports{2});
}

TEST_F(SnoopingTest, FastLeaveIsAtOnce) {
  ports_[1].fast_leave = true;
  SetPorts();
  Join(1);
  Join(2);
  Leave(1);
  EXPECT_EQ(Where(), Ports{2});
  Leave(3);
  EXPECT_EQ(Where(), Ports{2}) << "it was none";
  Leave(2);
  Join(1);
  Leave(1);
  Pass(3);
  EXPECT_EQ(Where(), Ports{});
}

TEST_F(SnoopingTest, ALeaveWaitsForTheQuerierThatThereIs) {
  Join(1);
  Query(4);
  Leave(1);
  Pass(30);
  EXPECT_EQ(Where(), (Ports{1, 4})) << "it has not asked yet";
  QueryGroup(4);
  Pass(Snooping::kLastMemberTimeSeconds);
  EXPECT_EQ(Where(), Ports{4});
}

TEST_F(SnoopingTest, WhoAnswersTheQuerierStays) {
  Join(1);
  Join(2);
  Query(4);
  QueryGroup(4);
  Pass(1);
  Join(2);
  Pass(30);
  EXPECT_EQ(Where(), (Ports{2, 4})) << "RFC 3376, 6.6.1";
}

TEST_F(SnoopingTest, APortThatGoesDownForgets) {
  Join(1);
  Join(2);
  Query(1);
  ports_[1].up = false;
  SetPorts();
  EXPECT_EQ(Where(), Ports{2});
  EXPECT_THAT(Routers(), IsEmpty());
  EXPECT_THAT(Queriers(), IsEmpty());
  Join(1);
  EXPECT_EQ(Where(), Ports{2}) << "a late message";
  ports_.erase(2);
  SetPorts();
  EXPECT_EQ(Where(), std::nullopt) << "nobody has left";
}

// ---- Routers: RFC 4541, 2.1.1 (1) ----

TEST_F(SnoopingTest, RoutersAreHeard) {
  Query(4);
  EXPECT_EQ(Routers(), Ports{4});
  Hear(3,
       Ip4Frame({.protocol = kProtocolPim, .destination = Ip4(224, 0, 0, 13)}, Big(0x20000000, 4)));
  EXPECT_EQ(Routers(), (Ports{3, 4}));
  Join(1);
  EXPECT_EQ(Where(), (Ports{1, 3, 4}));
  Pass(Snooping::kOtherQuerierSeconds - 1);
  EXPECT_EQ(Routers(), (Ports{3, 4}));
  Pass(1);
  EXPECT_THAT(Routers(), IsEmpty());
}

TEST_F(SnoopingTest, RoutersAreSet) {
  ports_[2].router = RouterPortOption::kOn;
  ports_[3].router = RouterPortOption::kOff;
  SetPorts();
  EXPECT_EQ(Routers(), Ports{2});
  Query(3);
  EXPECT_EQ(Routers(77), Ports{2});
  EXPECT_THAT(Queriers(), IsEmpty()) << "nothing is believed of a port that is off";
  Query(4);
  EXPECT_EQ(Routers(), (Ports{2, 4}));
  ports_[4].router = RouterPortOption::kOff;
  SetPorts();
  EXPECT_EQ(Routers(), Ports{2});
  EXPECT_THAT(Queriers(), IsEmpty());
}

// ---- Limits ----

TEST_F(SnoopingTest, APortHasItsShareOfGroups) {
  for (uint32_t i = 0; i < 2 * Snooping::kGroupsPerPort; ++i) {
    Join(1, MappedAddress::FromIpv4(0xef000000 + i));
  }
  EXPECT_EQ(snooping_.Map()->groups.size(), Snooping::kGroupsPerPort);
  // Further ones are not kept, and it is given all.
  ports_[1].router = RouterPortOption::kOff;
  SetPorts();
  Join(2);
  EXPECT_EQ(Where(), Ports{2}) << "others have theirs";
  // What it has left stays on its account.
  for (uint32_t i = 0; i < Snooping::kGroupsPerPort; ++i) {
    Leave(1, MappedAddress::FromIpv4(0xef000000 + i));
  }
  Pass(Snooping::kLastMemberTimeSeconds);
  Join(1);
  EXPECT_EQ(Where(), Ports{2});
  Join(1, MappedAddress::FromIpv4(0xef000000));
  EXPECT_EQ(Where(MappedAddress::FromIpv4(0xef000000)), Ports{1}) << "but may be joined again";
  Pass(2 * Snooping::kMembershipSeconds);
  Join(1);
  EXPECT_EQ(Where(), Ports{1});
}

TEST_F(SnoopingTest, APortThatHasJoinedMoreThanIsKeptIsNotCutOff) {
  for (uint32_t i = 0; i < Snooping::kGroupsPerPort; ++i) {
    Join(1, MappedAddress::FromIpv4(0xef000000 + i));
  }
  Join(2);
  Query(4, Ip4(10, 0, 0, 9), Station(9), 7);
  EXPECT_EQ(Where(), Ports{2});
  EXPECT_THAT(snooping_.Show(now_).overflowed, IsEmpty());
  snooping_.TakeChanged();
  Join(1);
  EXPECT_TRUE(snooping_.TakeChanged());
  EXPECT_EQ(Where(), (Ports{1, 2}));
  EXPECT_EQ(Where(Ip4(239, 9, 9, 9)), std::nullopt) << "that floods, as ever";
  EXPECT_THAT(Routers(), IsEmpty()) << "no reports: its hosts would keep silent";
  EXPECT_EQ(snooping_.Map()->TakersOf(0), Ports{1});
  EXPECT_EQ(snooping_.Map()->TakersOf(7), (Ports{1, 4}));
  ASSERT_EQ(snooping_.Show(now_).overflowed.size(), 1u);
  EXPECT_EQ(snooping_.Show(now_).overflowed[0].port, 1);
  Pass(Snooping::kMembershipSeconds - 1);
  Join(2);
  EXPECT_EQ(Where(), (Ports{1, 2}));
  // It says so again and again, as hosts do that are asked.
  for (uint32_t i = 0; i <= Snooping::kGroupsPerPort; ++i) {
    Join(1, MappedAddress::FromIpv4(0xef000000 + i));
  }
  Pass(1);
  EXPECT_EQ(Where(), (Ports{1, 2}));
  Pass(Snooping::kMembershipSeconds - 2);
  Join(2);
  Pass(1);
  EXPECT_EQ(Where(), Ports{2});
  EXPECT_THAT(snooping_.Show(now_).overflowed, IsEmpty());
}

TEST_F(SnoopingTest, APortThatMustNotBeARouterGetsNoMoreThanIsKept) {
  ports_[1].router = RouterPortOption::kOff;
  SetPorts();
  Join(2);
  for (uint32_t i = 0; i <= Snooping::kGroupsPerPort; ++i) {
    Join(1, MappedAddress::FromIpv4(0xef000000 + i));
  }
  EXPECT_EQ(Where(), Ports{2});
  EXPECT_THAT(snooping_.Show(now_).overflowed, IsEmpty());
}

TEST_F(SnoopingTest, ABridgeKeepsSoManyGroups) {
  constexpr size_t kPorts = Snooping::kGroupsPerBridge / Snooping::kGroupsPerPort + 1;
  for (PortId port = 1; port <= kPorts; ++port) ports_[port].up = true;
  SetPorts();
  for (PortId port = 1; port <= kPorts; ++port) {
    for (uint32_t i = 0; i < Snooping::kGroupsPerPort; ++i) {
      Join(port, MappedAddress::FromIpv4(0xef000000 + port * 1000u + i));
    }
  }
  const Snooping::Shown shown = snooping_.Show(now_);
  EXPECT_EQ(shown.groups.size(), Snooping::kGroupsPerBridge);
  ASSERT_EQ(shown.overflowed.size(), 1u);
  EXPECT_EQ(shown.overflowed[0].port, kPorts);
}

TEST_F(SnoopingTest, APortMayBeTheRouterOfSoManyVlans) {
  for (VlanId vlan = 1; vlan <= 2 * Snooping::kRouterVlansPerPort; ++vlan) {
    Query(1, Ip4(10, 0, 0, 9), Station(9), vlan);
  }
  EXPECT_EQ(snooping_.Map()->routers.size(), Snooping::kRouterVlansPerPort);
  Pass(Snooping::kOtherQuerierSeconds);
  EXPECT_THAT(snooping_.Map()->routers, IsEmpty());
  Query(1);
  EXPECT_EQ(Routers(), Ports{1});
}

TEST_F(SnoopingTest, AFlushForgetsAllThatWasLearned) {
  BecomeQuerier();
  Join(1);
  Query(4);
  snooping_.TakeQueries();
  snooping_.Flush(now_);
  EXPECT_EQ(Where(), std::nullopt);
  EXPECT_THAT(Routers(), IsEmpty());
  EXPECT_EQ(snooping_.TakeQueries().size(), 2u);
  Join(1);
  EXPECT_EQ(Where(), Ports{1});
}

TEST_F(SnoopingTest, ShowsWhatItKnows) {
  Join(1);
  Pass(10);
  Join(2);
  Query(4);
  const Snooping::Shown shown = snooping_.Show(now_);
  ASSERT_EQ(shown.groups.size(), 1u);
  EXPECT_EQ(shown.groups[0].key.group, kGroup);
  ASSERT_EQ(shown.groups[0].members.size(), 2u);
  EXPECT_EQ(shown.groups[0].members[0].expires_s, Snooping::kMembershipSeconds - 10);
  EXPECT_EQ(shown.groups[0].expires_s, Snooping::kMembershipSeconds);
  ASSERT_EQ(shown.routers.size(), 1u);
  EXPECT_EQ(shown.routers[0].port.port, 4);
  ASSERT_EQ(shown.queriers.size(), 1u);
  EXPECT_EQ(shown.queriers[0].port, 4);
}

}  // namespace
}  // namespace vswitch
