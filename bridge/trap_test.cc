// What a bridge takes for itself, and what it makes of ports that the loop guard has blocked.
#include "bridge/trap.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "bridge/loop_probe.h"
#include "bridge/testing/test_switch.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

using Ports = std::vector<PortId>;
using Bytes = std::vector<uint8_t>;

constexpr uint64_t kOurs = 0x1122334455667788;

Bytes ProbeFrame(uint64_t id, std::vector<uint8_t> tags = {}) {
  Bytes frame = BuildLoopProbe({.id = id, .nonce = {1, 2}, .sequence = 3}, Station(9), "vm0");
  for (const uint8_t vid : tags) frame.insert(frame.begin() + 12, {0x81, 0, 0x60, vid});
  frame.insert(frame.begin(), kOffloadBytes, 0);
  return frame;
}

class TrapTest : public testing::Test {
 protected:
  void SetUp() override { sw_.bridge(br_).probe_id = kOurs; }
  void TearDown() override { EXPECT_TRUE(sw_.IsBalanced()); }

  TestSwitch::Output Process(PortId ingress, Bytes frame) {
    return sw_.Process({{ingress, std::move(frame)}})[0];
  }

  TestSwitch sw_;
  BridgeId br_ = sw_.AddBridge();
  PortId a_ = sw_.AddPort(br_);
  PortId b_ = sw_.AddPort(br_);
  PortId c_ = sw_.AddPort(br_);
};

struct Case {
  const char* description;
  Bytes frame;
  bool is_ours;
};

Bytes Cut(Bytes frame, size_t bytes) {
  frame.resize(bytes);
  return frame;
}

TEST_F(TrapTest, TakesItsOwnProbesOnly) {
  Bytes other_group = ProbeFrame(kOurs);
  other_group[kOffloadBytes + 5] ^= 1;
  Bytes other_type = ProbeFrame(kOurs);
  other_type[kOffloadBytes + 13] ^= 1;
  for (const Case& each : {
           Case{"ours", ProbeFrame(kOurs), true},
           Case{"ours, behind a priority tag", ProbeFrame(kOurs, {0}), true},
           Case{"ours, bridged into a VLAN by others", ProbeFrame(kOurs, {10}), true},
           Case{"behind two tags", ProbeFrame(kOurs, {0, 0}), false},
           Case{"another switch's", ProbeFrame(kOurs + 1), false},
           Case{"as short as can be", Cut(ProbeFrame(kOurs), kOffloadBytes + 42), true},
           Case{"too short", Cut(ProbeFrame(kOurs), kOffloadBytes + 41), false},
           Case{"tagged and too short", Cut(ProbeFrame(kOurs, {0}), kOffloadBytes + 45), false},
           Case{"cut behind the type", Cut(ProbeFrame(kOurs), kOffloadBytes + 14), false},
           Case{"to another group", other_group, false},
           Case{"of another type", other_type, false},
       }) {
    const TestSwitch::Output output = Process(a_, each.frame);
    EXPECT_EQ(sw_.traps().size(), each.is_ours ? 1u : 0u) << each.description;
    if (each.is_ours) {
      EXPECT_EQ(output, (TestSwitch::Output{{}, DropReason::kConsumed})) << each.description;
      EXPECT_EQ(sw_.traps()[0], TrapKind::kLoopProbe);
    } else {
      EXPECT_EQ(output, (TestSwitch::Output{{b_, c_}, DropReason::kNone})) << each.description;
    }
  }
}

// Probes are untagged, and such a port takes nothing that is.
TEST_F(TrapTest, TakesThemFromATrunkToo) {
  auto ten = std::make_shared<VlanSet>();
  ten->set(10);
  sw_.port(a_).vlan = {.mode = VlanMode::kTrunk, .tag = 0, .trunks = ten};
  EXPECT_EQ(Process(a_, ProbeFrame(kOurs)).drop, DropReason::kConsumed);
  EXPECT_EQ(sw_.traps().size(), 1u);
  EXPECT_EQ(Process(a_, ProbeFrame(kOurs, {20})).drop, DropReason::kConsumed);
  EXPECT_EQ(Process(a_, ProbeFrame(kOurs + 1)).drop, DropReason::kVlanNotAllowed);
}

TEST_F(TrapTest, LearnsNothingFromProbes) {
  Process(a_, ProbeFrame(kOurs));
  EXPECT_FALSE(sw_.table(br_).Get(FdbKey(Station(9), 0), 0).has_value());
}

TEST_F(TrapTest, ProbesAreFramesLikeOthersWhereNobodyGuards) {
  sw_.bridge(br_).probe_id = 0;
  EXPECT_EQ(Process(a_, ProbeFrame(0)), (TestSwitch::Output{{b_, c_}, DropReason::kNone}));
  EXPECT_TRUE(sw_.traps().empty());
}

TEST_F(TrapTest, ABlockedPortIsDeafAndDumbButForProbes) {
  sw_.port(a_).loop_blocked = true;
  const TestSwitch::Output blocked{{}, DropReason::kLoopBlocked};
  const auto hello = [](uint32_t from) {
    return FrameBuilder().From(Station(from)).To(kBroadcast);
  };
  EXPECT_EQ(sw_.Process(a_, hello(1)), blocked);
  EXPECT_FALSE(sw_.table(br_).Get(FdbKey(Station(1), 0), 0).has_value()) << "not learned";
  EXPECT_EQ(sw_.Process(a_, FrameBuilder().From(Station(1)).To(Mac("01:80:c2:00:00:0e"))), blocked);
  EXPECT_EQ(Process(a_, ProbeFrame(kOurs)).drop, DropReason::kConsumed);
  EXPECT_EQ(sw_.Process(b_, hello(2)), (TestSwitch::Output{{c_}, DropReason::kNone}));
  // A static entry outlives the flush.
  sw_.table(br_).AddStatic(FdbKey(Station(5), 0), a_, 0);
  EXPECT_EQ(sw_.Process(b_, FrameBuilder().From(Station(2)).To(Station(5))), blocked);
  EXPECT_EQ(sw_.drops(b_, DropReason::kLoopBlocked), 1u) << "counted where it came in";
  sw_.port(a_).loop_blocked = false;
  EXPECT_EQ(sw_.Process(a_, hello(1)), (TestSwitch::Output{{b_, c_}, DropReason::kNone}));
}

TEST(LoopProbeTest, IsReadAsItWasBuilt) {
  const LoopProbe probe{.id = kOurs, .nonce = {3, 4}, .sequence = 0xdeadbeef};
  Bytes frame = BuildLoopProbe(probe, Station(9), "vm0");
  EXPECT_EQ(frame.size(), 65u);
  for (const int tags : {0, 1}) {
    if (tags > 0) frame.insert(frame.begin() + 12, {0x88, 0xa8, 0x60, 7});
    const std::optional<LoopProbe> read = ReadLoopProbe(frame);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->id, kOurs);
    EXPECT_EQ(read->nonce, probe.nonce);
    EXPECT_EQ(read->vlan, tags > 0 ? 7 : 0);
    EXPECT_EQ(read->sequence, probe.sequence);
  }
  for (size_t bytes = 0; bytes < 46; ++bytes) {
    EXPECT_FALSE(ReadLoopProbe(std::span(frame).first(bytes)).has_value()) << bytes;
  }
}

// ---- Spanning tree ----

Bytes BpduFrame(std::initializer_list<uint8_t> type) {
  Bytes frame = FrameBuilder().From(Station(9)).To(MacAddress{0x0180c2000000}).Build();
  frame.erase(frame.begin() + kOffloadBytes + 12, frame.begin() + kOffloadBytes + 14);
  frame.insert(frame.begin() + kOffloadBytes + 12, type);
  return frame;
}

Bytes Tagged(std::array<uint8_t, 2> tci, int count, uint16_t tpid = 0x8100) {
  Bytes frame = BpduFrame({0, 38});
  for (; count > 0; --count) {
    frame.insert(frame.begin() + kOffloadBytes + 12,
                 {static_cast<uint8_t>(tpid >> 8), static_cast<uint8_t>(tpid), tci[0], tci[1]});
  }
  return frame;
}

// IEEE 802.1D-2004, 7.12.3 and 9.3: to the group address, with a length, untagged or as good as
// that; whatever the port's state is.
TEST_F(TrapTest, TakesBpdusWhereTheyAreWanted) {
  struct BpduCase {
    const char* description;
    Bytes frame;
    bool takes;
    bool guard;
    TestSwitch::Output expected;
  };
  const TestSwitch::Output kTaken = {{}, DropReason::kConsumed};
  const TestSwitch::Output kReserved = {{}, DropReason::kLinkLocalReserved};
  for (const BpduCase& each : {
           BpduCase{"on a bridge with a tree", BpduFrame({0, 38}), true, false, kTaken},
           BpduCase{"the longest length", BpduFrame({0x05, 0xdc}), true, false, kTaken},
           BpduCase{"of a guarded port", BpduFrame({0, 38}), false, true, kTaken},
           BpduCase{"on another bridge", BpduFrame({0, 38}), false, false, kReserved},
           BpduCase{"an EtherType", BpduFrame({0x08, 0x00}), true, true, kReserved},
           BpduCase{"in a VLAN", BpduFrame({0x81, 0x00, 0, 10, 0, 38}), true, true, kReserved},
           BpduCase{"behind a priority tag", Tagged({0xe0, 0x00}, 1), false, true, kTaken},
           BpduCase{"behind a service tag, VID 0", Tagged({0, 0}, 1, 0x88a8), true, false, kTaken},
           BpduCase{"behind four", Tagged({0, 0}, 4), true, false, kTaken},
           BpduCase{"behind too many to tell", Tagged({0, 0}, 9), true, false, kTaken},
           BpduCase{"of no type at all", Cut(Tagged({0, 0}, 2), kOffloadBytes + 20), true, true,
                    kReserved},
           BpduCase{"in a VLAN behind one", BpduFrame({0x81, 0, 0, 0, 0x81, 0, 0, 10, 0, 38}), true,
                    true, kReserved},
       }) {
    sw_.bridge(br_).takes_bpdus = each.takes;
    sw_.port(a_).bpdu_guard = each.guard;
    for (const StpState state :
         {StpState::kForwarding, StpState::kLearning, StpState::kDiscarding}) {
      sw_.port(a_).stp_state = state;
      const bool taken = each.expected == kTaken;
      if (!taken && state == StpState::kDiscarding) continue;
      EXPECT_EQ(Process(a_, each.frame), each.expected) << each.description;
      EXPECT_EQ(sw_.traps().size(), taken ? 1u : 0u) << each.description;
    }
    sw_.port(a_).stp_state = StpState::kForwarding;
  }
}

// IEEE 802.1D-2004, 7.4, 7.7.1, 7.8.
TEST_F(TrapTest, APortDoesWhatItsStateAllows) {
  sw_.bridge(br_).takes_bpdus = true;
  const auto frame = [](int to, int from) {
    return FrameBuilder().From(Station(from)).To(Station(to)).Build();
  };
  using Output = TestSwitch::Output;
  Process(b_, frame(7, 1));

  sw_.port(a_).stp_state = StpState::kDiscarding;
  EXPECT_EQ(Process(a_, frame(1, 0)), (Output{{}, DropReason::kStpDiscarding}));
  EXPECT_EQ(Process(b_, frame(0, 1)), (Output{{c_}, DropReason::kNone})) << "nothing was learned";

  sw_.port(a_).stp_state = StpState::kLearning;
  EXPECT_EQ(Process(a_, frame(1, 0)), (Output{{}, DropReason::kStpLearning}));
  EXPECT_EQ(Process(b_, frame(0, 1)), (Output{{}, DropReason::kStpDiscarding})) << "it was learned";
  EXPECT_EQ(sw_.drops(b_, DropReason::kStpDiscarding), 1u);

  sw_.port(a_).stp_state = StpState::kForwarding;
  EXPECT_EQ(Process(a_, frame(1, 0)), (Output{{b_}, DropReason::kNone}));
  EXPECT_EQ(Process(b_, frame(0, 1)), (Output{{a_}, DropReason::kNone}));
  EXPECT_EQ(Process(c_, frame(9, 2)), (Output{{a_, b_}, DropReason::kNone}));

  sw_.port(a_).bpdu_guard = true;
  sw_.port(a_).bpdu_blocked = true;
  EXPECT_EQ(Process(a_, frame(1, 5)), (Output{{}, DropReason::kBpduBlocked}));
  EXPECT_EQ(Process(b_, frame(0, 1)), (Output{{}, DropReason::kBpduBlocked}));
  EXPECT_EQ(Process(c_, frame(5, 2)), (Output{{b_}, DropReason::kNone}));
}

}  // namespace
}  // namespace vswitch
