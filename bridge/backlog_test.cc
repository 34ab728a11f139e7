// What a batch cannot flood any more: it waits in order and in turn, only a storm loses frames, and
// nothing of a port that goes stays behind.
#include "bridge/backlog.h"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <vector>

#include "bridge/flood.h"
#include "bridge/pipeline.h"
#include "bridge/testing/pipeline_invariants.h"
#include "bridge/unicast.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

// So many that two floods spend the budget of a batch.
constexpr PortId kPorts = 600;
constexpr size_t kFloodsPerBatch = 2;

class BacklogTest : public testing::Test {
 protected:
  BacklogTest() {
    config_.bridges.push_back({.table = std::make_shared<MacTable>(MacTable::Options{})});
    config_.ports.resize(kPorts, {.bridge = 0, .up = true});
    SetConfig();
  }

  void SetConfig() {
    config_.Derive();
    pipeline_.SetConfig(std::make_shared<const ForwardingConfig>(config_));
  }

  // Frames from port 0 in buffers `first`, `first` + 1, ...
  std::vector<Frame> Batch(uint16_t first, size_t count, MacAddress to, PortId ingress = 0) {
    return Batch(first, count, FrameBuilder().To(to).Build(), ingress);
  }
  std::vector<Frame> Batch(uint16_t first, size_t count, const std::vector<uint8_t>& content,
                           PortId ingress = 0) {
    std::vector<Frame> batch(count);
    for (Frame& frame : batch) {
      std::vector<uint8_t>& bytes = bytes_.emplace_back(content);
      frame.SetWhole(bytes.data(), static_cast<uint32_t>(bytes.size()));
      frame.ingress = ingress;
      frame.buffer = first++;
    }
    return batch;
  }

  // Returns the buffers of the frames that were flooded, in their order.
  std::vector<uint16_t> Process(std::vector<Frame> batch) {
    pipeline_.Process(batch, 0, &outcome_);
    EXPECT_EQ(writer_.Write(batch, config_, outcome_), "");
    std::vector<uint16_t> flooded;
    for (const EgressCopy& copy : outcome_.copies) {
      if (flooded.empty() || flooded.back() != copy.frame->buffer) {
        flooded.push_back(copy.frame->buffer);
      }
    }
    return flooded;
  }
  uint64_t Drops(PortId port, DropReason reason) const {
    return (*counters_)[port].drops[static_cast<size_t>(reason)].Read();
  }

  std::list<std::vector<uint8_t>> bytes_;
  ForwardingConfig config_;
  std::unique_ptr<std::array<PortCounters, kMaxPorts>> counters_ =
      std::make_unique<std::array<PortCounters, kMaxPorts>>();
  Pipeline pipeline_{counters_->data()};
  CheckingWriter writer_{*counters_};
  Outcome outcome_;
};

using Buffers = std::vector<uint16_t>;

TEST_F(BacklogTest, GroupFramesWaitInOrder) {
  EXPECT_EQ(Process(Batch(0, 5, kBroadcast)), (Buffers{0, 1}));
  EXPECT_EQ(outcome_.finished, (Buffers{0, 1}));
  EXPECT_EQ(pipeline_.waiting(), 3u);
  // Before what is new.
  EXPECT_EQ(Process(Batch(10, 1, kBroadcast)), (Buffers{2, 3}));
  EXPECT_EQ(outcome_.finished, (Buffers{2, 3}));
  EXPECT_EQ(Process({}), (Buffers{4, 10}));
  EXPECT_FALSE(pipeline_.HasWaiting());
  EXPECT_EQ((*counters_)[0].ingress_frames.Read(), 6u);
}

TEST_F(BacklogTest, KnownUnicastDoesNotWait) {
  config_.bridges[0].table->Learn(FdbKey(Station(2), 0), 7, 0);
  Process(Batch(0, 5, kBroadcast));
  EXPECT_EQ(Process(Batch(10, 1, Station(2))), (Buffers{2, 3, 10}));
}

TEST_F(BacklogTest, FramesToUnknownStationsWaitToo) {
  EXPECT_EQ(Process(Batch(0, 5, Station(9))), (Buffers{0, 1}));
  EXPECT_EQ(Process({}), (Buffers{2, 3}));
  EXPECT_EQ(Process({}), (Buffers{4}));
  EXPECT_EQ(Drops(0, DropReason::kFloodLimit), 0u);
}

TEST_F(BacklogTest, AFlowWhoseStationBecomesKnownStaysInOrder) {
  Process(Batch(0, 5, Station(9)));
  config_.bridges[0].table->Learn(FdbKey(Station(9), 0), 7, 0);
  std::vector<Frame> batch = Batch(10, 2, Station(9));
  // Not of this flow: nothing to wait for.
  const std::vector<Frame> other = Batch(20, 1, Station(9), 1);
  batch.insert(batch.begin(), other.begin(), other.end());
  // What has waited is forwarded now, and costs no flood.
  EXPECT_EQ(Process(batch), (Buffers{2, 3, 4, 20, 10, 11}));
  EXPECT_EQ(outcome_.copies.size(), 6u);
}

TEST_F(BacklogTest, KnownFramesFollowThoseOfTheirFlowThatWait) {
  // Group frames in front use up the next batch's budget.
  std::vector<Frame> batch = Batch(0, 6, kBroadcast);
  const std::vector<Frame> unknown = Batch(6, 1, Station(9));
  batch.insert(batch.end(), unknown.begin(), unknown.end());
  Process(batch);
  config_.bridges[0].table->Learn(FdbKey(Station(9), 0), 7, 0);
  config_.bridges[0].table->Learn(FdbKey(Station(8), 0), 7, 0);
  std::vector<Frame> known = Batch(10, 1, Station(9));
  const std::vector<Frame> elsewhere = Batch(11, 1, Station(8));
  known.insert(known.end(), elsewhere.begin(), elsewhere.end());
  EXPECT_EQ(Process(known), (Buffers{2, 3, 11}));
  // What is known by now needs no budget.
  EXPECT_EQ(Process({}), (Buffers{4, 5, 6, 10}));
}

TEST_F(BacklogTest, PortsAreServedInTurn) {
  std::vector<Frame> batch = Batch(0, 6, kBroadcast);
  for (const PortId port : {1, 2}) {
    const std::vector<Frame> more = Batch(static_cast<uint16_t>(100 * port), 2, kBroadcast, port);
    batch.insert(batch.end(), more.begin(), more.end());
  }
  EXPECT_EQ(Process(batch), (Buffers{0, 1}));
  EXPECT_EQ(Process({}), (Buffers{2, 100}));
  EXPECT_EQ(Process({}), (Buffers{200, 3}));
  EXPECT_EQ(Process({}), (Buffers{101, 201}));
  EXPECT_EQ(Process({}), (Buffers{4, 5}));
}

TEST_F(BacklogTest, ABurstThatAQueueHoldsArrivesWhole) {
  constexpr size_t kBurst = 1000;
  Process(Batch(0, kBurst, kBroadcast));
  size_t arrived = kFloodsPerBatch;
  while (pipeline_.HasWaiting()) arrived += Process({}).size();
  EXPECT_EQ(arrived, kBurst);
}

TEST_F(BacklogTest, AStormLosesItsOwnFrames) {
  constexpr size_t kOver = 3;
  constexpr size_t kFirst = 600;
  Process(Batch(0, kFirst, kBroadcast));
  Process(Batch(1000, Backlog::kCapacity - kFirst + 2 * kFloodsPerBatch + kOver, kBroadcast));
  EXPECT_EQ(Drops(0, DropReason::kFloodLimit), kOver);
  // Another port's frame takes the place of the storm's last one.
  std::vector<Frame> other = Batch(5000, 1, kBroadcast, 1);
  const std::vector<Frame> more = Batch(6000, kFloodsPerBatch + 2, kBroadcast);
  other.insert(other.begin(), more.begin(), more.end());
  Process(other);
  EXPECT_EQ(Drops(1, DropReason::kFloodLimit), 0u);
  EXPECT_EQ(pipeline_.waiting(), Backlog::kCapacity);
  // Its turn comes with the second of the next floods.
  EXPECT_EQ(Process({}).back(), 5000);
}

// What leaves with a batch takes no room from what the batch brings.
TEST_F(BacklogTest, AFloodBehindManyThatBecameKnown) {
  Process(Batch(0, Backlog::kCapacity, Station(9)));
  Process(Batch(2000, kFloodsPerBatch, Station(9)));
  ASSERT_EQ(pipeline_.waiting(), Backlog::kCapacity - kFloodsPerBatch);
  config_.bridges[0].table->Learn(FdbKey(Station(9), 0), 7, 0);
  Process(Batch(3000, 500, kBroadcast, 1));
  EXPECT_EQ(pipeline_.waiting(), 500 - kFloodsPerBatch);
  EXPECT_EQ(Drops(1, DropReason::kFloodLimit), 0u);
}

TEST_F(BacklogTest, LongFramesAreBoundedByTheirBytes) {
  std::vector<Frame> batch =
      Batch(0, 400, FrameBuilder().To(kBroadcast).Udp({}, 60'000).Gso(1400).Build());
  Process(batch);
  EXPECT_EQ(pipeline_.waiting(), Backlog::kMaxBytes / batch[0].length);
  EXPECT_EQ(Drops(0, DropReason::kFloodLimit), 400 - pipeline_.waiting());
}

// A super-frame to everybody: some ports in each batch, each once, and others' floods in between.
TEST_F(BacklogTest, AFloodOfCostlyCopiesIsSpread) {
  const std::vector<uint8_t> super =
      FrameBuilder().To(kBroadcast).Tcp({}, 48 * 200).Gso(48).Build();
  std::vector<Frame> batch = Batch(0, 2, super);
  const std::vector<Frame> others = Batch(10, 1, kBroadcast, 1);
  batch.insert(batch.end(), others.begin(), others.end());
  // 200 segments for each of five ports, and a sixth.
  EXPECT_EQ(Process(batch), Buffers{0});
  EXPECT_LE(outcome_.copies.size(), kFloodBudget / 200 + 1);
  EXPECT_EQ(pipeline_.waiting(), 3u);
  EXPECT_EQ(Process({}), Buffers{0});
  EXPECT_EQ(Process({}), (Buffers{10, 0}));
  size_t batches = 3;
  for (; pipeline_.HasWaiting(); ++batches) Process({});
  EXPECT_LE(batches, 2 * kPorts / (kFloodBudget / 200) + 2);
  EXPECT_EQ((*counters_)[0].flood_copies.Read(), 2u * (kPorts - 2));
  EXPECT_EQ((*counters_)[kPorts - 1].egress_frames.Read(), 3u);
}

TEST_F(BacklogTest, AFloodOfWhichAllOtherPortsAreGoneEnds) {
  Process(Batch(0, 1, FrameBuilder().To(kBroadcast).Tcp({}, 48 * 200).Gso(48).Build()));
  ASSERT_EQ(pipeline_.waiting(), 1u);
  for (PortId port = 2; port < kPorts; ++port) config_.ports[port].up = false;
  SetConfig();
  Process({});
  EXPECT_FALSE(pipeline_.HasWaiting());
}

class CostlyUnicastTest : public BacklogTest {
 protected:
  static constexpr PortId kReceiver = 9;
  // A frame of 1,000 segments, and one of 40.
  const std::vector<uint8_t> worst_ =
      FrameBuilder().To(Station(9)).Tcp({}, 48 * 1000).Gso(48).Build();
  const std::vector<uint8_t> usual_ =
      FrameBuilder().To(Station(9)).Tcp({}, 1400 * 40).Gso(1400).Build();

  CostlyUnicastTest() {
    config_.bridges[0].table->Learn(FdbKey(Station(9), 0), kReceiver, 0);
    config_.bridges[0].table->Learn(FdbKey(Station(8), 0), kReceiver, 0);
  }
};

TEST_F(CostlyUnicastTest, ABatchCostsOneOfTheWorstOrAFewOfTheUsual) {
  EXPECT_EQ(Process(Batch(0, 3, worst_)), Buffers{0});
  EXPECT_EQ(Process({}), Buffers{1});
  EXPECT_EQ(Process({}), Buffers{2});
  EXPECT_EQ(Process(Batch(10, 100, usual_, 1)).size(), kUnicastBudget / 40);
}

TEST_F(CostlyUnicastTest, ItsPortIsHeldUntilAllHasLeft) {
  Process(Batch(0, 1, worst_));
  EXPECT_FALSE(pipeline_.IsHeld(0));
  Process(Batch(1, 2, worst_));
  EXPECT_TRUE(pipeline_.IsHeld(0));
  EXPECT_EQ(outcome_.hold_changes, std::vector<PortId>{0});
  Process({});
  EXPECT_FALSE(pipeline_.HasWaiting());
  EXPECT_FALSE(pipeline_.IsHeld(0));
  EXPECT_EQ(outcome_.hold_changes, std::vector<PortId>{0});
}

TEST_F(CostlyUnicastTest, OthersGoOnAndTheFlowKeepsItsOrder) {
  std::vector<Frame> batch = Batch(0, 2, worst_);
  for (const Frame& more :
       {Batch(2, 1, Station(9))[0], Batch(3, 1, Station(8))[0], Batch(4, 1, Station(9), 1)[0]}) {
    batch.push_back(more);
  }
  EXPECT_EQ(Process(batch), (Buffers{0, 3, 4}));
  EXPECT_EQ(Process({}), (Buffers{1, 2}));
}

TEST_F(CostlyUnicastTest, PortsAreServedByCost) {
  std::vector<Frame> batch = Batch(0, 8, worst_);
  const std::vector<Frame> usual = Batch(100, 100, usual_, 1);
  batch.insert(batch.end(), usual.begin(), usual.end());
  size_t sent[2] = {};
  Process(batch);
  for (int i = 0; i < 6; ++i) {
    for (const uint16_t buffer : Process({})) ++sent[buffer >= 100];
  }
  EXPECT_EQ(sent[0], 3u);
  EXPECT_EQ(sent[1], 3 * (kUnicastBudget / 40));
}

TEST_F(CostlyUnicastTest, NothingIsHeldOfAPortThatGoes) {
  Process(Batch(0, 5, worst_));
  pipeline_.DropWaiting(0, &outcome_);
  EXPECT_FALSE(pipeline_.IsHeld(0));
  EXPECT_EQ(outcome_.finished.size(), 4u);
}

TEST_F(BacklogTest, NothingWaitsOfAPortThatGoes) {
  std::vector<Frame> batch = Batch(0, 4, kBroadcast);
  const std::vector<Frame> others = Batch(4, 2, kBroadcast, 1);
  batch.insert(batch.end(), others.begin(), others.end());
  Process(batch);
  pipeline_.DropWaiting(0, &outcome_);
  EXPECT_EQ(outcome_.finished, (Buffers{3, 2}));
  EXPECT_EQ(Drops(0, DropReason::kPortRemoved), 2u);
  EXPECT_EQ(pipeline_.waiting(), 2u);
}

TEST_F(BacklogTest, APortThatLeftItsBridgeFloodsNothingMore) {
  Process(Batch(0, 4, kBroadcast));
  config_.ports[0] = {};
  SetConfig();
  EXPECT_EQ(Process({}), Buffers{});
  EXPECT_EQ(outcome_.finished, (Buffers{2, 3}));
  EXPECT_EQ(Drops(0, DropReason::kPortRemoved), 2u);
}

TEST_F(BacklogTest, ABridgeWithAnotherNumberIsStillTheSame) {
  Process(Batch(0, 4, kBroadcast));
  config_.bridges.insert(config_.bridges.begin(),
                         {.table = std::make_shared<MacTable>(MacTable::Options{})});
  for (PortForwarding& port : config_.ports) port.bridge = 1;
  SetConfig();
  EXPECT_EQ(Process({}), (Buffers{2, 3}));
}

}  // namespace
}  // namespace vswitch
