// From bytes to keys or a drop reason, by Parse and Admit, and what is counted on the way in.
#include "bridge/parse.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bridge/admit.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

constexpr PortId kPort = 1;
constexpr PortId kUnusedSlot = 0;
constexpr PortId kBeyondAllSlots = 7;
constexpr uint16_t kLldpRelayed = 1 << 0xe;

class ParseTest : public testing::Test {
 protected:
  ParseTest() {
    config_.ports.resize(2);
    config_.ports[kPort] = {.bridge = 0, .up = true, .max_frame_bytes = 0};
    config_.bridges.resize(1);
    config_.bridges[0].group_fwd_mask = kLldpRelayed;
    // As if another port of it had settings.
    config_.bridges[0].has_vlans = true;
  }

  Frame ParseOne(const std::vector<uint8_t>& bytes, PortId ingress = kPort,
                 DropReason worker_drop = DropReason::kNone) {
    // A buffer of exactly the frame's length, so that ASan sees any read beyond it.
    auto buffer = std::make_unique<uint8_t[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), buffer.get());
    Frame frame;
    frame.SetWhole(buffer.get(), static_cast<uint32_t>(bytes.size()));
    frame.ingress = ingress;
    frame.drop = worker_drop;
    ParseAndAdmit(std::span(&frame, 1));
    frame.head = nullptr;
    frame.body = nullptr;
    return frame;
  }
  void ParseAndAdmit(std::span<Frame> batch) {
    Outcome outcome;
    Pass pass{batch, config_, 0, counters_->data(), outcome};
    Parse(pass);
    Admit(pass);
  }
  uint64_t Drops(PortId port, DropReason reason) {
    return (*counters_)[port].drops[static_cast<size_t>(reason)].Read();
  }

  ForwardingConfig config_;
  std::unique_ptr<std::array<PortCounters, kMaxPorts>> counters_ =
      std::make_unique<std::array<PortCounters, kMaxPorts>>();
};

struct Case {
  std::string description;
  FrameBuilder frame;
  DropReason drop;
  VlanId vlan = 0;
};

const MacAddress kLldp = Mac("01:80:c2:00:00:0e");

std::vector<Case> Cases() {
  return {
      {"untagged", FrameBuilder(), DropReason::kNone, 0},
      {"unpadded", FrameBuilder().Payload(0), DropReason::kNone, 0},
      {"ARP", FrameBuilder().To(kBroadcast).ArpRequest(1, 2), DropReason::kNone, 0},
      {"a length instead of a type", FrameBuilder().EtherType(46), DropReason::kNone, 0},
      {"a tag", FrameBuilder().Tag(100), DropReason::kNone, 100},
      {"a service tag", FrameBuilder().Tag(100, 0x88a8), DropReason::kNone, 100},
      {"a TPID that is none of ours", FrameBuilder().Tag(100, 0x9100), DropReason::kNone, 0},
      {"priority and DEI are no part of the VID", FrameBuilder().Tag(0x1000 | 100, 0x8100, 7),
       DropReason::kNone, 100},
      {"a priority tag", FrameBuilder().Tag(0, 0x8100, 5), DropReason::kNone, 0},
      {"VID 1", FrameBuilder().Tag(1), DropReason::kNone, 1},
      {"VID 4094", FrameBuilder().Tag(4094), DropReason::kNone, 4094},
      {"VID 4095", FrameBuilder().Tag(4095), DropReason::kVlanReserved},
      {"VID 4095, drop eligible", FrameBuilder().Tag(0x1fff), DropReason::kVlanReserved},
      {"VID 4095 in a service tag", FrameBuilder().Tag(4095, 0x88a8), DropReason::kVlanReserved},
      {"two tags: the outer one counts", FrameBuilder().Tag(7, 0x88a8).Tag(8), DropReason::kNone,
       7},
      {"three", FrameBuilder().Tag(7).Tag(8).Tag(9), DropReason::kNone, 7},
      {"four", FrameBuilder().Tag(7).Tag(8).Tag(9).Tag(10), DropReason::kNone, 7},
      {"a priority tag around another", FrameBuilder().Tag(0).Tag(8), DropReason::kNone, 0},
      {"a reserved VID inside is payload", FrameBuilder().Tag(7).Tag(4095), DropReason::kNone, 7},
      {"a broadcast source", FrameBuilder().From(kBroadcast), DropReason::kSourceGroup},
      {"a multicast source", FrameBuilder().From(Mac("01:00:5e:00:00:01")),
       DropReason::kSourceGroup},
      {"a group source, otherwise zero", FrameBuilder().From(Mac("01:00:00:00:00:00")),
       DropReason::kSourceGroup},
      {"a zero source", FrameBuilder().From({}), DropReason::kSourceZero},
      {"a zero destination is an address", FrameBuilder().To({}), DropReason::kNone, 0},
      {"to itself", FrameBuilder().To(Station(1)), DropReason::kNone, 0},
      {"multicast", FrameBuilder().To(Mac("01:00:5e:00:00:01")), DropReason::kNone, 0},
      {"a spanning tree BPDU", FrameBuilder().To(Mac("01:80:c2:00:00:00")),
       DropReason::kLinkLocalReserved},
      {"PAUSE", FrameBuilder().To(Mac("01:80:c2:00:00:01")), DropReason::kLinkLocalReserved},
      {"the last reserved one", FrameBuilder().To(Mac("01:80:c2:00:00:0f")),
       DropReason::kLinkLocalReserved},
      {"LLDP, let pass by the mask", FrameBuilder().To(kLldp), DropReason::kNone, 0},
      {"the first that is not reserved", FrameBuilder().To(Mac("01:80:c2:00:00:10")),
       DropReason::kNone, 0},
      {"reserved, tagged", FrameBuilder().To(Mac("01:80:c2:00:00:02")).Tag(5),
       DropReason::kLinkLocalReserved, 5},
      {"a lying offload header", FrameBuilder().Offload({.flags = 1}),
       DropReason::kBadOffloadHeader},
      {"checksum left", FrameBuilder().Udp({}, 100).LeaveChecksum(), DropReason::kNone, 0},
      {"a super-frame in a VLAN", FrameBuilder().Tag(9).Tcp({}, 60000).Gso(1448), DropReason::kNone,
       9},
      // Which reason wins.
      {"bad header before group source", FrameBuilder().From(kBroadcast).Offload({.flags = 1}),
       DropReason::kBadOffloadHeader},
      {"group source before reserved VID", FrameBuilder().From(kBroadcast).Tag(4095),
       DropReason::kSourceGroup},
      {"zero source before reserved destination",
       FrameBuilder().From({}).To(Mac("01:80:c2:00:00:00")), DropReason::kSourceZero},
      {"reserved VID before reserved destination",
       FrameBuilder().To(Mac("01:80:c2:00:00:00")).Tag(4095), DropReason::kVlanReserved},
  };
}

TEST_F(ParseTest, Cases) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.description);
    const std::vector<uint8_t> bytes = c.frame.Build();
    const Frame frame = ParseOne(bytes);
    ASSERT_EQ(frame.drop, c.drop);
    EXPECT_EQ(frame.bridge, 0);
    EXPECT_EQ(frame.egress, kNoPort);
    if (c.drop != DropReason::kNone && c.drop != DropReason::kLinkLocalReserved) continue;
    EXPECT_EQ(frame.destination, FdbKey(MacAddress::FromBytes(bytes.data() + 12), c.vlan));
    EXPECT_EQ(frame.source, FdbKey(MacAddress::FromBytes(bytes.data() + 18), c.vlan));
  }
}

// Ports without VLAN settings pass every tag, as the Linux bridge does without vlan_filtering.
TEST_F(ParseTest, AllVlansPassWhereNoPortHasSettings) {
  config_.bridges[0].has_vlans = false;
  for (const VlanId vlan : {VlanId{0}, VlanId{10}, VlanId{4094}, VlanId{4095}}) {
    const Frame frame = ParseOne(FrameBuilder().Tag(vlan).Tag(4095).Build());
    EXPECT_EQ(frame.drop, DropReason::kNone);
    EXPECT_EQ(frame.destination.vlan(), vlan);
    EXPECT_EQ(frame.vlan.form, VlanState::Form::kUnknown);
  }
}

TEST_F(ParseTest, EachReasonIsCounted) {
  std::array<uint64_t, kDropReasonCount> expected{};
  const std::vector<Case> cases = Cases();
  for (const Case& c : cases) {
    ParseOne(c.frame.Build());
    if (c.drop != DropReason::kNone) ++expected[static_cast<size_t>(c.drop)];
  }
  for (size_t reason = 0; reason < kDropReasonCount; ++reason) {
    EXPECT_EQ(Drops(kPort, static_cast<DropReason>(reason)), expected[reason])
        << kDropReasonText[reason];
  }
  EXPECT_EQ((*counters_)[kPort].ingress_frames.Read(), cases.size());
}

TEST_F(ParseTest, EveryTruncation) {
  const auto check = [this](const FrameBuilder& builder, size_t shortest) {
    const std::vector<uint8_t> whole = builder.Build();
    for (size_t length = 0; length <= whole.size(); ++length) {
      const Frame frame = ParseOne({whole.begin(), whole.begin() + static_cast<long>(length)});
      EXPECT_EQ(frame.drop, length < shortest ? DropReason::kRunt : DropReason::kNone) << length;
    }
  };
  check(FrameBuilder().Payload(10), 12 + 14);
  check(FrameBuilder().Tag(5).Payload(10), 12 + 18);
  check(FrameBuilder().Tag(5).Tag(6).Payload(10), 12 + 18);
  check(FrameBuilder().Tag(5, 0x88a8).Tag(6).Tag(7).Tag(8).Payload(0), 12 + 18);
}

TEST_F(ParseTest, EachBitOfTheMaskIsOneAddress) {
  for (int bit = 0; bit < 16; ++bit) {
    config_.bridges[0].group_fwd_mask = static_cast<uint16_t>(1 << bit);
    for (uint64_t last = 0; last < 16; ++last) {
      const Frame frame = ParseOne(FrameBuilder().To({0x0180c2000000 | last}).Build());
      EXPECT_EQ(frame.drop == DropReason::kNone, last == static_cast<uint64_t>(bit))
          << "bit " << bit << ", address " << last;
    }
  }
}

TEST_F(ParseTest, PortInNoBridge) {
  EXPECT_EQ(ParseOne(FrameBuilder().Build(), kUnusedSlot).drop, DropReason::kPortRemoved);
  EXPECT_EQ(ParseOne(FrameBuilder().Build(), kBeyondAllSlots).drop, DropReason::kPortRemoved);
  EXPECT_EQ(ParseOne({}, kUnusedSlot).drop, DropReason::kPortRemoved);
  EXPECT_EQ(Drops(kUnusedSlot, DropReason::kPortRemoved), 2u);
  EXPECT_EQ(Drops(kBeyondAllSlots, DropReason::kPortRemoved), 1u);
  EXPECT_EQ((*counters_)[kUnusedSlot].ingress_frames.Read(), 2u);
  EXPECT_EQ((*counters_)[kBeyondAllSlots].ingress_frames.Read(), 1u);
}

TEST_F(ParseTest, WhatTheWorkerFoundIsKeptAndCounted) {
  const Frame frame = ParseOne(FrameBuilder().Build(), kPort, DropReason::kTruncated);
  EXPECT_EQ(frame.drop, DropReason::kTruncated);
  EXPECT_EQ(Drops(kPort, DropReason::kTruncated), 1u);
  EXPECT_EQ((*counters_)[kPort].ingress_frames.Read(), 1u);
}

TEST_F(ParseTest, FindingsOfAnEarlierBatchAreCleared) {
  std::vector<uint8_t> bytes = FrameBuilder().Build();
  Frame frame;
  frame.SetWhole(bytes.data(), static_cast<uint32_t>(bytes.size()));
  frame.ingress = kPort;
  frame.egress = 5;
  frame.bridge = 9;
  ParseAndAdmit(std::span(&frame, 1));
  EXPECT_EQ(frame.egress, kNoPort);
  EXPECT_EQ(frame.bridge, 0);
}

TEST_F(ParseTest, CountsIngress) {
  std::vector<std::vector<uint8_t>> inputs = {
      FrameBuilder().Payload(46).Build(),                   // 60 bytes
      FrameBuilder().Tcp({}, 10000).Gso(1448).Build(),      // 10,054 bytes, offloaded
      FrameBuilder().Offload({.gso_type = 1}).Build(),      // 60 bytes, a lie: not offloaded
      std::vector<uint8_t>(5),                              // No Ethernet byte at all.
      FrameBuilder().Udp({}, 100).LeaveChecksum().Build(),  // 142 bytes
  };
  // The second port's frames stand in the middle: two runs of the first.
  const PortId ingress[] = {kPort, kPort, kPort, kUnusedSlot, kPort};
  std::vector<Frame> batch(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    batch[i].SetWhole(inputs[i].data(), static_cast<uint32_t>(inputs[i].size()));
    batch[i].ingress = ingress[i];
  }
  ParseAndAdmit(batch);
  const PortCounters& port = (*counters_)[kPort];
  EXPECT_EQ(port.ingress_frames.Read(), 4u);
  EXPECT_EQ(port.ingress_bytes.Read(), 60u + 10054 + 60 + 142);
  EXPECT_EQ(port.ingress_offloaded.Read(), 1u);
  EXPECT_EQ((*counters_)[kUnusedSlot].ingress_frames.Read(), 1u);
  EXPECT_EQ((*counters_)[kUnusedSlot].ingress_bytes.Read(), 0u);
}

}  // namespace
}  // namespace vswitch
