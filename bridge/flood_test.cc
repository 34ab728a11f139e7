// What a batch cannot flood any more: it waits in order, or is dropped, and nothing of a port that
// goes stays behind.
#include "bridge/flood.h"

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <vector>

#include "bridge/pipeline.h"
#include "bridge/testing/pipeline_invariants.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

// So many that two floods spend the budget of a batch.
constexpr PortId kPorts = 600;
constexpr size_t kFloodsPerBatch = 2;

class FloodTest : public testing::Test {
 protected:
  FloodTest() {
    config_.bridges.push_back({.table = std::make_shared<MacTable>(MacTable::Options{})});
    config_.ports.resize(kPorts, {.bridge = 0, .up = true});
    SetConfig();
  }

  void SetConfig() {
    config_.DeriveFloodPorts();
    pipeline_.SetConfig(std::make_shared<const ForwardingConfig>(config_));
  }

  // Frames from port 0 in buffers `first`, `first` + 1, ...
  std::vector<Frame> Batch(uint16_t first, size_t count, MacAddress to, PortId ingress = 0) {
    std::vector<Frame> batch(count);
    for (Frame& frame : batch) {
      std::vector<uint8_t>& bytes = bytes_.emplace_back(FrameBuilder().To(to).Build());
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

TEST_F(FloodTest, GroupFramesWaitInOrder) {
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

TEST_F(FloodTest, KnownUnicastDoesNotWait) {
  config_.bridges[0].table->Learn(FdbKey(Station(2), 0), 7, 0);
  Process(Batch(0, 5, kBroadcast));
  EXPECT_EQ(Process(Batch(10, 1, Station(2))), (Buffers{2, 3, 10}));
}

TEST_F(FloodTest, FramesToUnknownStationsAreDroppedBeyondTheBudget) {
  EXPECT_EQ(Process(Batch(0, 5, Station(9))), (Buffers{0, 1}));
  EXPECT_FALSE(pipeline_.HasWaiting());
  EXPECT_EQ(Drops(0, DropReason::kFloodLimit), 3u);
}

TEST_F(FloodTest, TheBacklogIsBounded) {
  Process(Batch(0, kFloodsPerBatch + Backlog::kCapacity + 3, kBroadcast));
  EXPECT_EQ(pipeline_.waiting(), Backlog::kCapacity);
  EXPECT_EQ(Drops(0, DropReason::kFloodLimit), 3u);
}

TEST_F(FloodTest, NothingWaitsOfAPortThatGoes) {
  std::vector<Frame> batch = Batch(0, 4, kBroadcast);
  const std::vector<Frame> others = Batch(4, 2, kBroadcast, 1);
  batch.insert(batch.end(), others.begin(), others.end());
  Process(batch);
  pipeline_.DropWaiting(0, &outcome_);
  EXPECT_EQ(outcome_.finished, (Buffers{2, 3}));
  EXPECT_EQ(Drops(0, DropReason::kPortRemoved), 2u);
  EXPECT_EQ(pipeline_.waiting(), 2u);
}

TEST_F(FloodTest, APortThatLeftItsBridgeFloodsNothingMore) {
  Process(Batch(0, 4, kBroadcast));
  config_.ports[0] = {};
  SetConfig();
  EXPECT_EQ(Process({}), Buffers{});
  EXPECT_EQ(outcome_.finished, (Buffers{2, 3}));
  EXPECT_EQ(Drops(0, DropReason::kPortRemoved), 2u);
}

TEST_F(FloodTest, ABridgeWithAnotherNumberIsStillTheSame) {
  Process(Batch(0, 4, kBroadcast));
  config_.bridges.insert(config_.bridges.begin(),
                         {.table = std::make_shared<MacTable>(MacTable::Options{})});
  for (PortForwarding& port : config_.ports) port.bridge = 1;
  SetConfig();
  EXPECT_EQ(Process({}), (Buffers{2, 3}));
}

}  // namespace
}  // namespace vswitch
