// Random frames (valid, mutilated, garbage) through random configurations, held against the
// invariants of every batch and against a model that follows the rules the slow and obvious way.
// The seed is printed with a failure; VSWITCH_SEED=n runs that one only.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "bridge/flood.h"
#include "bridge/pipeline.h"
#include "bridge/testing/pipeline_invariants.h"
#include "bridge/wire/offload_header.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint32_t kSeeds = 50;
constexpr int kBatchesPerSeed = 60;
constexpr size_t kCountedPorts = 64;  // More than any configuration here has.
constexpr uint32_t kAgeingTicks = 300;
// No sum of these is kAgeingTicks, so that the model need not know what happens at that very tick.
constexpr uint32_t kClockSteps[] = {0, 0, 7, 49, 350};

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(engine_() % n); }
  bool OneIn(uint32_t n) { return Below(n) == 0; }
  template <typename Container>
  auto Pick(const Container& from) {
    return from[Below(static_cast<uint32_t>(std::size(from)))];
  }

 private:
  std::mt19937_64 engine_;
};

// The rules, read off the README, with nothing shared with the code but the offload header's two
// questions (offload_header_test.cc answers for those).
class Model {
 public:
  struct Outcome {
    std::set<PortId> ports;
    DropReason drop = DropReason::kNone;
    bool waits = false;
    friend bool operator==(const Outcome&, const Outcome&) = default;
  };

  void AddStatic(BridgeId bridge, FdbKey key, PortId port) {
    fdb_[{bridge, key.value}] = {port, 0, true};
  }

  // The first `waited` of `batch` have waited since an earlier one.
  std::vector<Outcome> Process(const std::vector<Frame>& batch, size_t waited,
                               const ForwardingConfig& config, uint32_t now) {
    std::vector<Outcome> outcomes(batch.size());
    for (size_t i = 0; i < batch.size(); ++i) {
      outcomes[i].drop = Classify(batch[i], i < waited, config);
      const bool learns = outcomes[i].drop == DropReason::kNone ||
                          outcomes[i].drop == DropReason::kLinkLocalReserved;
      if (!learns || i < waited) continue;
      Place& place = fdb_[{config.ports[batch[i].ingress].bridge, KeyOf(batch[i], 6).value}];
      if (!place.is_static) place = {batch[i].ingress, now, false};
    }
    flooded_ = 0;
    waiting_ = 0;
    for (size_t i = 0; i < batch.size(); ++i) {
      if (outcomes[i].drop == DropReason::kNone) Deliver(batch[i], config, now, outcomes[i]);
    }
    return outcomes;
  }

 private:
  struct Place {
    PortId port = kNoPort;
    uint32_t seen = 0;
    bool is_static = false;
  };

  static bool IsTagged(const Frame& frame) {
    const uint8_t* type = frame.ethernet() + 12;
    return (type[0] == 0x81 && type[1] == 0x00) || (type[0] == 0x88 && type[1] == 0xa8);
  }
  static VlanId VlanOf(const Frame& frame) {
    if (!IsTagged(frame)) return 0;
    return static_cast<VlanId>((frame.ethernet()[14] & 0xf) << 8 | frame.ethernet()[15]);
  }
  static FdbKey KeyOf(const Frame& frame, int offset) {
    return {MacAddress::FromBytes(frame.ethernet() + offset), VlanOf(frame)};
  }

  static DropReason Classify(const Frame& frame, bool waited, const ForwardingConfig& config) {
    if (frame.ingress >= config.ports.size()) return DropReason::kPortRemoved;
    const BridgeId bridge = config.ports[frame.ingress].bridge;
    if (bridge == kNoBridge) return DropReason::kPortRemoved;
    if (frame.drop != DropReason::kNone || waited) return frame.drop;
    if (frame.length < 12 + 14) return DropReason::kRunt;
    if (!IsPlainFrame(frame) && !IsValidOffload(frame)) return DropReason::kBadOffloadHeader;
    const MacAddress source = MacAddress::FromBytes(frame.ethernet() + 6);
    if (source.IsGroup()) return DropReason::kSourceGroup;
    if (source.IsZero()) return DropReason::kSourceZero;
    if (IsTagged(frame) && frame.length < 12 + 18) return DropReason::kRunt;
    if (VlanOf(frame) == 4095) return DropReason::kVlanReserved;
    const MacAddress destination = MacAddress::FromBytes(frame.ethernet());
    const bool relayed = config.bridges[bridge].group_fwd_mask & 1 << (destination.value & 15);
    if (destination.IsLinkLocalReserved() && !relayed) return DropReason::kLinkLocalReserved;
    return DropReason::kNone;
  }

  static bool IsTooLong(const Frame& frame, const PortForwarding& port) {
    return port.max_frame_bytes != 0 && WireBytes(frame) > port.max_frame_bytes;
  }

  void Deliver(const Frame& frame, const ForwardingConfig& config, uint32_t now, Outcome& outcome) {
    const BridgeId bridge = config.ports[frame.ingress].bridge;
    const FdbKey destination = KeyOf(frame, 0);
    const auto found = fdb_.find({bridge, destination.value});
    if (!destination.mac().IsGroup() && found != fdb_.end() &&
        (found->second.is_static || now - found->second.seen < kAgeingTicks) &&
        config.ports[found->second.port].bridge == bridge) {
      const PortId port = found->second.port;
      if (port == frame.ingress) {
        outcome.drop = DropReason::kSamePort;
      } else if (!config.ports[port].up) {
        outcome.drop = DropReason::kEgressDown;
      } else if (IsTooLong(frame, config.ports[port])) {
        outcome.drop = DropReason::kExceedsMtu;
      } else {
        outcome.ports.insert(port);
      }
      return;
    }
    if (flooded_ >= kFloodBudget) {
      outcome.waits = destination.mac().IsGroup() && waiting_ < Backlog::kCapacity;
      waiting_ += outcome.waits;
      if (!outcome.waits) outcome.drop = DropReason::kFloodLimit;
      return;
    }
    outcome.drop = DropReason::kNoEgressPort;
    for (size_t port = 0; port < config.ports.size(); ++port) {
      if (port == frame.ingress || config.ports[port].bridge != bridge || !config.ports[port].up) {
        continue;
      }
      if (!IsTooLong(frame, config.ports[port])) outcome.ports.insert(static_cast<PortId>(port));
      outcome.drop = DropReason::kExceedsMtu;
    }
    if (!outcome.ports.empty()) outcome.drop = DropReason::kNone;
    flooded_ += outcome.ports.size();
  }

  std::map<std::pair<BridgeId, uint64_t>, Place> fdb_;
  size_t flooded_ = 0;  // In this batch.
  size_t waiting_ = 0;
};

MacAddress RandomMac(Random& random) {
  switch (random.Below(12)) {
    case 0:
      return kBroadcast;
    case 1:
      return {uint64_t{0x0180c2000000} | random.Below(20)};
    case 2:
      return random.OneIn(4) ? MacAddress{} : Mac("01:00:5e:00:00:01");
    default:
      return Station(1 + random.Below(12));
  }
}

FrameBuilder RandomFrame(Random& random) {
  FrameBuilder frame = FrameBuilder().From(RandomMac(random)).To(RandomMac(random));
  if (!random.OneIn(3)) frame.From(Station(1 + random.Below(12)));
  static constexpr uint16_t kVids[] = {0, 0, 1, 2, 4094, 4095};
  static constexpr uint16_t kTpids[] = {0x8100, 0x8100, 0x88a8, 0x9100};
  for (uint32_t tags = random.OneIn(2) ? random.Below(5) : 0; tags > 0; --tags) {
    frame.Tag(random.Pick(kVids), random.Pick(kTpids), static_cast<uint8_t>(random.Below(8)));
  }
  const Flow flow{.ipv6 = random.OneIn(2)};
  switch (random.Below(6)) {
    case 0:
      return frame.ArpRequest(1, 2);
    case 1:
      return frame.Udp(flow, random.Below(2000));
    case 2:
      return frame.Udp(flow, random.Below(2000)).LeaveChecksum();
    case 3:
      return frame.Tcp(flow, random.Below(9000)).Gso(static_cast<uint16_t>(1 + random.Below(3000)));
    case 4:
      return frame.Udp(flow, random.Below(9000)).Gso(static_cast<uint16_t>(1 + random.Below(3000)));
    default:
      return frame.Payload(random.Below(1600));
  }
}

Bytes RandomBytes(Random& random) {
  Bytes bytes;
  if (random.OneIn(10)) {
    bytes.resize(random.Below(80));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Below(256));
    // Mostly past the offload header, which nearly all garbage fails.
    if (!random.OneIn(4)) std::fill_n(bytes.begin(), std::min<size_t>(bytes.size(), 12), 0);
    return bytes;
  }
  bytes = RandomFrame(random).Build();
  if (random.OneIn(8)) bytes.resize(random.Below(static_cast<uint32_t>(bytes.size()) + 1));
  if (random.OneIn(8) && !bytes.empty()) {
    const auto head = static_cast<uint32_t>(std::min<size_t>(bytes.size(), 60));
    for (uint32_t flips = 1 + random.Below(4); flips > 0; --flips) {
      bytes[random.Below(head)] ^= static_cast<uint8_t>(1 << random.Below(8));
    }
  }
  return bytes;
}

// Puts random ports into random bridges; `config` keeps its tables.
void RandomizePorts(Random& random, ForwardingConfig& config) {
  static constexpr uint32_t kLimits[] = {0, 0, 114, 1514, 9014};
  for (BridgeForwarding& bridge : config.bridges) {
    bridge.group_fwd_mask = static_cast<uint16_t>(random.OneIn(2) ? 0 : random.Below(0x10000));
  }
  for (size_t port = 0; port < config.ports.size(); ++port) {
    PortForwarding& forwarding = config.ports[port];
    forwarding = {};
    if (random.OneIn(8)) continue;
    forwarding.bridge =
        static_cast<BridgeId>(random.Below(static_cast<uint32_t>(config.bridges.size())));
    forwarding.up = !random.OneIn(5);
    forwarding.max_frame_bytes = random.Pick(kLimits);
  }
  config.DeriveFloodPorts();
}

// Which drops a run has seen: a reason that no input reaches is a hole in the generator.
using Reached = std::array<uint64_t, kDropReasonCount>;

// As where the body is another's memory. Garbage stands where it was.
void MoveBody(Frame& frame, Bytes* body) {
  const uint32_t bytes = frame.length - frame.head_length;
  body->assign(frame.body, frame.body + bytes);
  std::fill_n(frame.head + frame.head_length, bytes, 0xee);
  frame.body = body->data();
}

// Of frames whose bytes are put into `inputs`.
std::vector<Frame> RandomBatch(Random& random, const ForwardingConfig& config,
                               std::list<Bytes>* inputs) {
  std::vector<Frame> batch;
  for (uint32_t more = random.Below(random.OneIn(10) ? 800 : 40); more > 0; --more) {
    Bytes& bytes = inputs->emplace_back(RandomBytes(random));
    Frame frame;
    frame.SetWhole(bytes.data(), static_cast<uint32_t>(bytes.size()));
    if (random.OneIn(2)) MoveBody(frame, &inputs->emplace_back());
    frame.ingress =
        !batch.empty() && !random.OneIn(3)
            ? batch.back().ingress
            : static_cast<PortId>(random.Below(static_cast<uint32_t>(config.ports.size()) + 1));
    if (random.OneIn(50)) frame.drop = DropReason::kTruncated;
    batch.push_back(frame);
  }
  return batch;
}

Reached DropsOf(std::span<const PortCounters> counters) {
  PortTotals totals;
  for (const PortCounters& port : counters) totals.Add(port);
  return totals.drops;
}

// Frame by frame; of those that had waited only the counters tell why one was dropped.
void CompareWithModel(const std::vector<Frame>& all, size_t waited, const std::vector<Frame>& batch,
                      const Outcome& outcome, const std::vector<Model::Outcome>& expected) {
  std::map<uint16_t, Model::Outcome> actual;
  for (const Frame& frame : all) actual[frame.buffer].waits = true;
  for (const uint16_t buffer : outcome.finished) actual[buffer].waits = false;
  for (const Frame& frame : batch) actual[frame.buffer].drop = frame.drop;
  for (const EgressCopy& copy : outcome.copies) actual[copy.frame->buffer].ports.insert(copy.port);
  for (size_t i = 0; i < all.size(); ++i) {
    if (i < waited) actual[all[i].buffer].drop = expected[i].drop;
    ASSERT_EQ(actual[all[i].buffer], expected[i]) << "frame " << i;
  }
}

void RunSeed(uint32_t seed, Reached& reached) {
  SCOPED_TRACE("VSWITCH_SEED=" + std::to_string(seed));
  Random random(seed);
  auto counters = std::make_unique<std::array<PortCounters, kMaxPorts>>();
  Pipeline pipeline(counters->data());
  Model model;
  ForwardingConfig config;
  config.ports.resize(1 + random.Below(random.OneIn(8) ? 60 : 10));
  for (uint32_t bridges = 1 + random.Below(3); bridges > 0; --bridges) {
    config.bridges.push_back({.table = std::make_shared<MacTable>(MacTable::Options{
                                  .capacity = 4096, .ageing_ticks = kAgeingTicks, .seed = seed}),
                              .flood_ports = {},
                              .group_fwd_mask = 0});
    const FdbKey key(Station(1), 0);
    const auto port = static_cast<PortId>(random.Below(static_cast<uint32_t>(config.ports.size())));
    ASSERT_TRUE(config.bridges.back().table->AddStatic(key, port, 0));
    model.AddStatic(static_cast<BridgeId>(config.bridges.size() - 1), key, port);
  }
  uint32_t now = 0;
  Outcome outcome;
  const std::span<PortCounters> counted_ports = std::span(*counters).first(kCountedPorts);
  CheckingWriter writer(counted_ports);
  std::list<Bytes> inputs;
  std::vector<Frame> waiting;
  uint16_t next_buffer = 0;
  for (int round = 0; round < kBatchesPerSeed; ++round) {
    if (round % 10 == 0) {
      RandomizePorts(random, config);
      pipeline.SetConfig(std::make_shared<const ForwardingConfig>(config));
    }
    now += random.Pick(kClockSteps);
    if (waiting.empty()) inputs.clear();
    std::vector<Frame> batch = RandomBatch(random, config, &inputs);
    for (Frame& frame : batch) frame.buffer = next_buffer++;
    std::vector<Frame> all = waiting;
    all.insert(all.end(), batch.begin(), batch.end());
    const std::vector<Model::Outcome> expected = model.Process(all, waiting.size(), config, now);
    const Reached drops_before = DropsOf(counted_ports);
    pipeline.Process(batch, now, &outcome);
    ASSERT_EQ(writer.Write(batch, config, outcome), "");
    CompareWithModel(all, waiting.size(), batch, outcome, expected);
    Reached drops = drops_before;
    for (const Model::Outcome& each : expected) {
      if (each.drop != DropReason::kNone) ++drops[static_cast<size_t>(each.drop)];
    }
    // A flood that some ports take drops copies at the others: those are no frame's reason.
    drops[static_cast<size_t>(DropReason::kExceedsMtu)] = 0;
    Reached counted = DropsOf(counted_ports);
    counted[static_cast<size_t>(DropReason::kExceedsMtu)] = 0;
    ASSERT_EQ(counted, drops) << "round " << round;
    if (testing::Test::HasFatalFailure()) FAIL() << "round " << round;
    std::erase_if(all, [&](const Frame& frame) {
      return std::ranges::find(writer.waiting(), frame.buffer) == writer.waiting().end();
    });
    waiting = std::move(all);
  }
  const Reached drops = DropsOf(counted_ports);
  for (size_t i = 0; i < kDropReasonCount; ++i) reached[i] += drops[i];
}

TEST(PipelineRandomTest, AgreesWithTheModel) {
  Reached reached{};
  if (const char* seed = std::getenv("VSWITCH_SEED")) {
    RunSeed(static_cast<uint32_t>(std::strtoul(seed, nullptr, 10)), reached);
    return;
  }
  for (uint32_t seed = 1; seed <= kSeeds; ++seed) {
    RunSeed(seed, reached);
    if (HasFatalFailure()) return;
  }
  // These are the worker's to find; every other reason must have come up.
  const std::set<DropReason> of_the_worker = {
      DropReason::kIngressQueueFull, DropReason::kEgressQueueFull, DropReason::kEgressError};
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    if (of_the_worker.contains(static_cast<DropReason>(i))) continue;
    EXPECT_GT(reached[i], 0u) << kDropReasonText[i];
  }
}

}  // namespace
}  // namespace vswitch
