// The table of VLANs, by way of the whole pipeline: what is learned, what leaves, what is counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bridge/testing/policy_of.h"
#include "bridge/testing/test_switch.h"
#include "tests/frame_builder.h"
#include "tests/vlan_table.h"

namespace vswitch {
namespace {

using Bytes = std::vector<uint8_t>;

class VlanPipelineTest : public testing::Test {
 protected:
  VlanPipelineTest() {
    bridge_ = sw_.AddBridge();
    for (const VlanTablePort& port : VlanTablePorts()) {
      ports_.push_back(sw_.AddPort(bridge_));
      sw_.port(ports_.back()).vlan = PolicyOf(port);
    }
  }

  PortId PortOf(std::string_view name) const {
    const auto& all = VlanTablePorts();
    return ports_[static_cast<size_t>(std::ranges::find(all, name, &VlanTablePort::name) -
                                      all.begin())];
  }
  // What the last batch, of one frame, has written to a port.
  std::vector<uint8_t> WrittenTo(PortId port) const {
    for (size_t i = 0; i < sw_.egress().size(); ++i) {
      if (sw_.egress()[i].second == port) return sw_.written()[i];
    }
    return {};
  }

  TestSwitch sw_;
  BridgeId bridge_ = kNoBridge;
  std::vector<PortId> ports_;
};

TEST_F(VlanPipelineTest, FloodsFollowTheTable) {
  const FrameBuilder frames[] = {
      FrameBuilder().To(kBroadcast).ArpRequest(1, 2),
      FrameBuilder().To(kBroadcast).Udp({}, 20'000).Gso(1000),
      FrameBuilder().To(Station(99)).Tcp({.ipv6 = true}, 30'000, 60).Gso(1428),
  };
  for (const FrameBuilder& frame : frames) {
    for (const VlanRow& row : VlanTable()) {
      SCOPED_TRACE(std::string(row.port) + " " + std::string(row.tags));
      const PortId in = PortOf(row.port);
      const DropReason reason = sw_.Process(in, Tagged(frame, row.tags)).drop;
      const bool is_alone = std::ranges::all_of(
          row.leaves, [](const VlanRow::Cell& cell) { return cell.tags == "-"; });
      if (!row.drop.empty()) {
        EXPECT_EQ(kDropReasonText[static_cast<size_t>(reason)], row.drop);
      } else {
        EXPECT_EQ(reason, is_alone ? DropReason::kNoEgressPort : DropReason::kNone);
      }
      for (size_t i = 0; i < ports_.size(); ++i) {
        const std::string_view tags = row.leaves[i].tags;
        const auto expected = tags == "-" ? Bytes() : Tagged(frame, tags).Build();
        EXPECT_EQ(WrittenTo(ports_[i]), expected) << "by " << VlanTablePorts()[i].name;
      }
      EXPECT_TRUE(sw_.IsBalanced());
    }
  }
}

// Of each VLAN and each port: what is known to be there goes there, or is dropped and counted where
// it came from.
TEST_F(VlanPipelineTest, KnownStationsAreReachedAsTheTableSays) {
  const FrameBuilder frame = FrameBuilder().From(Station(1)).To(Station(2)).Udp({}, 100);
  for (const VlanRow& row : VlanTable()) {
    if (!row.drop.empty()) continue;
    const PortId in = PortOf(row.port);
    for (size_t i = 0; i < ports_.size(); ++i) {
      const PortId out = ports_[i];
      if (out == in) continue;
      SCOPED_TRACE(std::string(row.port) + " " + std::string(row.tags) + " to " +
                   std::string(VlanTablePorts()[i].name));
      for (VlanId vlan = 0; vlan <= 30; ++vlan) {
        ASSERT_TRUE(sw_.table(bridge_).AddStatic(FdbKey(Station(2), vlan), out, 0));
      }
      const uint64_t before = sw_.drops(in, DropReason::kVlanEgress);
      const auto output = sw_.Process(in, Tagged(frame, row.tags));
      if (row.leaves[i].tags == "-") {
        EXPECT_EQ(output.drop, DropReason::kVlanEgress);
        EXPECT_EQ(sw_.drops(in, DropReason::kVlanEgress), before + 1);
      } else {
        EXPECT_EQ(output.ports, std::vector<PortId>{out});
        EXPECT_EQ(WrittenTo(out), Tagged(frame, row.leaves[i].tags).Build());
      }
    }
  }
  EXPECT_TRUE(sw_.IsBalanced());
}

TEST_F(VlanPipelineTest, StationsAreLearnedInTheVlanThatTheyAreIn) {
  const FrameBuilder frame = FrameBuilder().To(kBroadcast);
  const struct {
    std::string_view port;
    std::string_view tags;
    VlanId vlan;
  } cases[] = {{"acc10", "u", 10},   {"acc10", "0p5", 10}, {"native", "u", 10}, {"trunk", "20", 20},
               {"tunnel", "20", 10}, {"open", "u", 0},     {"open", "30", 30}};
  uint32_t station = 0;
  for (const auto& c : cases) {
    sw_.Process(PortOf(c.port), Tagged(FrameBuilder(frame).From(Station(++station)), c.tags));
    EXPECT_EQ(sw_.table(bridge_).LookUp(FdbKey(Station(station), c.vlan), 0), PortOf(c.port));
  }
  EXPECT_EQ(sw_.table(bridge_).stats().entries, station);
  // What is refused teaches nothing.
  for (const VlanRow& row : VlanTable()) {
    if (row.drop.empty()) continue;
    sw_.Process(PortOf(row.port), Tagged(FrameBuilder(frame).From(Station(100)), row.tags));
  }
  EXPECT_EQ(sw_.table(bridge_).stats().entries, station);
}

// A frame that waits for its turn to be flooded is in the VLAN that it was in when it came.
TEST_F(VlanPipelineTest, AFrameThatWaitsStaysInItsVlan) {
  for (const PortId port : ports_) sw_.port(port).vlan = {};
  const FrameBuilder frame = FrameBuilder().To(kBroadcast).Tag(10);
  // Of these, the last ones wait: seven copies each.
  std::vector<TestSwitch::Input> inputs(200, {PortOf("open"), frame.Build()});
  sw_.Process(inputs);
  ASSERT_EQ(sw_.egress().size(), 147u * 7);
  for (size_t i = 0; i < ports_.size(); ++i) {
    sw_.port(ports_[i]).vlan = PolicyOf(VlanTablePorts()[i]);
  }
  sw_.Process({});
  EXPECT_EQ(WrittenTo(PortOf("acc10")), FrameBuilder().To(kBroadcast).Build());
  EXPECT_EQ(WrittenTo(PortOf("trunk")), frame.Build());
  EXPECT_EQ(WrittenTo(PortOf("acc20")), Bytes());
  EXPECT_TRUE(sw_.IsBalanced());
}

// Two tags at most are not counted against an MTU, those that are put in and taken out among them.
TEST_F(VlanPipelineTest, ATagMoreOrLessDoesNotChangeWhatFits) {
  const auto passes = [this](std::string_view in, std::string_view out, std::string_view tags,
                             size_t payload) {
    sw_.port(PortOf(out)).max_frame_bytes = 114;
    sw_.Process(PortOf(in), Tagged(FrameBuilder().To(kBroadcast).Payload(payload), tags));
    sw_.port(PortOf(out)).max_frame_bytes = 0;
    return !WrittenTo(PortOf(out)).empty();
  };
  const struct {
    std::string_view in;
    std::string_view out;
    std::string_view tags;
    size_t most;
  } cases[] = {
      {"acc10", "trunk", "u", 100},        {"trunk", "acc10", "10", 100},
      {"tunnel", "trunk", "20", 100},      {"tunnel", "trunk", "20.30", 96},
      {"trunk", "tunnel", "10.1.2.3", 96}, {"trunk", "tunnel", "10.1.2", 100},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.in) + " " + std::string(c.tags) + " to " + std::string(c.out));
    EXPECT_TRUE(passes(c.in, c.out, c.tags, c.most));
    EXPECT_FALSE(passes(c.in, c.out, c.tags, c.most + 1));
  }
}

}  // namespace
}  // namespace vswitch
