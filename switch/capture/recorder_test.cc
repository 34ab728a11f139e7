// What a capture shows of a batch: which frames, by which port, in which direction, and why some
// went no further.
#include "switch/capture/recorder.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bridge/pipeline.h"
#include "switch/capture/ring_reader.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

using Lines = std::vector<std::string>;

constexpr PortId kA = 0;
constexpr PortId kB = 1;
constexpr PortId kC = 2;
constexpr PortId kSmall = 3;

// A bridge of four ports, of which some are captured: Station(n) is at port n.
class RecorderTest : public testing::Test {
 protected:
  void Capture(std::vector<PortId> ports, bool drops = false, const std::string& filter = "") {
    auto memory = *CaptureMemory::Create(1);
    const UniqueFd frames = memory->TakeFramesFd();
    const UniqueFd reader = memory->TakeReaderFd();
    readers_.push_back(*RingReader::Open(frames.get(), reader.get()));
    captures_.push_back({.ports = std::move(ports),
                         .filter = *CaptureFilter::Parse(filter),
                         .drops = drops,
                         .memory = std::move(memory)});
    recorder_.SetCaptures(std::make_shared<const CaptureSet>(captures_));
  }

  void Send(const std::vector<std::pair<PortId, FrameBuilder>>& frames, bool two_pieces = false) {
    auto config = std::make_shared<ForwardingConfig>();
    config->bridges.push_back({.table = table_});
    const CaptureSet all(captures_);
    for (PortId port = kA; port <= kSmall; ++port) {
      config->ports.push_back({.bridge = 0,
                               .up = true,
                               .max_frame_bytes = port == kSmall ? 114u : 0u,
                               .tells_drops = all.Of(port) != 0 && all.HasDrops(),
                               .vlan = policies_[port]});
    }
    config->Derive();
    pipeline_.SetConfig(config);
    std::vector<std::vector<uint8_t>> buffers;
    std::vector<std::vector<uint8_t>> bodies(frames.size());
    std::vector<Frame> batch;
    for (const auto& [port, builder] : frames) {
      std::vector<uint8_t>& bytes = buffers.emplace_back(builder.Build());
      Frame& frame = batch.emplace_back();
      frame.SetWhole(bytes.data(), static_cast<uint32_t>(bytes.size()));
      if (two_pieces) {
        std::vector<uint8_t>& body = bodies[batch.size() - 1];
        body.assign(frame.body, frame.body + frame.length - frame.head_length);
        frame.body = body.data();
      }
      frame.ingress = port;
      frame.buffer = static_cast<uint16_t>(batch.size());
    }
    pipeline_.Process(batch, 0, &outcome_);
    recorder_.Record(batch, outcome_);
  }

  // "port direction [reason]", and how long, of all that the n-th capture has.
  Lines Shown(size_t number = 0) {
    Lines lines;
    while (const auto frame = readers_[number].Next()) {
      const CaptureRecord& about = frame->about;
      std::string line = std::to_string(about.port);
      line += about.direction == CaptureDirection::kInbound ? " in" : " out";
      if (about.reason != kNotDropped)
        line += std::string(" ").append(kDropReasonText[about.reason]);
      lines.push_back(line);
      last_.assign(frame->bytes.begin(), frame->bytes.end());
    }
    return lines;
  }
  static FrameBuilder Unicast(uint32_t from, uint32_t to) {
    return FrameBuilder().From(Station(from)).To(Station(to));
  }

  std::shared_ptr<MacTable> table_ = [] {
    auto table = std::make_shared<MacTable>(MacTable::Options{});
    for (PortId port = kA; port <= kSmall; ++port) table->Learn(FdbKey(Station(port), 0), port, 0);
    return table;
  }();
  std::unique_ptr<PortCounters[]> counters_{new PortCounters[kMaxPorts]};
  Pipeline pipeline_{counters_.get()};
  CaptureRecorder recorder_{0};
  std::array<VlanPolicy, kSmall + 1> policies_;
  std::vector<vswitch::Capture> captures_;
  std::vector<RingReader> readers_;
  Outcome outcome_;
  std::vector<uint8_t> last_;
};

TEST_F(RecorderTest, BothDirectionsOfAPort) {
  Capture({kB});
  Send({{kA, Unicast(0, 1)}, {kB, Unicast(1, 0)}, {kA, Unicast(0, 2)}});
  EXPECT_EQ(Shown(), (Lines{"0 in", "0 out"}));
  EXPECT_EQ(last_, Unicast(0, 1).BuildEthernet());
}

TEST_F(RecorderTest, AFloodIsShownAtEachPortThatItLeavesBy) {
  Capture({kB, kA, kC});
  Send({{kA, Unicast(0, 1).To(kBroadcast)}});
  EXPECT_EQ(Shown(), (Lines{"1 in", "0 out", "2 out"}));
}

TEST_F(RecorderTest, OnlyWhatTheFilterTakes) {
  Capture({kA, kB}, false, "4,40 0 0 12,21 0 1 2054,6 0 0 262144,6 0 0 0");
  Send({{kA, Unicast(0, 1)}, {kA, Unicast(0, 1).ArpRequest(1, 2)}});
  EXPECT_EQ(Shown(), (Lines{"0 in", "1 out"}));
  EXPECT_EQ(readers_[0].Totals(0).taken, 1u);
}

TEST_F(RecorderTest, AFrameInTwoPieces) {
  Capture({kA}, false, "4,40 0 0 12,21 0 1 34997,6 0 0 262144,6 0 0 0");
  const FrameBuilder frame = Unicast(0, 1).Payload(3'000);
  Send({{kA, frame}}, /*two_pieces=*/true);
  EXPECT_EQ(Shown(), (Lines{"0 in"}));
  EXPECT_EQ(last_, frame.BuildEthernet());
}

TEST_F(RecorderTest, OutboundFramesHaveTheTagsThatTheyLeaveWith) {
  Capture({kA, kB, kC}, false, "");
  policies_[kA] = {.mode = VlanMode::kAccess, .tag = 7};
  policies_[kC] = {.mode = VlanMode::kAccess, .tag = 7};
  Send({{kA, Unicast(0, 1).To(kBroadcast).Payload(300)}});
  EXPECT_EQ(Shown(), (Lines{"0 in", "1 out", "2 out"}));
  EXPECT_EQ(last_, Unicast(0, 1).To(kBroadcast).Payload(300).BuildEthernet());
  Send({{kB, Unicast(1, 1).To(kBroadcast).Tag(7)}}, /*two_pieces=*/true);
  EXPECT_EQ(Shown(), (Lines{"1 in", "0 out", "2 out"}));
  EXPECT_EQ(last_, Unicast(1, 1).To(kBroadcast).BuildEthernet());
  policies_[kC] = {};
  Send({{kA, Unicast(0, 1).To(kBroadcast).Payload(300)}});
  Shown();
  EXPECT_EQ(last_, Unicast(0, 1).To(kBroadcast).Tag(7).Payload(300).BuildEthernet());
}

TEST_F(RecorderTest, ADroppedFrameIsThereOnceWithItsReason) {
  Capture({kA}, /*drops=*/true);
  Capture({kSmall}, /*drops=*/true);
  Capture({kA, kSmall}, /*drops=*/true);
  Capture({kA, kSmall});
  Send({{kA, Unicast(0, 0)}, {kA, Unicast(0, 3).Payload(200)}, {kA, Unicast(0, 1)}});
  EXPECT_EQ(Shown(0), (Lines{"0 in same_port", "0 in exceeds_mtu", "0 in"}));
  EXPECT_EQ(Shown(1), (Lines{"0 out exceeds_mtu"}));
  EXPECT_EQ(Shown(2), (Lines{"0 in same_port", "0 in exceeds_mtu", "0 in"}));
  EXPECT_EQ(Shown(3), (Lines{"0 in", "0 in", "0 in"}));
}

TEST_F(RecorderTest, ACopyOfAFloodThatIsDroppedIsShownAtItsPort) {
  Capture({kA, kB, kSmall}, /*drops=*/true);
  Send({{kA, Unicast(0, 1).To(kBroadcast).Payload(200)}});
  EXPECT_EQ(Shown(), (Lines{"0 in", "2 out exceeds_mtu", "1 out"}));
}

TEST_F(RecorderTest, AFrameThatIsTooShortToBeOne) {
  Capture({kA}, /*drops=*/true);
  Send({{kA, Unicast(0, 1).Offload({}).Payload(0)}});
  EXPECT_EQ(Shown().size(), 1u);
}

TEST_F(RecorderTest, NothingWithoutACapture) {
  Capture({kA});
  recorder_.SetCaptures(nullptr);
  Send({{kA, Unicast(0, 1)}});
  EXPECT_EQ(Shown(), Lines{});
}

}  // namespace
}  // namespace vswitch
