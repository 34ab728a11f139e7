#include "switch/worker/worker_stats.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace vswitch {
namespace {

TEST(WorkerStatsTest, ListsWhatIsCountedAndWhatIsAskedByName) {
  WorkerCounters counters;
  counters.wakeups.Add(3);
  counters.busy_poll_hits.Add(4);
  const WorkerStats stats = ReadStats(counters, {.user_ns = 5, .system_ns = 6});
  std::vector<std::pair<std::string, uint64_t>> listed;
  ForEachCounter(stats,
                 [&](std::string_view name, uint64_t value) { listed.emplace_back(name, value); });
  const std::vector<std::pair<std::string, uint64_t>> expected = {
      {"wakeups", 3},        {"batches", 0},      {"enobufs", 0},        {"rearms", 0},
      {"read_errors", 0},    {"cq_overflows", 0}, {"user_ns", 5},        {"system_ns", 6},
      {"io_wq_threads", 0},  {"busy_polls", 0},   {"busy_poll_hits", 4}, {"feed_overflows", 0},
      {"trap_overflows", 0}, {"frames", 0},       {"copies", 0}};
  EXPECT_EQ(listed, expected);
}

TEST(WorkerStatsTest, ListsHistogramsByName) {
  WorkerCounters counters;
  counters.copies_per_batch.Count(1);
  std::vector<std::pair<std::string, uint64_t>> ones;
  ForEachHistogram(ReadStats(counters, {}),
                   [&](std::string_view name, const HistogramCounts& counts) {
                     ones.emplace_back(name, counts[1]);
                   });
  const std::vector<std::pair<std::string, uint64_t>> expected = {{"frames_per_wakeup", 0},
                                                                  {"copies_per_batch", 1}};
  EXPECT_EQ(ones, expected);
}

TEST(ThreadUsageTest, TellsTheCpuTimeOfAThread) {
  const int thread_id = gettid();
  const ThreadUsage before = ReadThreadUsage(thread_id);
  // Three ticks of the clock that is read.
  for (const clock_t begin = clock(); clock() - begin < CLOCKS_PER_SEC / 30;) continue;
  const ThreadUsage after = ReadThreadUsage(thread_id);
  EXPECT_GT(after.user_ns + after.system_ns, before.user_ns + before.system_ns);
  EXPECT_EQ(after.io_wq_threads, 0u);
}

TEST(ThreadUsageTest, IsZeroForAThreadThatIsGone) {
  const ThreadUsage usage = ReadThreadUsage(1 << 30);
  EXPECT_EQ(usage.user_ns + usage.system_ns + usage.io_wq_threads, 0u);
}

}  // namespace
}  // namespace vswitch
