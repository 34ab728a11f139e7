#include "switch/core/stats_since.h"

#include "gtest/gtest.h"

namespace vswitch {
namespace {

// Each counter is another number: one that is left out, or taken off by another, is seen.
PortStats Port(uint64_t factor) {
  PortStats stats;
  uint64_t number = 0;
#define VSWITCH_X(name) stats.counters.name = ++number * factor;
  VSWITCH_PORT_COUNTERS(VSWITCH_X)
#undef VSWITCH_X
  for (uint64_t& drops : stats.counters.drops) drops = ++number * factor;
  stats.fast_ingress_frames = ++number * factor;
  stats.fast_egress_frames = ++number * factor;
  stats.moves = ++number * factor;
  return stats;
}

WorkerStats Worker(uint64_t factor) {
  WorkerStats stats;
  uint64_t number = 0;
#define VSWITCH_X(name) stats.name = ++number * factor;
  VSWITCH_WORKER_STATS(VSWITCH_X, VSWITCH_X)
#undef VSWITCH_X
#define VSWITCH_X(name) \
  for (uint64_t & count : stats.name) count = ++number * factor;
  VSWITCH_WORKER_HISTOGRAMS(VSWITCH_X)
#undef VSWITCH_X
  stats.io_wq_threads = 7;
  return stats;
}

void ExpectSame(const PortStats& some, const PortStats& others) {
#define VSWITCH_X(name) EXPECT_EQ(some.counters.name, others.counters.name) << #name;
  VSWITCH_PORT_COUNTERS(VSWITCH_X)
#undef VSWITCH_X
  EXPECT_EQ(some.counters.drops, others.counters.drops);
  EXPECT_EQ(some.fast_ingress_frames, others.fast_ingress_frames);
  EXPECT_EQ(some.fast_egress_frames, others.fast_egress_frames);
  EXPECT_EQ(some.moves, others.moves);
}

TEST(StatsSinceTest, OfAPortAllIsTakenOff) { ExpectSame(Since(Port(5), Port(2)), Port(3)); }

TEST(StatsSinceTest, OfAWorkerAllButHowManyThreadsThereAre) {
  const WorkerStats since = Since(Worker(5), Worker(2));
  const WorkerStats three = Worker(3);
#define VSWITCH_X(name) EXPECT_EQ(since.name, three.name) << #name;
  VSWITCH_WORKER_STATS(VSWITCH_X, VSWITCH_X)
  VSWITCH_WORKER_HISTOGRAMS(VSWITCH_X)
#undef VSWITCH_X
}

TEST(StatsSinceTest, WhatWentBackALittleIsNone) { ExpectSame(Since(Port(2), Port(5)), Port(0)); }

}  // namespace
}  // namespace vswitch
