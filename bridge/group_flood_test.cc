// Where frames to groups go on a bridge that snoops: RFC 4541, section 2.1.
#include "bridge/group_flood.h"

#include <gtest/gtest.h>

#include <vector>

#include "bridge/snooping/testing/group_frames.h"
#include "bridge/testing/test_switch.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

using Ports = std::vector<PortId>;

const MappedAddress kGroup = Ip4(239, 1, 2, 3);
const MappedAddress kLeft = Ip4(239, 1, 2, 4);
const MappedAddress kOther = Ip4(239, 9, 9, 9);
const MappedAddress kGroup6 = Ip6(0xff05000000000000, 3);

Octets Data(const MappedAddress& group) {
  const Octets payload(20, 0);
  if (group.IsIpv4()) {
    return Ip4Frame({.protocol = 17, .destination = group, .router_alert = false, .ttl = 64},
                    payload);
  }
  return Ip6Frame({.upper = 17, .destination = group, .router_alert = false, .hop_limit = 64},
                  payload);
}

// Ports a to e; b and c have joined, e leads to a router; in VLAN 7 d has joined, and d leads to
// one.
class GroupFloodTest : public testing::Test {
 protected:
  GroupFloodTest() {
    map_.groups = {{{0, kGroup6}, {c_, e_}},
                   {{0, kGroup}, {b_, c_, e_}},
                   {{0, kLeft}, {e_}},
                   {{7, kGroup}, {d_}}};
    std::ranges::sort(map_.groups, {}, &GroupMap::Group::key);
    map_.routers = {{0, {e_}}, {7, {d_}}};
    Snoop();
  }
  void TearDown() override { EXPECT_TRUE(sw_.IsBalanced()); }
  void Snoop() { sw_.bridge(br_).groups = std::make_shared<const GroupMap>(map_); }

  TestSwitch::Output Process(PortId ingress, const Octets& ethernet) {
    return sw_.Process({{ingress, Octets(kOffloadBytes, 0) + ethernet}})[0];
  }
  Ports Where(PortId ingress, const Octets& ethernet) { return Process(ingress, ethernet).ports; }

  TestSwitch sw_;
  BridgeId br_ = sw_.AddBridge();
  PortId a_ = sw_.AddPort(br_);
  PortId b_ = sw_.AddPort(br_);
  PortId c_ = sw_.AddPort(br_);
  PortId d_ = sw_.AddPort(br_);
  PortId e_ = sw_.AddPort(br_);
  GroupMap map_;
};

struct Case {
  const char* description;
  Octets frame;
  Ports ports;
};

TEST_F(GroupFloodTest, FollowsTheRfc) {
  const Ports all = {b_, c_, d_, e_};
  for (const Case& each : {
           Case{"2.1.2 (1): members and routers", Data(kGroup), {b_, c_, e_}},
           Case{"IPv6", Data(kGroup6), {c_, e_}},
           Case{"left: routers only", Data(kLeft), {e_}},
           Case{"2.1.2 (3): nobody has joined it", Data(kOther), all},
           Case{"2.1.2 (2): 224.0.0.0/24", Data(Ip4(224, 0, 0, 251)), all},
           Case{"neighbour discovery", Data(Ip6(0xff02000000000000, 0x1ff000001)), all},
           Case{"another VLAN's members", TaggedWith(7, Data(kGroup)), {d_}},
           Case{"a VLAN without any", TaggedWith(8, Data(kGroup)), all},
           Case{"2.1.1 (1): a report", JoinFrame(kOther), {e_}},
           Case{"an MLD report", JoinFrame(kGroup6), {e_}},
           Case{"a report in a VLAN without router", TaggedWith(8, JoinFrame(kGroup)), all},
           Case{"2.1.1 (2): a query", Ip4Frame({}, Igmp(kIgmpQuery, 100, Ip4(0, 0, 0, 0))), all},
           Case{"broadcast", FrameBuilder().To(kBroadcast).BuildEthernet(), all},
           Case{"a group without IP", FrameBuilder().To(Mac("01:00:0c:cc:cc:cc")).BuildEthernet(),
                all},
           Case{"an unknown station", FrameBuilder().To(Station(99)).BuildEthernet(), all},
       }) {
    EXPECT_EQ(Where(a_, each.frame), each.ports) << each.description;
  }
}

TEST_F(GroupFloodTest, TrapsWhatItHasToHear) {
  Process(a_, JoinFrame(kGroup));
  EXPECT_EQ(sw_.traps(), std::vector{TrapKind::kGroupMessage});
  Process(a_, Ip6Frame({}, Mld(kMldQuery, 1, {})));
  EXPECT_EQ(sw_.traps(), std::vector{TrapKind::kGroupMessage});
  Process(a_, Data(kGroup));
  EXPECT_TRUE(sw_.traps().empty());
  sw_.bridge(br_).groups = nullptr;
  EXPECT_EQ(Where(a_, JoinFrame(kGroup)), (Ports{b_, c_, d_, e_}));
  EXPECT_TRUE(sw_.traps().empty());
}

TEST_F(GroupFloodTest, AMemberIsNotSentItsOwn) {
  EXPECT_EQ(Where(b_, Data(kGroup)), (Ports{c_, e_}));
  EXPECT_EQ(Process(e_, Data(kLeft)), (TestSwitch::Output{{}, DropReason::kNoGroupMember}));
}

TEST_F(GroupFloodTest, WhoIsNotThereAnyMoreGetsNothing) {
  sw_.port(b_).up = false;
  sw_.port(c_).bridge = sw_.AddBridge();
  EXPECT_EQ(Where(a_, Data(kGroup)), Ports{e_});
}

TEST_F(GroupFloodTest, UnregisteredGroupsGoToRoutersIfToldSo) {
  map_.floods_unregistered = false;
  Snoop();
  EXPECT_EQ(Where(a_, Data(kOther)), Ports{e_});
  EXPECT_EQ(Where(a_, Data(Ip4(224, 0, 0, 251))), (Ports{b_, c_, d_, e_}));
  EXPECT_EQ(Process(a_, TaggedWith(8, Data(kGroup))).drop, DropReason::kNoGroupMember);
}

TEST_F(GroupFloodTest, AQuerierNeedsNobodyElseToHearReports) {
  map_.is_querier = true;
  Snoop();
  EXPECT_EQ(Process(a_, TaggedWith(8, JoinFrame(kGroup))),
            (TestSwitch::Output{{}, DropReason::kNoGroupMember}));
}

TEST_F(GroupFloodTest, AMemberIsSentItsGroupThoughItTakesNoFloods) {
  sw_.port(b_).mcast_flood = false;
  EXPECT_EQ(Where(a_, Data(kGroup)), (Ports{b_, c_, e_}));
  EXPECT_EQ(Where(a_, Data(kOther)), (Ports{c_, d_, e_}));
  sw_.port(a_).isolated = sw_.port(c_).isolated = true;
  EXPECT_EQ(Where(a_, Data(kGroup)), (Ports{b_, e_}));
}

}  // namespace
}  // namespace vswitch
