// What becomes of a frame, from ingress to its copies: learning, forwarding, flooding, isolation.
#include "bridge/pipeline.h"

#include <gtest/gtest.h>

#include <vector>

#include "bridge/testing/test_switch.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

using Ports = std::vector<PortId>;

const MacAddress kMulticast = Mac("01:00:5e:00:00:fb");
const MacAddress kSpanningTree = Mac("01:80:c2:00:00:00");
const MacAddress kLldp = Mac("01:80:c2:00:00:0e");

// A bridge with four ports.
class PipelineTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(sw_.IsBalanced()); }

  // Makes `port` the place of station `number`.
  void Teach(PortId port, uint32_t number, uint32_t now = 0, VlanId vlan = 0) {
    sw_.table(br_).Learn(FdbKey(Station(number), vlan), port, now);
  }
  static FrameBuilder Unicast(uint32_t from, uint32_t to) {
    return FrameBuilder().From(Station(from)).To(Station(to));
  }
  static FrameBuilder Group(uint32_t from, MacAddress to) {
    return FrameBuilder().From(Station(from)).To(to);
  }

  TestSwitch sw_;
  BridgeId br_ = sw_.AddBridge(1 << 0xe);
  PortId a_ = sw_.AddPort(br_);
  PortId b_ = sw_.AddPort(br_);
  PortId c_ = sw_.AddPort(br_);
  PortId d_ = sw_.AddPort(br_);
};

TEST_F(PipelineTest, BeforeAnyConfigurationEveryPortIsRemoved) {
  auto counters = std::make_unique<std::array<PortCounters, kMaxPorts>>();
  Pipeline pipeline(counters->data());
  std::vector<uint8_t> bytes = FrameBuilder().Build();
  Frame frame;
  frame.SetWhole(bytes.data(), static_cast<uint32_t>(bytes.size()));
  frame.ingress = 3;
  frame.buffer = 7;
  Outcome outcome{.copies = {{&frame, 1}}, .finished = {1}};
  pipeline.Process(std::span(&frame, 1), 0, &outcome);
  EXPECT_TRUE(outcome.copies.empty());
  EXPECT_EQ(outcome.finished, std::vector<uint16_t>{7});
  EXPECT_EQ(frame.drop, DropReason::kPortRemoved);
}

TEST_F(PipelineTest, AnEmptyBatchDoesNothing) {
  EXPECT_TRUE(sw_.Process({}).empty());
  EXPECT_TRUE(sw_.egress().empty());
}

TEST_F(PipelineTest, UnknownIsFlooded) {
  EXPECT_EQ(sw_.Process(b_, Unicast(1, 2)), (TestSwitch::Output{{a_, c_, d_}, DropReason::kNone}));
  EXPECT_EQ(sw_.counters(b_).flood_copies.Read(), 2u);
}

TEST_F(PipelineTest, BroadcastAndMulticastAreFlooded) {
  EXPECT_EQ(sw_.Process(a_, Group(1, kBroadcast)).ports, (Ports{b_, c_, d_}));
  EXPECT_EQ(sw_.Process(d_, Group(2, kMulticast)).ports, (Ports{a_, b_, c_}));
  EXPECT_EQ(sw_.Process(d_, Group(2, kLldp)).ports, (Ports{a_, b_, c_}));
  // Not even a static entry makes a group anything but a flood.
  ASSERT_TRUE(sw_.table(br_).AddStatic(FdbKey(kMulticast, 0), b_, 0));
  EXPECT_EQ(sw_.Process(d_, Group(2, kMulticast)).ports, (Ports{a_, b_, c_}));
}

TEST_F(PipelineTest, KnownIsForwarded) {
  Teach(c_, 2);
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2)), (TestSwitch::Output{{c_}, DropReason::kNone}));
  EXPECT_EQ(sw_.counters(a_).flood_copies.Read(), 0u);
}

TEST_F(PipelineTest, KnownOnTheIngressPortIsFiltered) {
  Teach(a_, 2);
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2)), (TestSwitch::Output{{}, DropReason::kSamePort}));
  EXPECT_EQ(sw_.drops(a_, DropReason::kSamePort), 1u);
  // To itself: learned first, so it is known there.
  EXPECT_EQ(sw_.Process(a_, Unicast(7, 7)).drop, DropReason::kSamePort);
}

TEST_F(PipelineTest, KnownOnAPortThatIsDown) {
  Teach(c_, 2);
  sw_.port(c_).up = false;
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2)), (TestSwitch::Output{{}, DropReason::kEgressDown}));
  EXPECT_EQ(sw_.drops(c_, DropReason::kEgressDown), 1u);
  EXPECT_EQ(sw_.drops(a_, DropReason::kEgressDown), 0u);
}

TEST_F(PipelineTest, APortThatIsDownIsNotFloodedTo) {
  sw_.port(c_).up = false;
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2)).ports, (Ports{b_, d_}));
  EXPECT_EQ(sw_.counters(a_).flood_copies.Read(), 1u);
  // What it sends is taken all the same.
  EXPECT_EQ(sw_.Process(c_, Group(3, kBroadcast)).ports, (Ports{a_, b_, d_}));
}

TEST_F(PipelineTest, FloodWithOneOtherPortIsNoCopyMore) {
  sw_.port(c_).up = false;
  sw_.port(d_).up = false;
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2)).ports, (Ports{b_}));
  EXPECT_EQ(sw_.counters(a_).flood_copies.Read(), 0u);
}

TEST_F(PipelineTest, FloodWithNobodyThere) {
  for (PortId port : {b_, c_, d_}) sw_.port(port).up = false;
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2)), (TestSwitch::Output{{}, DropReason::kNoEgressPort}));
  EXPECT_EQ(sw_.drops(a_, DropReason::kNoEgressPort), 1u);
  sw_.port(a_).up = false;
  EXPECT_EQ(sw_.Process(a_, Group(1, kBroadcast)).drop, DropReason::kNoEgressPort);
  EXPECT_EQ(sw_.counters(a_).flood_copies.Read(), 0u);
}

TEST_F(PipelineTest, LearnsTheSource) {
  sw_.Process(c_, Unicast(5, 6).Tag(30));
  EXPECT_EQ(sw_.table(br_).LookUp(FdbKey(Station(5), 30), 0), c_);
  EXPECT_EQ(sw_.table(br_).LookUp(FdbKey(Station(5), 0), 0), kNoPort);
  EXPECT_EQ(sw_.table(br_).stats().entries, 1u);
}

TEST_F(PipelineTest, AStationThatMovesIsAtItsLastPort) {
  sw_.Process(a_, Unicast(1, 2));
  sw_.Process(b_, Unicast(1, 2));
  EXPECT_EQ(sw_.Process(c_, Unicast(3, 1)).ports, (Ports{b_}));
  // Also within one batch, and back again.
  sw_.Process({{b_, Unicast(1, 2).Build()}, {a_, Unicast(1, 2).Build()}});
  EXPECT_EQ(sw_.Process(c_, Unicast(3, 1)).ports, (Ports{a_}));
  sw_.Process(
      {{a_, Unicast(1, 2).Build()}, {b_, Unicast(1, 2).Build()}, {a_, Unicast(1, 2).Build()}});
  EXPECT_EQ(sw_.Process(c_, Unicast(3, 1)).ports, (Ports{a_}));
}

TEST_F(PipelineTest, ABatchIsLearnedBeforeAnyOfItIsForwarded) {
  const auto outputs = sw_.Process({{a_, Unicast(1, 2).Build()}, {b_, Unicast(2, 1).Build()}});
  EXPECT_EQ(outputs[0].ports, (Ports{b_}));
  EXPECT_EQ(outputs[1].ports, (Ports{a_}));
}

TEST_F(PipelineTest, AStaticEntryStays) {
  ASSERT_TRUE(sw_.table(br_).AddStatic(FdbKey(Station(1), 0), a_, 0));
  // The frame is forwarded although its source is elsewhere by decree.
  EXPECT_EQ(sw_.Process(b_, Unicast(1, 2)).ports, (Ports{a_, c_, d_}));
  EXPECT_EQ(sw_.Process(c_, Unicast(3, 1)).ports, (Ports{a_}));
}

TEST_F(PipelineTest, AgedOutIsFlooded) {
  sw_.Process(b_, Unicast(2, 9), 1000);
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2), 1299).ports, (Ports{b_}));
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2), 1301).ports, (Ports{b_, c_, d_}));
}

TEST_F(PipelineTest, EveryFrameRefreshesItsSource) {
  for (uint32_t now = 0; now < 3000; now += 200) {
    sw_.Process(b_, Unicast(2, 9), now);
    EXPECT_EQ(sw_.Process(a_, Unicast(1, 2), now + 199).ports, (Ports{b_})) << now;
  }
}

TEST_F(PipelineTest, VlansAreLearnedApart) {
  Teach(b_, 2, 0, 10);
  Teach(c_, 2, 0, 20);
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2).Tag(10)).ports, (Ports{b_}));
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2).Tag(20)).ports, (Ports{c_}));
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2).Tag(20, 0x88a8)).ports, (Ports{c_}));
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2).Tag(30)).ports, (Ports{b_, c_, d_}));
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2)).ports, (Ports{b_, c_, d_}));
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2).Tag(0).Tag(10)).ports, (Ports{b_, c_, d_}));
}

TEST_F(PipelineTest, APriorityTagIsAsGoodAsNone) {
  sw_.Process(b_, Unicast(2, 9).Tag(0, 0x8100, 5));
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2)).ports, (Ports{b_}));
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2).Tag(0, 0x8100, 7)).ports, (Ports{b_}));
}

TEST_F(PipelineTest, SourcesOfDroppedFramesAreNotLearned) {
  sw_.port(d_).vlan = {.mode = VlanMode::kTrunk, .tag = 0, .trunks = nullptr};
  sw_.Process(a_, Unicast(1, 2).Tag(4095));
  sw_.Process(a_, Unicast(1, 2).Offload({.flags = 1}));
  sw_.Process(a_, FrameBuilder().From(kMulticast));
  sw_.Process(a_, FrameBuilder().From({}));
  sw_.Process({{a_, Unicast(1, 2).Build(), DropReason::kTruncated}});
  EXPECT_EQ(sw_.all_drops(), 5u);
  EXPECT_EQ(sw_.table(br_).stats().entries, 0u);
}

TEST_F(PipelineTest, SourcesOfReservedFramesAreLearned) {
  EXPECT_EQ(sw_.Process(a_, Group(1, kSpanningTree)).drop, DropReason::kLinkLocalReserved);
  EXPECT_EQ(sw_.Process(b_, Unicast(2, 1)).ports, (Ports{a_}));
}

TEST_F(PipelineTest, BridgesDoNotMeet) {
  const BridgeId other = sw_.AddBridge();
  const PortId x = sw_.AddPort(other);
  const PortId y = sw_.AddPort(other);
  sw_.Process(x, Unicast(1, 9));
  sw_.Process(y, Unicast(2, 9));
  // The same addresses, unknown here.
  const auto outputs = sw_.Process({{a_, Unicast(3, 1).Build()},
                                    {x, Unicast(1, 2).Build()},
                                    {b_, Group(4, kBroadcast).Build()},
                                    {y, Group(2, kBroadcast).Build()},
                                    {c_, Unicast(1, 3).Build()}});
  EXPECT_EQ(outputs[0].ports, (Ports{c_}));  // Learned from the last frame, on this bridge only.
  EXPECT_EQ(outputs[1].ports, (Ports{y}));
  EXPECT_EQ(outputs[2].ports, (Ports{a_, c_, d_}));
  EXPECT_EQ(outputs[3].ports, (Ports{x}));
  EXPECT_EQ(outputs[4].ports, (Ports{a_}));
}

TEST_F(PipelineTest, APortThatLeftTheBridgeIsUnknown) {
  const BridgeId other = sw_.AddBridge();
  Teach(c_, 2);
  sw_.port(c_).bridge = other;
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2)).ports, (Ports{b_, d_}));
  sw_.port(c_) = PortForwarding();
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 2)).ports, (Ports{b_, d_}));
  // A port beyond the snapshot's last one.
  Teach(4000, 3);
  EXPECT_EQ(sw_.Process(a_, Unicast(1, 3)).ports, (Ports{b_, d_}));
}

TEST_F(PipelineTest, CopiesKeepTheOrderOfTheBatch) {
  Teach(b_, 2);
  sw_.Process({{a_, Group(1, kBroadcast).Build()},
               {a_, Unicast(1, 2).Build()},
               {c_, Unicast(3, 2).Offload({.flags = 1}).Build()},
               {c_, Unicast(3, 99).Build()},
               {b_, Unicast(2, 1).Build()}});
  EXPECT_EQ(sw_.egress(),
            (std::vector<std::pair<size_t, PortId>>{
                {0, b_}, {0, c_}, {0, d_}, {1, b_}, {3, a_}, {3, b_}, {3, d_}, {4, a_}}));
}

TEST_F(PipelineTest, EverySourceOfTheLargestBatchIsLearned) {
  std::vector<TestSwitch::Input> inputs;
  for (uint32_t i = 0; i < Pipeline::kMaxBatch; ++i) {
    inputs.push_back({i % 2 ? b_ : a_, Unicast(1 + i, 5000).Build()});
  }
  sw_.Process(inputs);
  EXPECT_EQ(sw_.table(br_).stats().entries, Pipeline::kMaxBatch);
  for (uint32_t i = 0; i < Pipeline::kMaxBatch; ++i) {
    ASSERT_EQ(sw_.table(br_).LookUp(FdbKey(Station(1 + i), 0), 0), i % 2 ? b_ : a_) << i;
  }
}

// More frames of one bridge than one look-up takes, and a change of bridge at every frame.
TEST_F(PipelineTest, TheLargestBatch) {
  const BridgeId other = sw_.AddBridge();
  const PortId x = sw_.AddPort(other);
  const PortId y = sw_.AddPort(other);
  Teach(b_, 2);
  sw_.table(other).Learn(FdbKey(Station(2), 0), y, 0);
  for (bool alternate : {false, true}) {
    std::vector<TestSwitch::Input> inputs;
    for (uint32_t i = 0; i < Pipeline::kMaxBatch; ++i) {
      inputs.push_back({alternate && i % 2 ? x : a_, Unicast(100 + i % 7, 2).Build()});
    }
    const auto outputs = sw_.Process(inputs);
    for (size_t i = 0; i < outputs.size(); ++i) {
      ASSERT_EQ(outputs[i].ports, (Ports{inputs[i].ingress == x ? y : b_})) << i;
    }
  }
}

}  // namespace
}  // namespace vswitch
