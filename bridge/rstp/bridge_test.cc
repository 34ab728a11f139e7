// One bridge, and a test in the place of its neighbours: rule by rule of IEEE 802.1D-2004, clause
// 17. What bridges make of each other is in network_test.cc.
#include "bridge/rstp/bridge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vswitch::rstp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr BridgeIdentifier kUs = MakeBridgeIdentifier(32768, MacAddress{0x520000000005});
constexpr BridgeIdentifier kBetter = MakeBridgeIdentifier(32768, MacAddress{0x520000000001});
constexpr BridgeIdentifier kBest = MakeBridgeIdentifier(4096, MacAddress{0x520000000009});
constexpr BridgeIdentifier kWorse = MakeBridgeIdentifier(32768, MacAddress{0x520000000008});

Bpdu Hello(BridgeIdentifier from, BridgeIdentifier root, uint32_t cost = 0,
           PortIdentifier port = 0x8001) {
  return {.proposal = true,
          .priority = {.root = root,
                       .root_path_cost = cost,
                       .designated_bridge = from,
                       .designated_port = port}};
}

class BridgeTest : public ::testing::Test {
 protected:
  void AddPorts(int count, const PortSettings& settings = {}) {
    for (int i = 1; i <= count; ++i) {
      bridge_.AddPort(static_cast<uint16_t>(i), settings);
      bridge_.SetEnabled(static_cast<uint16_t>(i), true);
    }
    bridge_.Settle();
    bridge_.TakeEffects();
  }
  void Pass(int seconds) {
    for (int i = 0; i < seconds; ++i) bridge_.Tick();
  }
  // Of one port, since the last call; those of others are lost.
  std::vector<Bpdu> Sent(uint16_t port) {
    std::vector<Bpdu> sent;
    for (const Transmission& each : bridge_.TakeEffects().transmissions) {
      if (each.port == port) sent.push_back(each.bpdu);
    }
    return sent;
  }
  Role RoleOf(uint16_t port) const { return bridge_.port(port).role; }

  Bridge bridge_{kUs};
};

// 17.21.25: what is heard on two ports, and what becomes of them.
TEST_F(BridgeTest, SelectsRoles) {
  struct Case {
    std::string name;
    Bpdu first;
    Bpdu second;
    Role first_role;
    Role second_role;
  };
  for (const Case& each :
       std::vector<Case>{{"h: nobody is better", Hello(kWorse, kWorse), Hello(kWorse, kWorse),
                          Role::kDesignated, Role::kDesignated},
                         {"i, l: the root, and one that is worse", Hello(kBetter, kBetter),
                          Hello(kWorse, kWorse), Role::kRoot, Role::kDesignated},
                         {"b: the better root", Hello(kBetter, kBetter), Hello(kBest, kBest),
                          Role::kDesignated, Role::kRoot},
                         {"b: the shorter way", Hello(kBetter, kBest, 4000),
                          Hello(kWorse, kBest, 2000), Role::kAlternate, Role::kRoot},
                         {"b: the better bridge", Hello(kBetter, kBest, 2000),
                          Hello(kWorse, kBest, 2000), Role::kRoot, Role::kAlternate},
                         {"b: its better port", Hello(kBest, kBest, 0, 0x8002),
                          Hello(kBest, kBest, 0, 0x8001), Role::kAlternate, Role::kRoot},
                         {"b: our better port", Hello(kBest, kBest), Hello(kBest, kBest),
                          Role::kRoot, Role::kAlternate},
                         {"l: a longer way than ours", Hello(kBest, kBest),
                          Hello(kBetter, kBest, 2001), Role::kRoot, Role::kDesignated},
                         {"j: as long a way, a better bridge", Hello(kBest, kBest),
                          Hello(kBetter, kBest, 2000), Role::kRoot, Role::kAlternate},
                         {"k: our own other port", Hello(kBest, kBest),
                          Hello(kUs, kBest, 2000, 0x8001), Role::kRoot, Role::kBackup},
                         {"b: our own word is no way to the root", Hello(kUs, kBest, 0, 0x8007),
                          Hello(kWorse, kWorse), Role::kBackup, Role::kDesignated},
                         {"a cost that wraps around", Hello(kBest, kBest, 0xffffffff),
                          Hello(kBest, kBest, 5), Role::kDesignated, Role::kRoot}}) {
    SCOPED_TRACE(each.name);
    bridge_ = Bridge(kUs);
    AddPorts(2);
    bridge_.Receive(1, each.first);
    bridge_.Receive(2, each.second);
    EXPECT_EQ(RoleOf(1), each.first_role);
    EXPECT_EQ(RoleOf(2), each.second_role);
  }
}

// 17.29.2: a root port that is alone needs no time, and agrees at once when nothing else forwards.
TEST_F(BridgeTest, AgreesToAProposal) {
  AddPorts(1);
  bridge_.Receive(1, Hello(kBest, kBest));
  EXPECT_EQ(bridge_.State(1), PortState::kForwarding);
  const std::vector<Bpdu> sent = Sent(1);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].role, BpduRole::kRoot);
  EXPECT_TRUE(sent[0].agreement);
}

// 17.29.3: sync. What forwards, and has not agreed to what is as good, must discard before an
// agreement is sent; an edge need not.
TEST_F(BridgeTest, SyncsBeforeItAgrees) {
  AddPorts(3);
  bridge_.SetPort(3, {.admin_edge = true});
  bridge_.Settle();
  bridge_.Receive(1, Hello(kBest, kBest));
  Bpdu agreement = Hello(kWorse, kBest, 4000);
  agreement.role = BpduRole::kRoot;
  agreement.agreement = true;
  bridge_.Receive(2, agreement);
  // Better than what it has agreed to: figure 17-18, UPDATE.
  bridge_.Receive(1, Hello(kBest, MakeBridgeIdentifier(0, MacAddress{1})));
  EXPECT_EQ(bridge_.State(2), PortState::kForwarding);
  EXPECT_TRUE(Sent(1).back().agreement);
  // Worse.
  bridge_.Receive(1, Hello(kBest, kBetter));
  EXPECT_EQ(bridge_.State(1), PortState::kForwarding);
  EXPECT_EQ(bridge_.State(2), PortState::kDiscarding);
  EXPECT_EQ(bridge_.State(3), PortState::kForwarding);
  EXPECT_TRUE(Sent(1).back().agreement);
}

// 17.29.3 and figure 17-22: by an agreement at once, else by time.
TEST_F(BridgeTest, ADesignatedPortWaitsForAnAgreement) {
  AddPorts(1);
  EXPECT_EQ(RoleOf(1), Role::kDesignated);
  EXPECT_EQ(bridge_.State(1), PortState::kDiscarding);
  Bpdu agreement = Hello(kWorse, kUs, 2000);
  agreement.role = BpduRole::kRoot;
  agreement.agreement = true;
  bridge_.Receive(1, agreement);
  EXPECT_EQ(bridge_.State(1), PortState::kForwarding);
}

// 17.21.9: on a shared segment others may not have agreed.
TEST_F(BridgeTest, AnAgreementOnASharedSegmentIsNone) {
  AddPorts(1, {.point_to_point = false});
  Bpdu agreement = Hello(kWorse, kUs, 2000);
  agreement.role = BpduRole::kRoot;
  agreement.agreement = true;
  bridge_.Receive(1, agreement);
  EXPECT_EQ(bridge_.State(1), PortState::kDiscarding);
}

// 17.25: three seconds of silence, and nobody is there who forwards.
TEST_F(BridgeTest, FindsOutThatAPortIsAnEdge) {
  AddPorts(1);
  Pass(2);
  EXPECT_EQ(bridge_.State(1), PortState::kDiscarding);
  Pass(1);
  EXPECT_TRUE(bridge_.port(1).oper_edge);
  EXPECT_EQ(bridge_.State(1), PortState::kForwarding);
  // 17.31: no change of topology.
  EXPECT_EQ(bridge_.port(1).tc_while, 0);
  bridge_.Receive(1, Hello(kWorse, kWorse));
  EXPECT_FALSE(bridge_.port(1).oper_edge);
}

TEST_F(BridgeTest, WithoutAutoEdgeTimeDecides) {
  AddPorts(1, {.auto_edge = false});
  Pass(19);
  EXPECT_EQ(bridge_.State(1), PortState::kDiscarding);
  Pass(1);  // fdWhile was Max Age, 17.29.
  EXPECT_EQ(bridge_.State(1), PortState::kLearning);
  Pass(2);  // forwardDelay is Hello Time where RSTP is spoken, 17.20.5.
  EXPECT_EQ(bridge_.State(1), PortState::kForwarding);
}

TEST_F(BridgeTest, AnEdgeByWordForwardsAtOnceUntilABpduComes) {
  AddPorts(1, {.admin_edge = true});
  EXPECT_EQ(bridge_.State(1), PortState::kForwarding);
  bridge_.Receive(1, Hello(kBest, kBest));
  EXPECT_EQ(RoleOf(1), Role::kRoot);
  EXPECT_FALSE(bridge_.port(1).oper_edge);
}

// 17.24: who speaks STP hears STP, and who speaks RSTP again hears that.
TEST_F(BridgeTest, SpeaksStpWithThoseWhoDo) {
  AddPorts(1);
  Bpdu hello = Hello(kWorse, kWorse);
  hello.type = BpduType::kConfiguration;
  Pass(3);
  bridge_.Receive(1, hello);
  bridge_.TakeEffects();
  Pass(2);
  std::vector<Bpdu> sent = Sent(1);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].type, BpduType::kConfiguration);
  EXPECT_EQ(sent[0].priority.root, kUs);
  // 17.21.17, 17.21.19: its notification is acknowledged.
  for (int i = 0; i < 40 && bridge_.State(1) != PortState::kForwarding; ++i) Pass(1);
  ASSERT_EQ(bridge_.State(1), PortState::kForwarding);
  bridge_.TakeEffects();
  bridge_.Receive(1, {.type = BpduType::kTopologyChangeNotification});
  Pass(2);
  sent = Sent(1);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_TRUE(sent[0].topology_change_ack);
  EXPECT_TRUE(sent[0].topology_change);
  // After migrateTime.
  bridge_.Receive(1, Hello(kWorse, kWorse));
  Pass(3);
  bridge_.Receive(1, Hello(kWorse, kWorse));
  bridge_.TakeEffects();
  Pass(2);
  EXPECT_EQ(Sent(1).back().type, BpduType::kRapid);
}

// 17.21.20, 17.31: a root port that speaks STP notifies.
TEST_F(BridgeTest, NotifiesAStpRootOfAChange) {
  AddPorts(2);
  Bpdu hello = Hello(kBest, kBest);
  hello.type = BpduType::kConfiguration;
  bridge_.Receive(1, hello);
  std::vector<BpduType> sent;
  for (int i = 0; i < 60; ++i) {
    if (i % 2 == 0) bridge_.Receive(1, hello);
    Pass(1);
    for (const Bpdu& bpdu : Sent(1)) sent.push_back(bpdu.type);
  }
  EXPECT_EQ(bridge_.State(1), PortState::kForwarding);
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(sent.back(), BpduType::kTopologyChangeNotification);
  hello.topology_change_ack = true;
  bridge_.Receive(1, hello);
  bridge_.TakeEffects();
  Pass(3);
  EXPECT_THAT(Sent(1), IsEmpty());
}

// 17.31: all ports but the one where it was seen, and no edges.
TEST_F(BridgeTest, AChangeFlushesTheOthers) {
  AddPorts(4);
  bridge_.SetPort(4, {.admin_edge = true});
  bridge_.Settle();
  for (uint16_t port = 1; port <= 3; ++port) {
    Bpdu agreement = Hello(kWorse, kUs, 2000);
    agreement.role = BpduRole::kRoot;
    agreement.agreement = true;
    bridge_.Receive(port, agreement);
  }
  Pass(10);
  bridge_.TakeEffects();
  Bpdu change = Hello(kWorse, kUs, 2000);
  change.role = BpduRole::kRoot;
  change.agreement = true;
  change.topology_change = true;
  bridge_.Receive(1, change);
  const Effects effects = bridge_.TakeEffects();
  EXPECT_THAT(effects.flushed, ElementsAre(2, 3));
  EXPECT_THAT(effects.transmissions, SizeIs(2));
}

// 17.21.23: three times Hello Time, or at once when it is too old.
TEST_F(BridgeTest, WhatIsNotRepeatedAgesOut) {
  AddPorts(1);
  bridge_.Receive(1, Hello(kBest, kBest));
  Pass(5);
  EXPECT_EQ(RoleOf(1), Role::kRoot);
  Pass(1);
  EXPECT_EQ(RoleOf(1), Role::kDesignated);
  EXPECT_TRUE(bridge_.IsRoot());
  Bpdu old = Hello(kBest, kBest);
  old.times.message_age = 20;
  bridge_.Receive(1, old);
  EXPECT_TRUE(bridge_.IsRoot());
}

// Table 17-1 and 17.26: six at once, then one a second.
TEST_F(BridgeTest, SendsNoMoreThanItMay) {
  AddPorts(1);
  size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    bridge_.Receive(1, i % 2 == 0 ? Hello(kWorse, kBest, 1000) : Hello(kWorse, kBest, 9000));
    sent += Sent(1).size();
  }
  EXPECT_GT(sent, 0u);
  EXPECT_LE(sent, size_t{kTxHoldCount});
  for (int i = 0; i < 10; ++i) {
    Pass(1);
    bridge_.Receive(1, Hello(kWorse, kBest, 1000 + static_cast<uint32_t>(i % 2)));
    sent += Sent(1).size();
  }
  EXPECT_LE(sent, size_t{kTxHoldCount} + 10);
}

// 802.1Q-2011, 13.27.14: one who does not hear us.
TEST_F(BridgeTest, DiscardsWhereItIsDisputed) {
  AddPorts(1);
  Bpdu agreement = Hello(kWorse, kUs, 2000);
  agreement.role = BpduRole::kRoot;
  agreement.agreement = true;
  bridge_.Receive(1, agreement);
  ASSERT_EQ(bridge_.State(1), PortState::kForwarding);
  Bpdu deaf = Hello(kWorse, kWorse);
  deaf.learning = true;
  bridge_.Receive(1, deaf);
  EXPECT_EQ(bridge_.State(1), PortState::kDiscarding);
}

TEST_F(BridgeTest, NeverForwardsIntoItsOwnEcho) {
  AddPorts(1);
  for (int i = 0; i < 60; ++i) {
    for (const Bpdu& bpdu : Sent(1)) bridge_.Receive(1, bpdu);
    EXPECT_EQ(bridge_.State(1), PortState::kDiscarding);
    Pass(1);
  }
}

TEST_F(BridgeTest, ADisabledPortForgetsAndIsSilent) {
  AddPorts(2);
  bridge_.Receive(1, Hello(kBest, kBest));
  bridge_.TakeEffects();
  bridge_.SetEnabled(1, false);
  bridge_.Settle();
  EXPECT_EQ(RoleOf(1), Role::kDisabled);
  EXPECT_EQ(bridge_.State(1), PortState::kDiscarding);
  EXPECT_TRUE(bridge_.IsRoot());
  EXPECT_THAT(bridge_.TakeEffects().flushed, ElementsAre(1));
  bridge_.Receive(1, Hello(kBest, kBest));
  Pass(5);
  EXPECT_THAT(Sent(1), IsEmpty());
  EXPECT_TRUE(bridge_.IsRoot());
}

TEST_F(BridgeTest, APortThatIsRemovedIsGone) {
  AddPorts(2);
  bridge_.Receive(1, Hello(kBest, kBest));
  bridge_.RemovePort(1);
  bridge_.Settle();
  EXPECT_TRUE(bridge_.IsRoot());
  EXPECT_THAT(Sent(1), IsEmpty());
  bridge_.AddPort(1, {});
  bridge_.Settle();
  EXPECT_EQ(RoleOf(1), Role::kDisabled);
}

TEST_F(BridgeTest, SettingsTakeEffectAtOnce) {
  AddPorts(2);
  bridge_.Receive(1, Hello(kBest, kBest));
  bridge_.Receive(2, Hello(kBest, kBest, 0, 0x8002));
  EXPECT_EQ(RoleOf(1), Role::kRoot);
  bridge_.SetPort(1, {.path_cost = 200000});
  bridge_.Settle();
  EXPECT_EQ(RoleOf(1), Role::kAlternate);
  EXPECT_EQ(RoleOf(2), Role::kRoot);
  bridge_.SetIdentifier(MakeBridgeIdentifier(0, AddressOf(kUs)));
  bridge_.Settle();
  EXPECT_TRUE(bridge_.IsRoot());
  EXPECT_EQ(RoleOf(1), Role::kDesignated);
  EXPECT_EQ(RoleOf(2), Role::kDesignated);
}

}  // namespace
}  // namespace vswitch::rstp
