// Random frames (valid, mutilated, garbage) through random configurations, held against the
// invariants of every batch and against a model that follows the rules the slow and obvious way.
// The seed is printed with a failure; VSWITCH_SEED=n runs that one only, VSWITCH_LONG=1 ten million
// frames.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "bridge/pipeline.h"
#include "bridge/police.h"
#include "bridge/port_guard.h"
#include "bridge/testing/model_mirror.h"
#include "bridge/testing/pipeline_invariants.h"
#include "bridge/testing/pipeline_model.h"
#include "bridge/testing/random_frames.h"
#include "bridge/testing/written_copy.h"
#include "tests/frame_builder.h"
#include "tests/long_run.h"

namespace vswitch {
namespace {

// Some more, as a seed that has begun is run to its end.
const uint64_t kFramesToTry = UsualOrLong<uint64_t>(250'000, 10'000'000);
constexpr int kBatchesPerSeed = 60;
constexpr size_t kCountedPorts = 64;  // More than any configuration here has.
constexpr uint32_t kAgeingTicks = PipelineModel::kAgeingTicks;
// No sum of these is kAgeingTicks, so that the model need not know what happens at that very tick.
constexpr uint32_t kClockSteps[] = {0, 0, 7, 49, 350};

VlanPolicy RandomVlans(Random& random) {
  static constexpr VlanMode kModes[] = {
      VlanMode::kTransparent,  VlanMode::kTransparent,    VlanMode::kAccess, VlanMode::kTrunk,
      VlanMode::kNativeTagged, VlanMode::kNativeUntagged, VlanMode::kTunnel};
  static constexpr VlanId kVids[] = {1, 2, 4094};
  VlanPolicy policy{.mode = random.Pick(kModes), .tag = random.Pick(kVids), .trunks = nullptr};
  if (random.OneIn(2)) return policy;
  VlanSet trunks;
  for (const VlanId vlan : kVids) trunks[vlan] = random.OneIn(2);
  trunks[0] = random.OneIn(3);
  policy.trunks = std::make_shared<VlanSet>(trunks);
  return policy;
}

// Of stations and addresses of which some are in random_frames.cc.
GuardRules RandomGuard(Random& random) {
  GuardRules rules{.mac = random.OneIn(4),
                   .ip = random.OneIn(4),
                   .arp = random.OneIn(4),
                   .nd = random.OneIn(4),
                   .dhcp_server = random.OneIn(4),
                   .ra = random.OneIn(4),
                   .macs = {},
                   .ips = {{IpFamily::kV4, {uint64_t{0x0a000000} << 32, 0}, 8}}};
  for (uint32_t station = 1; station <= 12; ++station) {
    if (random.OneIn(2)) rules.macs.push_back(Station(station));
  }
  if (random.OneIn(2)) rules.ips.push_back({IpFamily::kV6, {uint64_t{0xfd} << 56, 0}, 8});
  return rules;
}

constexpr uint32_t kClockStepsNs[] = {0, 1'000, 1'000'000, 30'000'000};

// Rates that divide the clock, so that the model's are exact.
RateLimits RandomLimits(Random& random) {
  static constexpr uint64_t kFrameRates[] = {1'000, 10'000, 500'000};
  static constexpr uint64_t kBitRates[] = {1'000'000, 100'000'000};
  static constexpr uint64_t kBursts[] = {0, 1, 20, 5'000};
  RateLimits limits{};
  for (size_t i = 0; i < kLimitCount; ++i) {
    if (!random.OneIn(3)) continue;
    const auto limit = static_cast<Limit>(i);
    const bool is_bits = limit == Limit::kIngressBps || limit == Limit::kEgressBps;
    limits[i].rate = is_bits ? random.Pick(kBitRates) : random.Pick(kFrameRates);
    limits[i].burst = random.Pick(kBursts) * (is_bits ? 4'096 : 1);
  }
  return limits;
}

// Groups of RandomFrame(), and others.
std::shared_ptr<const GroupMap> RandomGroups(Random& random, size_t ports) {
  const auto random_ports = [&] {
    std::set<PortId> chosen;
    for (uint32_t n = random.Below(4); n > 0; --n) {
      chosen.insert(static_cast<PortId>(random.Below(static_cast<uint32_t>(ports) + 2)));
    }
    return std::vector<PortId>(chosen.begin(), chosen.end());
  };
  GroupMap map{.groups = {},
               .routers = {},
               .routers_everywhere = random_ports(),
               .takers_everywhere = random_ports(),
               .floods_unregistered = random.OneIn(2),
               .is_querier = random.OneIn(2)};
  for (const VlanId vlan : {0, 1, 2}) {
    if (random.OneIn(2)) map.routers.push_back({vlan, random_ports(), random_ports()});
    for (uint32_t i = 0; i < kRandomGroups; ++i) {
      if (random.OneIn(2)) continue;
      map.groups.push_back(
          {{vlan, MappedAddress::FromIpv4(kFirstRandomGroup + i)}, random_ports()});
    }
  }
  return std::make_shared<const GroupMap>(map);
}

// Half of the configurations have such rules, so that the others show what is without.
void RandomizeRules(Random& random, PortForwarding& port) {
  port.isolated = random.OneIn(3);
  port.loop_blocked = random.OneIn(10);
  static constexpr StpState kStates[] = {StpState::kForwarding, StpState::kForwarding,
                                         StpState::kForwarding, StpState::kLearning,
                                         StpState::kDiscarding};
  port.stp_state = random.Pick(kStates);
  port.bpdu_guard = random.OneIn(4);
  port.bpdu_blocked = port.bpdu_guard && random.OneIn(3);
  port.flood = !random.OneIn(4);
  port.mcast_flood = !random.OneIn(4);
  port.bcast_flood = !random.OneIn(4);
  if (random.OneIn(4)) port.guard = std::make_shared<PortGuard>(RandomGuard(random));
  if (random.OneIn(4)) port.police = std::make_shared<PortPolice>(RandomLimits(random));
  port.learns = !random.OneIn(4);
  port.locked = random.OneIn(6);
}

std::shared_ptr<const HeldStations> RandomHeld(Random& random, size_t ports) {
  auto held = std::make_shared<HeldStations>();
  for (uint64_t station = 1; station < 4; ++station) {
    held->push_back({.key = FdbKey(Station(station), 0),
                     .port = static_cast<PortId>(random.Below(static_cast<uint32_t>(ports)))});
  }
  return held;
}

void RandomizeMirrors(Random& random, BridgeId bridge, ForwardingConfig& config) {
  std::vector<PortForwarding*> members;
  std::vector<PortId> ids;
  for (size_t id = 0; id < config.ports.size(); ++id) {
    if (config.ports[id].bridge != bridge) continue;
    members.push_back(&config.ports[id]);
    ids.push_back(static_cast<PortId>(id));
  }
  if (members.empty()) return;
  static constexpr VlanId kVlans[] = {kEveryVlan, kEveryVlan, 0, 1, 100};
  std::vector<MirrorForwarding>& mirrors = config.bridges[bridge].mirrors;
  for (uint32_t more = random.OneIn(2) ? 0 : 1 + random.Below(3); more > 0; --more) {
    const uint32_t to = random.Below(static_cast<uint32_t>(members.size()));
    members[to]->is_mirror_target = true;
    mirrors.push_back({.to = ids[to], .vlan = random.Pick(kVlans)});
  }
  for (PortForwarding* const port : members) {
    if (port->is_mirror_target) continue;
    const auto all = static_cast<uint32_t>((1u << mirrors.size()) - 1);
    const auto some = [&] { return random.OneIn(2) ? all : random.Below(256) & all; };
    port->mirrors_ingress = static_cast<MirrorBits>(some());
    port->mirrors_egress = static_cast<MirrorBits>(some());
  }
}

// Puts random ports into random bridges; `config` keeps its tables.
void RandomizePorts(Random& random, ForwardingConfig& config) {
  static constexpr uint32_t kLimits[] = {0, 0, 114, 1514, 9014};
  for (BridgeForwarding& bridge : config.bridges) {
    bridge.group_fwd_mask = static_cast<uint16_t>(random.OneIn(2) ? 0 : random.Below(0x10000));
  }
  const bool with_rules = random.OneIn(2);
  const bool with_vlans = random.OneIn(2);
  for (BridgeForwarding& bridge : config.bridges) {
    bridge.probe_id = with_rules ? kRandomProbeId : 0;
    bridge.groups = random.OneIn(2) ? RandomGroups(random, config.ports.size()) : nullptr;
    bridge.takes_bpdus = with_rules && random.OneIn(2);
    bridge.held = nullptr;
    if (with_rules && random.OneIn(3)) bridge.held = RandomHeld(random, config.ports.size());
  }
  for (size_t port = 0; port < config.ports.size(); ++port) {
    PortForwarding& forwarding = config.ports[port];
    forwarding = {};
    if (random.OneIn(8)) continue;
    forwarding.bridge =
        static_cast<BridgeId>(random.Below(static_cast<uint32_t>(config.bridges.size())));
    forwarding.up = !random.OneIn(5);
    forwarding.max_frame_bytes = random.Pick(kLimits);
    if (with_rules) RandomizeRules(random, forwarding);
    if (with_vlans) forwarding.vlan = RandomVlans(random);
  }
  for (size_t id = 0; id < config.bridges.size(); ++id) {
    config.bridges[id].mirrors.clear();
    if (with_rules) RandomizeMirrors(random, static_cast<BridgeId>(id), config);
  }
  config.Derive();
}

// A station that stays where it is put until it has aged out.
void PutSticky(Random& random, const ForwardingConfig& config, uint32_t now, PipelineModel* model) {
  const auto bridge = static_cast<BridgeId>(random.Below(config.bridges.size()));
  const auto port = static_cast<PortId>(random.Below(config.ports.size()));
  const FdbKey key(Station(2 + random.Below(3)), 0);
  ASSERT_TRUE(config.bridges[bridge].table->AddSticky(key, port, now));
  model->AddSticky(bridge, key, port, now);
}

// Which drops runs have seen: a reason that no input reaches is a hole in the generator.
using Reached = std::array<uint64_t, kDropReasonCount>;

// As where the body is another's memory. Garbage stands where it was.
void MoveBody(Frame& frame, Bytes* body) {
  const uint32_t bytes = frame.length - frame.head_length;
  body->assign(frame.body, frame.body + bytes);
  std::fill_n(frame.head + frame.head_length, bytes, 0xee);
  frame.body = body->data();
}

// Of frames whose bytes are put into `inputs`.
std::vector<Frame> RandomBatch(Random& random, const ForwardingConfig& config, bool storm,
                               std::list<Bytes>* inputs) {
  std::vector<Frame> batch;
  // Super-frames of many segments, as few others have.
  const bool costly = random.OneIn(10);
  for (uint32_t more = random.Below(storm || random.OneIn(10) ? 800 : 40); more > 0; --more) {
    Bytes& bytes = inputs->emplace_back(RandomBytes(random));
    if (storm && bytes.size() >= 18) kBroadcast.ToBytes(&bytes[12]);
    if (costly && bytes.size() > 12 && bytes[1] != 0) bytes[4] = 48, bytes[5] = 0;
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

bool IsTarget(const ForwardingConfig& config, const EgressCopy& copy) {
  return config.ports[copy.port].is_mirror_target;
}

// What mirrors do, by the model; an empty result when it is what they did.
MirrorModel::Result CheckMirrors(std::span<const Frame> batch, const Outcome& outcome,
                                 const ForwardingConfig& config, MirrorModel& model) {
  std::vector<EgressCopy> sent;
  std::multiset<std::pair<uint16_t, PortId>> copies;
  for (const EgressCopy& copy : outcome.copies) {
    if (IsTarget(config, copy)) {
      copies.emplace(copy.frame->buffer, copy.port);
    } else {
      sent.push_back(copy);
    }
  }
  MirrorModel::Result expected = model.Process(batch, sent, config);
  EXPECT_EQ(copies, expected.copies);
  return expected;
}

uint64_t MirrorCopies(std::span<const PortCounters> counters) {
  PortTotals totals;
  for (const PortCounters& port : counters) totals.Add(port);
  return totals.mirror_copies;
}

std::map<uint16_t, PipelineModel::Outcome> Actual(const std::vector<Frame>& batch,
                                                  const Outcome& outcome,
                                                  const CheckingWriter& writer,
                                                  const ForwardingConfig& config) {
  std::map<uint16_t, PipelineModel::Outcome> actual;
  for (const Frame& frame : batch) actual[frame.buffer];
  for (const uint16_t buffer : outcome.finished) actual[buffer];
  for (const EgressCopy& copy : outcome.copies) {
    if (IsTarget(config, copy)) continue;
    const WrittenCopy written(copy);
    actual[copy.frame->buffer].ports[copy.port] = ModelTagsOf(written.frame());
  }
  for (const uint16_t buffer : writer.waiting()) actual[buffer].waits = true;
  return actual;
}

// What runs have come to so far.
struct Tried {
  uint64_t frames = 0;
  Reached reached{};
};

void RunSeed(uint32_t seed, Tried& tried) {
  SCOPED_TRACE("VSWITCH_SEED=" + std::to_string(seed));
  Random random(seed);
  auto counters = std::make_unique<std::array<PortCounters, kMaxPorts>>();
  Pipeline pipeline(counters->data());
  PipelineModel model;
  MirrorModel mirrors;
  ForwardingConfig config;
  // More than the backlog takes.
  const bool storm = seed % 8 == 0;
  config.ports.resize(1 + random.Below(storm || random.OneIn(8) ? 60 : 10));
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
  uint64_t now_ns = 1'000'000'000;
  Outcome outcome;
  const std::span<PortCounters> counted_ports = std::span(*counters).first(kCountedPorts);
  CheckingWriter writer(counted_ports);
  std::list<Bytes> inputs;
  uint16_t next_buffer = 0;
  for (int round = 0; round < kBatchesPerSeed; ++round) {
    if (round % 10 == 0) {
      RandomizePorts(random, config);
      PutSticky(random, config, now, &model);
      pipeline.SetConfig(std::make_shared<const ForwardingConfig>(config));
    }
    now += random.Pick(kClockSteps);
    now_ns += random.Pick(kClockStepsNs);
    if (!pipeline.HasWaiting()) inputs.clear();
    std::vector<Frame> batch = RandomBatch(random, config, storm, &inputs);
    for (Frame& frame : batch) frame.buffer = next_buffer++;
    tried.frames += batch.size();
    PipelineModel::Result expected = model.Process(batch, config, now, now_ns);
    const Reached before = DropsOf(counted_ports);
    const uint64_t mirrored = MirrorCopies(counted_ports);
    pipeline.Process(batch, now, &outcome, now_ns);
    ASSERT_EQ(writer.Write(batch, config, outcome), "") << "round " << round;
    const MirrorModel::Result by_mirrors = CheckMirrors(batch, outcome, config, mirrors);
    if (testing::Test::HasFailure()) return;
    ASSERT_EQ(MirrorCopies(counted_ports) - mirrored, by_mirrors.made) << "round " << round;
    for (size_t i = 0; i < kDropReasonCount; ++i) expected.drops[i] += by_mirrors.drops[i];
    const auto actual = Actual(batch, outcome, writer, config);
    ASSERT_EQ(actual.size(), expected.frames.size()) << "round " << round;
    for (const auto& [buffer, fate] : expected.frames) {
      ASSERT_TRUE(actual.contains(buffer)) << "round " << round << ", buffer " << buffer;
      ASSERT_EQ(actual.at(buffer).waits, fate.waits) << "round " << round << ", buffer " << buffer;
      ASSERT_EQ(actual.at(buffer).ports, fate.ports) << "round " << round << ", buffer " << buffer;
    }
    Reached drops = DropsOf(counted_ports);
    for (size_t i = 0; i < kDropReasonCount; ++i) drops[i] -= before[i];
    // A flood that some ports take drops copies at the others: those are no frame's reason.
    for (const DropReason of_a_copy : {DropReason::kExceedsMtu, DropReason::kEgressRate}) {
      const auto reason = static_cast<size_t>(of_a_copy);
      ASSERT_GE(drops[reason], expected.drops[reason]) << "round " << round;
      drops[reason] = expected.drops[reason];
    }
    ASSERT_EQ(drops, expected.drops) << "round " << round;
  }
  const Reached drops = DropsOf(counted_ports);
  for (size_t i = 0; i < kDropReasonCount; ++i) tried.reached[i] += drops[i];
}

TEST(PipelineRandomTest, AgreesWithTheModel) {
  Tried tried;
  if (const char* seed = std::getenv("VSWITCH_SEED")) {
    RunSeed(static_cast<uint32_t>(std::strtoul(seed, nullptr, 10)), tried);
    return;
  }
  for (uint32_t seed = 1; tried.frames < kFramesToTry; ++seed) {
    RunSeed(seed, tried);
    if (HasFailure()) return;
  }
  EXPECT_GE(tried.frames, kFramesToTry);
  RecordProperty("frames", std::to_string(tried.frames));
  // These are the worker's to find; every other reason must have come up.
  const std::set<DropReason> of_the_worker = {
      DropReason::kUnreadable, DropReason::kIngressQueueFull, DropReason::kUnserved,
      DropReason::kEgressQueueFull, DropReason::kEgressError};
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    if (of_the_worker.contains(static_cast<DropReason>(i))) continue;
    EXPECT_GT(tried.reached[i], 0u) << kDropReasonText[i];
  }
}

}  // namespace
}  // namespace vswitch
