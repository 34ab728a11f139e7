// Who may send from a port, and who is learned on it.
#include "bridge/source_rules.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "bridge/testing/test_switch.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

constexpr uint32_t kAged = kDefaultAgeingSeconds + 1;
const MacAddress kLldp{0x0180c200000e};

class SourceRulesTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(sw_.IsBalanced()); }

  FrameBuilder From(uint64_t station, MacAddress to = kBroadcast) {
    return FrameBuilder().From(Station(station)).To(to);
  }
  static FdbKey Key(uint64_t station, VlanId vlan = 0) { return {Station(station), vlan}; }

  TestSwitch sw_;
  BridgeId br_ = sw_.AddBridge();
  PortId a_ = sw_.AddPort(br_);
  PortId b_ = sw_.AddPort(br_);
  MacTable& table_ = sw_.table(br_);
};

// Linux, net/bridge/br_input.c, br_handle_frame_finish(), BR_PORT_LOCKED: a source that is not in
// the table, or elsewhere, is dropped before it is learned. There any entry lets it pass.
TEST_F(SourceRulesTest, ALockedPortPassesWhatIsStaticAtIt) {
  const struct {
    std::string description;
    std::function<void()> prepare;
    FrameBuilder frame;
    uint32_t now;
    DropReason drop;
  } kCases[] = {
      {"static here", [&] { table_.AddStatic(Key(1), a_, 0); }, From(1), 0, DropReason::kNone},
      {"static here, later", [&] { table_.AddStatic(Key(1), a_, 0); }, From(1), kAged,
       DropReason::kNone},
      {"sticky here", [&] { table_.AddSticky(Key(1), a_, 0); }, From(1), 0, DropReason::kLocked},
      {"learned on a sticky port",
       [&] { table_.SetPortRules(a_, {.sticky = true}), table_.Learn(Key(1), a_, 0); }, From(1), 0,
       DropReason::kLocked},
      {"only learned here", [&] { table_.Learn(Key(1), a_, 0); }, From(1), 0, DropReason::kLocked},
      {"unknown", [] {}, From(1), 0, DropReason::kLocked},
      {"static elsewhere", [&] { table_.AddStatic(Key(1), b_, 0); }, From(1), 0,
       DropReason::kLocked},
      {"static in another VLAN", [&] { table_.AddStatic(Key(1, 5), a_, 0); }, From(1), 0,
       DropReason::kLocked},
      {"static in its VLAN", [&] { table_.AddStatic(Key(1, 5), a_, 0); }, From(1).Tag(5), 0,
       DropReason::kNone},
      {"reserved group: learned from, so no less", [] {}, From(1, kLldp), 0, DropReason::kLocked},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.description);
    sw_.port(a_).locked = true;
    c.prepare();
    const auto before = table_.stats().learned;
    EXPECT_EQ(sw_.Process(a_, c.frame, c.now).drop, c.drop);
    EXPECT_EQ(table_.stats().learned, before) << "learned from a locked port";
    table_.RemovePort(a_);
    table_.RemovePort(b_);
  }
}

TEST_F(SourceRulesTest, EachFrameOfABatchIsJudged) {
  sw_.port(a_).locked = true;
  table_.AddStatic(Key(1), a_, 0);
  const auto good = From(1).Build();
  const auto bad = From(2).Build();
  const auto outputs =
      sw_.Process({{a_, good}, {a_, bad}, {a_, bad}, {b_, bad}, {a_, bad}, {a_, good}});
  std::vector<DropReason> drops;
  for (const auto& output : outputs) drops.push_back(output.drop);
  const auto none = DropReason::kNone;
  const auto locked = DropReason::kLocked;
  EXPECT_EQ(drops, (std::vector{none, locked, locked, none, locked, none}));
  EXPECT_EQ(sw_.drops(a_, locked), 3u);
  EXPECT_EQ(table_.LookUp(Key(2), 0), b_);
}

TEST_F(SourceRulesTest, ASpoofedSourceDoesNotMoveAStickyStation) {
  table_.AddSticky(Key(1), a_, 0);
  // As in Linux: br_fdb_update() does not move it, and the frame goes on.
  EXPECT_EQ(sw_.Process(b_, From(1)).drop, DropReason::kNone);
  EXPECT_EQ(table_.LookUp(Key(1), 0), a_);
}

// move_limiter.h: dropped before it is learned, each VLAN by itself.
TEST_F(SourceRulesTest, AStationThatIsHeldMaySendOnlyFromThere) {
  sw_.bridge(br_).held = std::make_shared<HeldStations>(
      HeldStations{{.key = Key(1), .port = a_}, {.key = Key(5), .port = b_}});
  const struct {
    std::string description;
    PortId ingress;
    FrameBuilder frame;
    DropReason drop;
  } kCases[] = {
      {"at its place", a_, From(1), DropReason::kNone},
      {"elsewhere", b_, From(1), DropReason::kMacFlapping},
      {"elsewhere, in another VLAN", b_, From(1).Tag(7), DropReason::kNone},
      {"the other", a_, From(5), DropReason::kMacFlapping},
      {"not held", b_, From(3), DropReason::kNone},
      {"reserved group: learned from, so no less", b_, From(1, kLldp), DropReason::kMacFlapping},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.description);
    EXPECT_EQ(sw_.Process(c.ingress, c.frame).drop, c.drop);
  }
  EXPECT_EQ(table_.LookUp(Key(1), 0), a_);
  EXPECT_EQ(sw_.drops(b_, DropReason::kMacFlapping), 2u);
}

TEST_F(SourceRulesTest, TheLimiterIsToldOfMoves) {
  sw_.bridge(br_).move_limiter =
      std::make_shared<MoveLimiter>(MoveLimiter::Limit{.moves = 2, .ticks = 10}, 1);
  for (const PortId port : {a_, b_, a_}) sw_.Process(port, From(1));
  EXPECT_TRUE(sw_.bridge(br_).move_limiter->Take().empty());
  sw_.Process(b_, From(1));
  const auto held = sw_.bridge(br_).move_limiter->Take();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].key, Key(1));
  EXPECT_EQ(held[0].home, a_);
}

// IEEE 802.1Q, 8.7; Linux, br_input.c: BR_LEARNING. What is there stays, and ages.
TEST_F(SourceRulesTest, APortThatDoesNotLearn) {
  sw_.Process(a_, From(1));
  sw_.port(a_).learns = false;
  EXPECT_EQ(sw_.Process(a_, From(2)).drop, DropReason::kNone) << "forwarded all the same";
  sw_.Process(a_, From(3, kLldp));
  EXPECT_EQ(table_.LookUp(Key(2), 0), kNoPort);
  EXPECT_EQ(table_.LookUp(Key(3), 0), kNoPort);
  EXPECT_EQ(table_.LookUp(Key(1), 0), a_);
  sw_.Process(a_, From(1), 200);
  EXPECT_EQ(table_.LookUp(Key(1), kAged), kNoPort) << "not refreshed";
  sw_.Process(b_, From(4));
  EXPECT_EQ(table_.LookUp(Key(4), 0), b_) << "other ports learn";
}

}  // namespace
}  // namespace vswitch
