#include "switch/worker/busy_poll.h"

#include <gtest/gtest.h>

namespace vswitch {
namespace {

// How many of `batches` spin when each spin ends as `hit` says.
int CountSpins(BusyPoll& busy_poll, int batches, bool hit) {
  int spins = 0;
  for (int i = 0; i < batches; ++i) {
    if (!busy_poll.ShouldSpin()) continue;
    ++spins;
    busy_poll.OnSpun(hit);
  }
  return spins;
}

TEST(BusyPoll, GoesOnWhileFramesCome) {
  BusyPoll busy_poll;
  EXPECT_EQ(CountSpins(busy_poll, 100, true), 100);
}

TEST(BusyPoll, GivesUpButForAProbeWhenNoneCome) {
  BusyPoll busy_poll;
  CountSpins(busy_poll, 1000, false);
  EXPECT_EQ(CountSpins(busy_poll, 1600, false), 100);
}

TEST(BusyPoll, ComesBack) {
  BusyPoll busy_poll;
  CountSpins(busy_poll, 1000, false);
  EXPECT_GE(CountSpins(busy_poll, 16, true), 1);
  EXPECT_EQ(CountSpins(busy_poll, 100, true), 100);
}

// A request that nobody saw coming and its answer: one spin in two is a hit, and all go on.
TEST(BusyPoll, GoesOnWhenHalfHit) {
  BusyPoll busy_poll;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(busy_poll.ShouldSpin()) << i;
    busy_poll.OnSpun(i % 2 == 0);
  }
}

}  // namespace
}  // namespace vswitch
