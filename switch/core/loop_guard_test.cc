#include "switch/core/loop_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Ports a, b, c are guarded, x and y are not; z is guarded, of another bridge.
constexpr PortId kA = 7;
constexpr PortId kB = 3;
constexpr PortId kC = 9;
constexpr PortId kX = 1;
constexpr PortId kY = 2;
constexpr PortId kZ = 4;

class LoopGuardTest : public testing::Test {
 protected:
  LoopGuardTest() {
    guard_.SetPort(kA, {.name = "a", .probe_id = 1, .guarded = true});
    guard_.SetPort(kB, {.name = "b", .probe_id = 1, .guarded = true});
    guard_.SetPort(kC, {.name = "c", .probe_id = 1, .guarded = true});
    guard_.SetPort(kX, {.name = "x", .probe_id = 1});
    guard_.SetPort(kY, {.name = "y", .probe_id = 1});
    guard_.SetPort(kZ, {.name = "z", .probe_id = 2, .guarded = true});
  }
  LoopProbe From(PortId port) { return guard_.NextProbe(port, {5, ++nonces_}); }

  LoopGuard guard_;
  uint64_t nonces_ = 0;
};

struct Case {
  const char* description;
  PortId sender;
  PortId heard_on;
  bool blocks;
};

// An access port's probe comes back at a trunk with the tag of its VLAN.
TEST_F(LoopGuardTest, HearsProbesInTheVlanThatTheyLeftIn) {
  guard_.SetPort(kA, {.name = "a", .probe_id = 1, .guarded = true, .vlan = 10});
  const auto blocks = [&](PortId sender, VlanId vlan) {
    LoopProbe probe = From(sender);
    probe.vlan = vlan;
    const bool blocked = guard_.OnProbe(kC, probe, 100);
    guard_.Clear(100 + LoopGuard::kClearSeconds);
    return blocked;
  };
  EXPECT_TRUE(blocks(kA, 10));
  EXPECT_TRUE(blocks(kA, 0));
  EXPECT_FALSE(blocks(kA, 20)) << "others have bridged it into another VLAN";
  EXPECT_FALSE(blocks(kB, 10));
}

TEST_F(LoopGuardTest, BlocksOneOfTwo) {
  for (const Case& each : {
           Case{"of two guarded ones the later by name", kA, kB, true},
           Case{"and not the other", kB, kA, false},
           Case{"by name, not by number", kA, kC, true},
           Case{"the guarded one of two", kX, kA, true},
           Case{"not the other", kA, kX, false},
           Case{"a loop behind one port", kA, kA, true},
           Case{"none that is not guarded", kX, kX, false},
           Case{"nor two of them", kX, kY, false},
           Case{"a cable between bridges is no loop", kZ, kA, false},
           Case{"either way", kA, kZ, false},
       }) {
    EXPECT_EQ(guard_.OnProbe(each.heard_on, From(each.sender), 100), each.blocks)
        << each.description;
    EXPECT_EQ(guard_.IsBlocked(each.heard_on), each.blocks) << each.description;
    guard_.Clear(100 + LoopGuard::kClearSeconds);
  }
}

TEST_F(LoopGuardTest, OpensWhenNothingIsHeardAnyMore) {
  EXPECT_TRUE(guard_.OnProbe(kB, From(kA), 100));
  EXPECT_EQ(guard_.HeardFrom(kB), "a");
  EXPECT_FALSE(guard_.OnProbe(kB, From(kA), 101)) << "it is blocked already";
  EXPECT_THAT(guard_.Clear(101 + LoopGuard::kClearSeconds - 1), IsEmpty());
  EXPECT_TRUE(guard_.IsBlocked(kB));
  EXPECT_THAT(guard_.Clear(101 + LoopGuard::kClearSeconds), ElementsAre(kB));
  EXPECT_FALSE(guard_.IsBlocked(kB));
  EXPECT_THAT(guard_.Clear(500), IsEmpty());
}

TEST_F(LoopGuardTest, BelievesOnlyWhatItHasJustSent) {
  LoopProbe old = From(kA);
  for (size_t i = 0; i < LoopGuard::kKept - 1; ++i) From(kA);
  EXPECT_TRUE(guard_.OnProbe(kB, old, 100)) << "the oldest that is good";
  guard_.Clear(200);
  From(kA);
  EXPECT_FALSE(guard_.OnProbe(kB, old, 200)) << "too old";
  EXPECT_FALSE(guard_.OnProbe(kB, {.id = 1, .nonce = {1, 2}, .sequence = 1}, 200)) << "made up";
  EXPECT_FALSE(guard_.OnProbe(kB, {.id = 1, .nonce = {}, .sequence = 1}, 200)) << "never sent";
}

// A tree has cut the loop, there or here.
TEST_F(LoopGuardTest, CountsNothingOfPortsThatAreShut) {
  const LoopProbe probe = From(kX);
  guard_.SetSilent(kX, true);
  EXPECT_FALSE(guard_.OnProbe(kA, probe, 100)) << "sent before it was shut";
  guard_.SetPort(kX, {.name = "x", .probe_id = 1});
  EXPECT_FALSE(guard_.OnProbe(kA, probe, 100)) << "it still is";
  guard_.SetSilent(kX, false);
  guard_.SetSilent(kA, true);
  EXPECT_FALSE(guard_.OnProbe(kA, probe, 100)) << "heard before it was shut";
  guard_.SetSilent(kA, false);
  EXPECT_TRUE(guard_.OnProbe(kA, probe, 100));
  guard_.SetSilent(kZ + 1, true);
}

TEST_F(LoopGuardTest, OpensWhatIsNotGuardedAnyMore) {
  guard_.OnProbe(kB, From(kA), 100);
  guard_.SetPort(kB, {.name = "b", .probe_id = 1, .guarded = true});
  EXPECT_TRUE(guard_.IsBlocked(kB)) << "nothing has changed";
  guard_.SetPort(kB, {.name = "b", .probe_id = 1, .guarded = false});
  EXPECT_FALSE(guard_.IsBlocked(kB));
}

TEST_F(LoopGuardTest, APortInAnotherBridgeBeginsAnew) {
  const LoopProbe before = From(kA);
  guard_.OnProbe(kB, From(kA), 100);
  guard_.SetPort(kB, {.name = "b", .probe_id = 2, .guarded = true});
  EXPECT_FALSE(guard_.IsBlocked(kB));
  guard_.SetPort(kA, {.name = "a", .probe_id = 2, .guarded = true});
  EXPECT_FALSE(guard_.OnProbe(kC, before, 100));
}

TEST_F(LoopGuardTest, ForgetsPorts) {
  const LoopProbe probe = From(kA);
  guard_.OnProbe(kB, probe, 100);
  guard_.Forget(kB);
  EXPECT_FALSE(guard_.IsBlocked(kB));
  EXPECT_FALSE(guard_.OnProbe(kB, probe, 100));
  guard_.Forget(kA);
  EXPECT_FALSE(guard_.OnProbe(kC, probe, 100)) << "who sent it is gone";
}

}  // namespace
}  // namespace vswitch
