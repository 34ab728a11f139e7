// What a trace tells of a frame, that it agrees with what then becomes of it, and that it leaves
// nothing behind.
#include "bridge/trace.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "bridge/pipeline.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

using Ports = std::vector<PortId>;

constexpr PortId kA = 0;
constexpr PortId kB = 1;
constexpr PortId kC = 2;
constexpr PortId kDown = 3;
constexpr PortId kSmall = 4;
constexpr PortId kRemoved = 5;
// Of a bridge of their own.
constexpr PortId kTrunk = 6;
constexpr PortId kAccess = 7;

std::string NameOf(PortId port) { return Words("p", port); }

std::shared_ptr<ForwardingConfig> MakeConfig() {
  auto config = std::make_shared<ForwardingConfig>();
  config->bridges.push_back({.table = std::make_shared<MacTable>(MacTable::Options{})});
  for (PortId port = kA; port < kRemoved; ++port) {
    config->ports.push_back(
        {.bridge = 0, .up = port != kDown, .max_frame_bytes = port == kSmall ? 114u : 0u});
  }
  config->ports.resize(kAccess + 1);
  config->bridges.push_back({.table = std::make_shared<MacTable>(MacTable::Options{})});
  config->ports[kTrunk] = {.bridge = 1, .up = true, .vlan = {.mode = VlanMode::kTrunk}};
  config->ports[kAccess] = {.bridge = 1, .up = true, .vlan = {.mode = VlanMode::kAccess, .tag = 7}};
  config->bridges[1].table->Learn(FdbKey(Station(8), 7), kAccess, 0);
  config->Derive();
  MacTable& table = *config->bridges[0].table;
  table.Learn(FdbKey(Station(2), 0), kB, 0);
  table.Learn(FdbKey(Station(2), 7), kC, 0);
  table.Learn(FdbKey(Station(3), 0), kDown, 0);
  table.Learn(FdbKey(Station(4), 0), kSmall, 0);
  table.AddStatic(FdbKey(Station(5), 0), kC, 0);
  return config;
}

// All steps as "stage: decision" lines.
std::string Lines(const TraceResult& result) {
  std::string lines;
  for (const TraceStep& step : result.steps) lines += step.stage + ": " + step.decision + "\n";
  return lines;
}

struct Case {
  std::string name;
  PortId ingress;
  FrameBuilder frame;
  Ports egress;
  DropReason drop;
  // Of the steps.
  std::string says;
};

std::vector<Case> Cases() {
  const auto to = [](uint32_t number) { return FrameBuilder().To(Station(number)); };
  constexpr DropReason kNone = DropReason::kNone;
  return {
      {"known", kA, to(2), {kB}, kNone, "look_up: 02:00:00:00:00:02 in VLAN 0 (untagged) is at p1"},
      {"tagged", kA, to(2).Tag(7), {kC}, kNone, "in VLAN 7 is at p2"},
      {"a tag goes", kTrunk, to(8).Tag(7), {kAccess}, kNone, "sent to p7 without its tag"},
      {"a tag comes", kAccess, to(9), {kTrunk}, kNone, "p6 with a tag more, 0x8100 of VLAN 7"},
      {"not its VLAN", kAccess, to(8).Tag(7), {}, DropReason::kVlanNotAllowed, "admit: dropped"},
      {"learned", kA, to(2), {kB}, kNone, "learn: 02:00:00:00:00:01 in VLAN 0 (untagged) would be"},
      {"known source", kB, to(5).From(Station(2)), {kC}, kNone, "is known at p1"},
      {"move", kA, to(5).From(Station(2)), {kC}, kNone, "would move from p1 to p0"},
      {"static source", kA, to(2).From(Station(5)), {kB}, kNone, "stays at p2"},
      {"unknown", kA, to(9), {kB, kC, kSmall}, kNone, "forward: flooded to p1, p2, p4"},
      {"group", kB, to(9).To(kBroadcast), {kA, kC, kSmall}, kNone, "is a group"},
      {"to itself", kA, to(1), {}, DropReason::kSamePort, "dropped: same_port, counted by p0"},
      {"down", kA, to(3), {}, DropReason::kEgressDown, "egress_down, counted by p3"},
      {"too long", kA, to(4).Payload(200), {}, DropReason::kExceedsMtu, "exceeds_mtu"},
      {"reserved",
       kA,
       to(1).To(Mac("01:80:c2:00:00:00")),
       {},
       DropReason::kLinkLocalReserved,
       "admit: dropped: link_local_reserved"},
      {"group source", kA, to(2).From(kBroadcast), {}, DropReason::kSourceGroup, "parse: dropped"},
      {"no port", kRemoved, to(2), {}, DropReason::kPortRemoved, "port_removed"},
      {"a long flood", kA, to(9).Payload(60'000), {kB, kC}, kNone, "exceeds_mtu, counted by p4"},
  };
}

TEST(TraceTest, TellsWhatBecomesOfAFrame) {
  for (const Case& test : Cases()) {
    SCOPED_TRACE(test.name);
    const auto config = MakeConfig();
    const std::vector<uint8_t> ethernet = test.frame.BuildEthernet();
    const TraceResult result = TraceFrame(*config, test.ingress, ethernet, /*now=*/1, NameOf);
    EXPECT_EQ(result.egress, test.egress);
    EXPECT_EQ(result.drop, test.drop);
    EXPECT_NE(Lines(result).find(test.says), std::string::npos) << Lines(result);

    // What the pipeline does.
    auto counters = std::make_unique<PortCounters[]>(kMaxPorts);
    Pipeline pipeline(counters.get());
    pipeline.SetConfig(config);
    std::vector<uint8_t> bytes = test.frame.Build();
    Frame frame;
    frame.SetWhole(bytes.data(), static_cast<uint32_t>(bytes.size()));
    frame.ingress = test.ingress;
    Outcome outcome;
    pipeline.Process(std::span(&frame, 1), 1, &outcome);
    Ports ports;
    for (const EgressCopy& copy : outcome.copies) ports.push_back(copy.port);
    EXPECT_EQ(result.egress, ports);
    EXPECT_EQ(result.drop, frame.drop);
  }
}

// A mirror's copy is told of, and is no place where the frame goes.
TEST(TraceTest, AMirrorIsNoPlaceToGo) {
  const auto config = MakeConfig();
  config->bridges[0].mirrors = {{.to = kC}};
  config->ports[kC].is_mirror_target = true;
  config->ports[kA].mirrors_ingress = config->ports[kB].mirrors_egress = 1;
  config->Derive();
  const auto trace = [&](PortId from, uint32_t to) {
    return TraceFrame(*config, from, FrameBuilder().To(Station(to)).BuildEthernet(), 1, NameOf);
  };
  const TraceResult dropped = trace(kA, 1);
  EXPECT_EQ(dropped.egress, Ports{});
  EXPECT_EQ(dropped.drop, DropReason::kSamePort);
  EXPECT_NE(Lines(dropped).find("mirror: a copy for p2\n"), std::string::npos) << Lines(dropped);
  EXPECT_EQ(Lines(dropped).find("flooded"), std::string::npos) << Lines(dropped);
  EXPECT_NE(Lines(dropped).find("admit: let in"), std::string::npos) << Lines(dropped);

  const TraceResult sent = trace(kSmall, 2);
  EXPECT_EQ(sent.egress, Ports{kB});
  EXPECT_NE(Lines(sent).find("forward: sent to p1\n"), std::string::npos) << Lines(sent);
  EXPECT_NE(Lines(sent).find("mirror: a copy for p2\n"), std::string::npos) << Lines(sent);
}

TEST(TraceTest, LeavesNothingBehind) {
  for (const Case& test : Cases()) {
    const auto config = MakeConfig();
    const MacTable& table = *config->bridges[0].table;
    const MacTable::Stats before = table.stats();
    TraceFrame(*config, test.ingress, test.frame.BuildEthernet(), 1, NameOf);
    const MacTable::Stats after = table.stats();
    EXPECT_EQ(after.entries, before.entries) << test.name;
    EXPECT_EQ(after.learned, before.learned) << test.name;
    EXPECT_EQ(after.moved, before.moved) << test.name;
    EXPECT_EQ(table.LookUp(FdbKey(Station(2), 0), 1), kB) << test.name;
  }
}

TEST(TraceTest, AnEntryThatHasAgedOutIsUnknown) {
  const TraceResult result =
      TraceFrame(*MakeConfig(), kA, FrameBuilder().BuildEthernet(), 1'000, NameOf);
  EXPECT_EQ(result.egress, (Ports{kB, kC, kSmall}));
}

}  // namespace
}  // namespace vswitch
