// Guards and limits of ports in the pipeline: where they are asked, and who counts what they drop.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "bridge/police.h"
#include "bridge/port_guard.h"
#include "bridge/testing/test_switch.h"

namespace vswitch {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

class PortRulesTest : public testing::Test {
 protected:
  void Guard(PortId port, const GuardRules& rules) {
    switch_.port(port).guard = std::make_shared<PortGuard>(rules);
  }
  void LimitTo(PortId port, Limit limit, uint64_t rate, uint64_t burst) {
    RateLimits limits{};
    limits[static_cast<size_t>(limit)] = {.rate = rate, .burst = burst};
    switch_.port(port).police = std::make_shared<PortPolice>(limits);
  }
  // As many of one frame in one batch; returns how many left by any port.
  size_t Pass(PortId port, const FrameBuilder& frame, size_t count, uint64_t now_ns) {
    const TestSwitch::Input input{port, frame.Build()};
    size_t passed = 0;
    for (const auto& output : switch_.Process(std::vector(count, input), 0, now_ns)) {
      passed += !output.ports.empty();
    }
    EXPECT_TRUE(switch_.IsBalanced());
    return passed;
  }
  void Learn(PortId port, MacAddress station) {
    switch_.Process(port, FrameBuilder().From(station).To(kBroadcast));
  }

  TestSwitch switch_;
  BridgeId bridge_ = switch_.AddBridge();
  PortId vm0_ = switch_.AddPort(bridge_);
  PortId vm1_ = switch_.AddPort(bridge_);
  PortId vm2_ = switch_.AddPort(bridge_);
};

TEST_F(PortRulesTest, AGuardDropsAndCountsWhereTheFrameComesIn) {
  Guard(vm0_, {.mac = true, .macs = {Station(1)}});
  EXPECT_EQ(Pass(vm0_, FrameBuilder().From(Station(1)).To(kBroadcast), 1, 0), 1u);
  EXPECT_EQ(Pass(vm0_, FrameBuilder().From(Station(9)).To(kBroadcast), 3, 0), 0u);
  EXPECT_EQ(switch_.drops(vm0_, DropReason::kGuardMac), 3u);
  EXPECT_EQ(switch_.port(vm0_).guard->last_violator(), Station(9));
  // The other ports have none.
  EXPECT_EQ(Pass(vm1_, FrameBuilder().From(Station(9)).To(kBroadcast), 1, 0), 1u);
}

TEST_F(PortRulesTest, WhatAGuardDropsTeachesNothing) {
  Learn(vm1_, Station(5));
  Guard(vm0_, {.mac = true, .macs = {Station(1)}});
  Pass(vm0_, FrameBuilder().From(Station(5)).To(kBroadcast), 1, 0);
  // The source of these is learned on a port without a guard, although they are dropped.
  Pass(vm0_, FrameBuilder().From(Station(5)).To(Mac("01:80:c2:00:00:0e")), 1, 0);
  EXPECT_EQ(switch_.drops(vm0_, DropReason::kGuardMac), 2u);
  const auto output = switch_.Process(vm2_, FrameBuilder().From(Station(2)).To(Station(5)));
  EXPECT_EQ(output.ports, std::vector{vm1_});
}

TEST_F(PortRulesTest, EachStormHasItsOwnLimit) {
  const FrameBuilder broadcast = FrameBuilder().To(kBroadcast);
  const FrameBuilder group = FrameBuilder().To(Mac("01:00:5e:00:00:05"));
  const FrameBuilder unknown = FrameBuilder().To(Station(77));
  Learn(vm1_, Station(2));
  const FrameBuilder known = FrameBuilder().To(Station(2));
  const struct {
    Limit limit;
    DropReason reason;
    FrameBuilder frame;
  } cases[] = {
      {Limit::kStormBroadcastPps, DropReason::kStormBroadcast, broadcast},
      {Limit::kStormMulticastPps, DropReason::kStormMulticast, group},
      {Limit::kStormUnknownPps, DropReason::kStormUnknown, unknown},
  };
  for (const auto& c : cases) {
    LimitTo(vm0_, c.limit, 100, 10);
    for (const FrameBuilder& frame : {broadcast, group, unknown, known}) {
      const bool is_limited = frame.Build() == c.frame.Build();
      EXPECT_EQ(Pass(vm0_, frame, 50, kSecond), is_limited ? 10u : 50u);
    }
    EXPECT_EQ(switch_.drops(vm0_, c.reason), 40u);
  }
}

TEST_F(PortRulesTest, IngressRate) {
  LimitTo(vm0_, Limit::kIngressPps, 100, 10);
  Learn(vm1_, Station(2));
  EXPECT_EQ(Pass(vm0_, FrameBuilder().To(Station(2)), 30, kSecond), 10u);
  EXPECT_EQ(Pass(vm0_, FrameBuilder().To(Station(2)), 30, kSecond + kSecond / 20), 5u);
  EXPECT_EQ(switch_.drops(vm0_, DropReason::kIngressRate), 45u);
  LimitTo(vm0_, Limit::kIngressBps, 80'000, 8'000);
  EXPECT_EQ(Pass(vm0_, FrameBuilder().To(Station(2)).Payload(86), 30, kSecond), 10u);
}

// A flood's copies: those that the rate has no room for are lost, and counted at that port.
TEST_F(PortRulesTest, EgressRate) {
  LimitTo(vm1_, Limit::kEgressPps, 100, 10);
  EXPECT_EQ(Pass(vm0_, FrameBuilder().To(kBroadcast), 30, kSecond), 30u);
  EXPECT_EQ(switch_.drops(vm1_, DropReason::kEgressRate), 20u);
  EXPECT_EQ(switch_.counters(vm2_).egress_frames.Read(), 30u);
  Learn(vm1_, Station(2));
  EXPECT_EQ(Pass(vm0_, FrameBuilder().To(Station(2)), 30, 2 * kSecond), 10u);
  EXPECT_EQ(switch_.drops(vm1_, DropReason::kEgressRate), 40u);
  EXPECT_EQ(switch_.drops(vm0_, DropReason::kEgressRate), 0u);
}

// A super-frame is as many frames as it has segments.
TEST_F(PortRulesTest, SuperFramesCountAsTheirSegments) {
  LimitTo(vm0_, Limit::kIngressPps, 1000, 100);
  Learn(vm1_, Station(2));
  const FrameBuilder super_frame = FrameBuilder().To(Station(2)).Tcp({}, 40'000).Gso(1000);
  EXPECT_EQ(Pass(vm0_, super_frame, 10, kSecond), 2u);
  EXPECT_EQ(Pass(vm0_, FrameBuilder().To(Station(2)), 50, kSecond), 20u);
}

}  // namespace
}  // namespace vswitch
