// Frames that are longer than a port takes: forwarded or flooded, plain, tagged or super-frames.
#include "bridge/egress_limit.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bridge/testing/test_switch.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

using Ports = std::vector<PortId>;

constexpr uint32_t kLimit = 1514;  // An MTU of 1500.

// From port a_; port limited_ has the MTU, port free_ none.
class EgressLimitTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(sw_.IsBalanced()); }

  TestSwitch sw_;
  BridgeId br_ = sw_.AddBridge();
  PortId a_ = sw_.AddPort(br_);
  PortId limited_ = sw_.AddPort(br_, true, kLimit);
  PortId free_ = sw_.AddPort(br_);
};

struct Case {
  std::string description;
  FrameBuilder frame;
  bool fits;
};

const Case kCases[] = {
    {"the longest", FrameBuilder().Payload(1500), true},
    {"a byte longer", FrameBuilder().Payload(1501), false},
    {"the longest in a VLAN", FrameBuilder().Tag(5).Payload(1500), true},
    {"a byte longer in a VLAN", FrameBuilder().Tag(5).Payload(1501), false},
    {"the longest in two tags", FrameBuilder().Tag(5, 0x88a8).Tag(6).Payload(1500), true},
    {"the longest in three tags", FrameBuilder().Tag(5).Tag(6).Tag(7).Payload(1500), false},
    {"super-frame of the longest segments", FrameBuilder().Tcp({}, 65000).Gso(1460), true},
    {"super-frame of longer segments", FrameBuilder().Tcp({}, 65000).Gso(1461), false},
    {"options make them longer", FrameBuilder().Tcp({}, 65000, 32).Gso(1449), false},
    {"in a VLAN", FrameBuilder().Tag(5).Tcp({}, 65000).Gso(1460), true},
    {"UDP segments", FrameBuilder().Udp({}, 60000).Gso(1472), true},
    {"longer UDP segments", FrameBuilder().Udp({}, 60000).Gso(1473), false},
    {"a checksum left is no segmentation", FrameBuilder().Udp({}, 60000).LeaveChecksum(), false},
};

TEST_F(EgressLimitTest, Forwarded) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.description);
    for (VlanId vlan : {0, 5}) sw_.table(br_).Learn(FdbKey(Station(2), vlan), limited_, 0);
    const uint64_t before = sw_.drops(limited_, DropReason::kExceedsMtu);
    const TestSwitch::Output output = sw_.Process(a_, c.frame);
    EXPECT_EQ(output.ports, c.fits ? Ports{limited_} : Ports{});
    EXPECT_EQ(output.drop, c.fits ? DropReason::kNone : DropReason::kExceedsMtu);
    EXPECT_EQ(sw_.drops(limited_, DropReason::kExceedsMtu) - before, c.fits ? 0u : 1u);
  }
  EXPECT_EQ(sw_.drops(a_, DropReason::kExceedsMtu), 0u);
}

TEST_F(EgressLimitTest, FloodedPerCopy) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.description);
    const uint64_t dropped = sw_.drops(limited_, DropReason::kExceedsMtu);
    const uint64_t copied = sw_.counters(a_).flood_copies.Read();
    const TestSwitch::Output output = sw_.Process(a_, FrameBuilder(c.frame).To(kBroadcast));
    EXPECT_EQ(output.ports, c.fits ? (Ports{limited_, free_}) : Ports{free_});
    EXPECT_EQ(output.drop, DropReason::kNone);
    EXPECT_EQ(sw_.drops(limited_, DropReason::kExceedsMtu) - dropped, c.fits ? 0u : 1u);
    EXPECT_EQ(sw_.counters(a_).flood_copies.Read() - copied, 1u);
  }
}

TEST_F(EgressLimitTest, FloodThatNoPortTakes) {
  sw_.port(free_).max_frame_bytes = 100;
  const TestSwitch::Output output = sw_.Process(a_, FrameBuilder().To(kBroadcast).Payload(1501));
  EXPECT_EQ(output, (TestSwitch::Output{{}, DropReason::kExceedsMtu}));
  EXPECT_EQ(sw_.drops(limited_, DropReason::kExceedsMtu), 1u);
  EXPECT_EQ(sw_.drops(free_, DropReason::kExceedsMtu), 1u);
  EXPECT_EQ(sw_.counters(a_).flood_copies.Read(), 1u);
}

TEST_F(EgressLimitTest, TheIngressPortsOwnLimitDoesNotMatter) {
  EXPECT_EQ(sw_.Process(limited_, FrameBuilder().Payload(5000)).ports, (Ports{a_, free_}));
}

}  // namespace
}  // namespace vswitch
