// Who is left out of a flood, and who may not be reached.
#include "bridge/egress_rules.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bridge/testing/test_switch.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

using Ports = std::vector<PortId>;

class EgressRulesTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(sw_.IsBalanced()); }

  FrameBuilder To(MacAddress destination) {
    return FrameBuilder().From(Station(0)).To(destination);
  }

  TestSwitch sw_;
  BridgeId br_ = sw_.AddBridge();
  PortId a_ = sw_.AddPort(br_);
  PortId b_ = sw_.AddPort(br_);
  PortId c_ = sw_.AddPort(br_);
};

// Linux, net/bridge/br_forward.c, br_flood(): each flag is for its kind of frames only. (There a
// broadcast is no multicast either.)
TEST_F(EgressRulesTest, EachKindOfFloodHasItsFlag) {
  const MacAddress kGroup{0x01005e000001};
  const MacAddress kGroup6{0x333300000001};
  const struct {
    std::string description;
    bool PortForwarding::*flag;
    MacAddress destination;
    bool reaches;
  } kCases[] = {
      {"unknown, flood off", &PortForwarding::flood, Station(9), false},
      {"group, flood off", &PortForwarding::flood, kGroup, true},
      {"broadcast, flood off", &PortForwarding::flood, kBroadcast, true},
      {"unknown, mcast_flood off", &PortForwarding::mcast_flood, Station(9), true},
      {"group, mcast_flood off", &PortForwarding::mcast_flood, kGroup, false},
      {"IPv6 group, mcast_flood off", &PortForwarding::mcast_flood, kGroup6, false},
      {"broadcast, mcast_flood off", &PortForwarding::mcast_flood, kBroadcast, true},
      {"unknown, bcast_flood off", &PortForwarding::bcast_flood, Station(9), true},
      {"group, bcast_flood off", &PortForwarding::bcast_flood, kGroup, true},
      {"broadcast, bcast_flood off", &PortForwarding::bcast_flood, kBroadcast, false},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.description);
    sw_.port(b_).*c.flag = false;
    const Ports all = c.reaches ? Ports{b_, c_} : Ports{c_};
    EXPECT_EQ(sw_.Process(a_, To(c.destination)).ports, all);
    sw_.port(b_).*c.flag = true;
  }
}

TEST_F(EgressRulesTest, AKnownStationIsReachedWhateverIsNotFlooded) {
  sw_.table(br_).Learn(FdbKey(Station(1), 0), b_, 0);
  sw_.port(b_).flood = sw_.port(b_).mcast_flood = sw_.port(b_).bcast_flood = false;
  EXPECT_EQ(sw_.Process(a_, To(Station(1))).ports, Ports{b_});
}

TEST_F(EgressRulesTest, WhereNobodyTakesAFloodItIsDropped) {
  sw_.port(b_).bcast_flood = sw_.port(c_).bcast_flood = false;
  EXPECT_EQ(sw_.Process(a_, To(kBroadcast)).drop, DropReason::kNoEgressPort);
}

// Linux, net/bridge/br_private.h, br_skb_isolated(): between two isolated ports nothing passes,
// between such a port and another everything.
TEST_F(EgressRulesTest, IsolatedPortsReachOnlyOthers) {
  sw_.port(a_).isolated = sw_.port(b_).isolated = true;
  for (PortId port = a_; port <= c_; ++port) {
    sw_.table(br_).Learn(FdbKey(Station(10 + port), 0), port, 0);
  }
  const struct {
    PortId from;
    MacAddress to;
    TestSwitch::Output becomes;
  } kCases[] = {
      {a_, kBroadcast, {{c_}, DropReason::kNone}},
      {a_, Station(9), {{c_}, DropReason::kNone}},
      {a_, Station(10 + b_), {{}, DropReason::kIsolated}},
      {a_, Station(10 + c_), {{c_}, DropReason::kNone}},
      {c_, kBroadcast, {{a_, b_}, DropReason::kNone}},
      {c_, Station(10 + a_), {{a_}, DropReason::kNone}},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(sw_.Process(c.from, To(c.to)), c.becomes) << c.from << " to " << c.to.ToString();
  }
  EXPECT_EQ(sw_.drops(a_, DropReason::kIsolated), 1u);
}

}  // namespace
}  // namespace vswitch
