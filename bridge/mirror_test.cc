// What mirrors copy, to whom, and what a copy must not do. The rules are Open vSwitch's
// (ofproto-dpif-xlate.c, mirror_packet(), and tests/ofproto-dpif.at, "mirroring"), where nothing
// else is said.
#include "bridge/mirror.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bridge/testing/test_switch.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

using Ports = std::vector<PortId>;
constexpr MirrorBits kFirst = 1;
constexpr MirrorBits kSecond = 2;

// Station(n) is at the n-th port; the mirrors' targets are t_ and u_.
class MirrorTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const PortId port : {a_, b_, c_}) {
      sw_.table(br_).AddStatic(FdbKey(Station(port), 0), port, 0);
      sw_.table(br_).AddStatic(FdbKey(Station(port), 7), port, 0);
    }
    sw_.bridge(br_).mirrors = {{.to = t_}};
    sw_.port(t_).is_mirror_target = true;
  }
  void TearDown() override { EXPECT_TRUE(sw_.IsBalanced()); }

  static FrameBuilder Unicast(PortId from, PortId to) {
    return FrameBuilder().From(Station(from)).To(Station(to));
  }
  Ports Send(PortId from, const FrameBuilder& frame) { return sw_.Process(from, frame).ports; }
  void AddSecond(PortId to) {
    sw_.bridge(br_).mirrors.push_back({.to = to});
    sw_.port(to).is_mirror_target = true;
  }

  TestSwitch sw_;
  BridgeId br_ = sw_.AddBridge();
  PortId unused_ = sw_.AddPort(br_, false);
  PortId a_ = sw_.AddPort(br_);
  PortId b_ = sw_.AddPort(br_);
  PortId c_ = sw_.AddPort(br_);
  PortId t_ = sw_.AddPort(br_);
  PortId u_ = sw_.AddPort(br_);
};

// "mirroring, select_src"
TEST_F(MirrorTest, WhatAPortSends) {
  sw_.port(a_).mirrors_ingress = kFirst;
  EXPECT_EQ(Send(a_, Unicast(a_, b_)), (Ports{t_, b_}));
  EXPECT_EQ(Send(b_, Unicast(b_, a_)), (Ports{a_}));
  EXPECT_EQ(sw_.counters(a_).mirror_copies.Read(), 1u);
  EXPECT_EQ(sw_.counters(b_).mirror_copies.Read(), 0u);
}

// "mirroring, select_dst"
TEST_F(MirrorTest, WhatIsSentToAPort) {
  sw_.port(a_).mirrors_egress = kFirst;
  EXPECT_EQ(Send(b_, Unicast(b_, a_)), (Ports{a_, t_}));
  EXPECT_EQ(Send(a_, Unicast(a_, b_)), (Ports{b_}));
  EXPECT_EQ(sw_.counters(b_).mirror_copies.Read(), 1u);
}

// "mirroring, select_all": ctx->mirrors has a bit for each that has had the frame.
TEST_F(MirrorTest, OneCopyOfAFrameAtMost) {
  for (const PortId port : {a_, b_, c_}) {
    sw_.port(port).mirrors_ingress = sw_.port(port).mirrors_egress = kFirst;
  }
  EXPECT_EQ(Send(a_, Unicast(a_, b_)), (Ports{t_, b_}));
  EXPECT_EQ(Send(a_, Unicast(a_, b_).To(kBroadcast)), (Ports{t_, b_, c_, u_}));
  for (const PortId port : {a_, b_, c_}) sw_.port(port).mirrors_ingress = 0;
  EXPECT_EQ(Send(a_, Unicast(a_, b_).To(kBroadcast)), (Ports{b_, c_, u_, t_}));
}

TEST_F(MirrorTest, EachMirrorHasItsOwn) {
  AddSecond(u_);
  sw_.port(a_).mirrors_ingress = kFirst | kSecond;
  EXPECT_EQ(Send(a_, Unicast(a_, b_)), (Ports{t_, u_, b_}));
  sw_.port(a_).mirrors_ingress = kSecond;
  sw_.port(b_).mirrors_egress = kFirst;
  EXPECT_EQ(Send(a_, Unicast(a_, b_)), (Ports{u_, b_, t_}));
}

// mirror_packet(): `dup_mirrors`.
TEST_F(MirrorTest, ATargetOfTwoMirrorsGetsOneCopy) {
  AddSecond(t_);
  sw_.port(a_).mirrors_ingress = kFirst;
  sw_.port(b_).mirrors_egress = kSecond;
  EXPECT_EQ(Send(a_, Unicast(a_, b_)), (Ports{t_, b_}));
  EXPECT_EQ(Send(c_, Unicast(c_, b_)), (Ports{b_, t_}));
  EXPECT_EQ(sw_.counters(a_).mirror_copies.Read(), 1u);
}

// mirror_packet(): `vlans`, of the packet as the input port's settings take it.
TEST_F(MirrorTest, OnlyFramesOfItsVlan) {
  sw_.bridge(br_).mirrors[0].vlan = 7;
  sw_.port(a_).mirrors_ingress = kFirst;
  sw_.port(b_).mirrors_egress = kFirst;
  EXPECT_EQ(Send(a_, Unicast(a_, b_)), (Ports{b_}));
  EXPECT_EQ(Send(a_, Unicast(a_, b_).Tag(8).To(kBroadcast)).size(), 3u);
  EXPECT_EQ(Send(a_, Unicast(a_, b_).Tag(7)), (Ports{t_, b_}));
  EXPECT_EQ(Send(c_, Unicast(c_, b_).Tag(7)), (Ports{b_, t_}));
  sw_.bridge(br_).mirrors[0].vlan = 0;
  EXPECT_EQ(Send(a_, Unicast(a_, b_).Tag(7)), (Ports{b_}));
  EXPECT_EQ(Send(a_, Unicast(a_, b_)), (Ports{t_, b_}));
}

// A frame of another VLAN does not show to who looks on at this one, because its port lies.
TEST_F(MirrorTest, WhatTheVlanRulesDropIsInNoVlan) {
  sw_.port(a_).vlan = {.mode = VlanMode::kAccess, .tag = 20};
  sw_.port(a_).mirrors_ingress = kFirst;
  sw_.bridge(br_).mirrors[0].vlan = 7;
  EXPECT_EQ(sw_.Process(a_, Unicast(a_, b_).Tag(7)),
            (TestSwitch::Output{{}, DropReason::kVlanNotAllowed}));
  sw_.bridge(br_).mirrors[0].vlan = kEveryVlan;
  EXPECT_EQ(sw_.Process(a_, Unicast(a_, b_).Tag(7)),
            (TestSwitch::Output{{t_}, DropReason::kVlanNotAllowed}));
}

// xlate_normal(): "dropping packet received on port %s, which is reserved exclusively for
// mirroring".
TEST_F(MirrorTest, ATargetIsOutputOnly) {
  sw_.port(a_).mirrors_ingress = kFirst;
  EXPECT_EQ(sw_.Process(t_, Unicast(9, a_)).drop, DropReason::kMirrorTarget);
  EXPECT_EQ(sw_.drops(t_, DropReason::kMirrorTarget), 1u);
  // Not learned there.
  EXPECT_EQ(sw_.table(br_).LookUp(FdbKey(Station(9), 0), 0), kNoPort);
  // No flood leaves by it, nor what an entry sends there.
  EXPECT_EQ(Send(b_, Unicast(b_, 77)), (Ports{a_, c_, u_}));
  sw_.table(br_).AddStatic(FdbKey(Station(50), 0), t_, 0);
  EXPECT_EQ(sw_.Process(b_, Unicast(b_, 50)), (TestSwitch::Output{{}, DropReason::kMirrorTarget}));
  EXPECT_EQ(sw_.drops(b_, DropReason::kMirrorTarget), 1u);
}

TEST_F(MirrorTest, WhatIsDroppedIsCopiedIfItIsAFrame) {
  sw_.port(a_).mirrors_ingress = kFirst;
  EXPECT_EQ(sw_.Process(a_, Unicast(a_, a_)), (TestSwitch::Output{{t_}, DropReason::kSamePort}));
  EXPECT_EQ(sw_.Process(a_, Unicast(a_, a_).To(Mac("01:80:c2:00:00:00"))),
            (TestSwitch::Output{{t_}, DropReason::kLinkLocalReserved}));
  EXPECT_EQ(Send(a_, Unicast(a_, b_).From(kBroadcast)), Ports{});
  std::vector<uint8_t> runt = Unicast(a_, b_).Build();
  runt.resize(20);
  EXPECT_EQ(sw_.Process({{a_, runt}})[0], (TestSwitch::Output{{}, DropReason::kRunt}));
  EXPECT_EQ(sw_.Process({{a_, Unicast(a_, b_).Build(), DropReason::kTruncated}})[0],
            (TestSwitch::Output{{}, DropReason::kTruncated}));
}

TEST_F(MirrorTest, ALostCopyCostsNoFrame) {
  sw_.port(a_).mirrors_ingress = kFirst;
  sw_.port(t_).max_frame_bytes = 114;
  EXPECT_EQ(sw_.Process(a_, Unicast(a_, b_).Payload(200)),
            (TestSwitch::Output{{b_}, DropReason::kNone}));
  EXPECT_EQ(sw_.drops(t_, DropReason::kExceedsMtu), 1u);
  sw_.port(t_).up = false;
  EXPECT_EQ(sw_.Process(a_, Unicast(a_, b_)), (TestSwitch::Output{{b_}, DropReason::kNone}));
  EXPECT_EQ(sw_.drops(t_, DropReason::kEgressDown), 1u);
  EXPECT_EQ(sw_.counters(a_).mirror_copies.Read(), 2u);
}

// Super-frames of many segments: their copies may not stall the worker.
TEST_F(MirrorTest, WhatCopiesCostABatchIsBounded) {
  sw_.port(a_).mirrors_ingress = kFirst;
  const FrameBuilder super_frame = Unicast(a_, b_).Tcp({}, 60'000).Gso(100);
  std::vector<TestSwitch::Input> batch(8, {a_, super_frame.Build()});
  sw_.Process(batch);
  EXPECT_GE(sw_.drops(t_, DropReason::kMirrorLimit), 6u);
  EXPECT_LE(sw_.drops(t_, DropReason::kMirrorLimit), 7u);
  EXPECT_EQ(sw_.counters(a_).mirror_copies.Read(), 8u);
  // What waits is not copied again when it leaves.
  for (int i = 0; i < 10; ++i) sw_.Process({});
  EXPECT_EQ(sw_.counters(a_).mirror_copies.Read(), 8u);
  EXPECT_EQ(sw_.counters(b_).egress_frames.Read(), 8u);
}

// A frame of which the rest waits is another than that whose copies are written.
TEST_F(MirrorTest, WhatIsFloodedInTurnsIsCopiedOnce) {
  for (const PortId port : {b_, c_, u_}) sw_.port(port).mirrors_egress = kFirst;
  sw_.Process(a_, Unicast(a_, b_).To(kBroadcast).Tcp({}, 60'000).Gso(60));
  EXPECT_EQ(sw_.counters(b_).egress_frames.Read() + sw_.counters(u_).egress_frames.Read(), 1u);
  for (int i = 0; i < 10; ++i) sw_.Process({});
  EXPECT_EQ(sw_.counters(u_).egress_frames.Read(), 1u);
  EXPECT_EQ(sw_.counters(a_).mirror_copies.Read(), 1u);
  EXPECT_EQ(sw_.counters(t_).egress_frames.Read(), 1u);
}

TEST_F(MirrorTest, OtherBridgesHaveNothingToDoWithIt) {
  const BridgeId other = sw_.AddBridge();
  const PortId x = sw_.AddPort(other);
  const PortId y = sw_.AddPort(other);
  sw_.port(a_).mirrors_ingress = kFirst;
  EXPECT_EQ(Send(x, Unicast(x, y)), (Ports{y}));
}

}  // namespace
}  // namespace vswitch
