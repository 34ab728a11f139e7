// What a worker tells of itself. One list gives the counters, their copy as plain numbers and the
// names under which they are shown. All count since the worker started.
#ifndef VSWITCH_SWITCH_WORKER_WORKER_STATS_H_
#define VSWITCH_SWITCH_WORKER_WORKER_STATS_H_

#include <cstdint>
#include <string_view>

#include "switch/worker/log2_histogram.h"
#include "switch/worker/thread_usage.h"

namespace vswitch {

// COUNTED(name): by the worker. ASKED(name): of the kernel, for each reader (thread_usage.h).
#define VSWITCH_WORKER_STATS(COUNTED, ASKED)                                                 \
  COUNTED(wakeups)      /* returns from the kernel */                                        \
  COUNTED(batches)      /* wake-ups that brought frames */                                   \
  COUNTED(enobufs)      /* reads that found no buffer; the frame waits in its queue */       \
  COUNTED(rearms)       /* multishot reads or polls armed again */                           \
  COUNTED(read_errors)  /* reads that failed: a frame was lost, or the device is gone */     \
  COUNTED(cq_overflows) /* wake-ups at which completions did not fit the queue */            \
  ASKED(user_ns)                                                                             \
  ASKED(system_ns)                                                                           \
  ASKED(io_wq_threads)                                                                       \
  COUNTED(busy_polls)     /* times that it spun before it would sleep, --busy_poll_us */     \
  COUNTED(busy_poll_hits) /* and that frames came meanwhile, so that it did not sleep */     \
  COUNTED(feed_overflows) /* stations that it could not tell the fast path of: told later */ \
  COUNTED(trap_overflows) /* trapped frames that the control thread never saw */             \
  COUNTED(frames)         /* frames that were read: the sum of frames_per_wakeup */          \
  COUNTED(copies)         /* frames that were written: the sum of copies_per_batch */

// X(name)
#define VSWITCH_WORKER_HISTOGRAMS(X)                        \
  X(frames_per_wakeup) /* 0 where something else woke it */ \
  X(copies_per_batch)  /* frames written out at once: floods count each */

#define VSWITCH_NOTHING(name)

// Thread-safety: as Counter, one writer, any reader.
struct WorkerCounters {
#define VSWITCH_X(name) Counter name;
  VSWITCH_WORKER_STATS(VSWITCH_X, VSWITCH_NOTHING)
#undef VSWITCH_X
#define VSWITCH_X(name) Log2Histogram name;
  VSWITCH_WORKER_HISTOGRAMS(VSWITCH_X)
#undef VSWITCH_X
};

struct WorkerStats {
#define VSWITCH_X(name) uint64_t name = 0;
  VSWITCH_WORKER_STATS(VSWITCH_X, VSWITCH_X)
#undef VSWITCH_X
#define VSWITCH_X(name) HistogramCounts name{};
  VSWITCH_WORKER_HISTOGRAMS(VSWITCH_X)
#undef VSWITCH_X
};

inline WorkerStats ReadStats(const WorkerCounters& counters, const ThreadUsage& usage) {
  WorkerStats stats;
#define VSWITCH_X(name) stats.name = counters.name.Read();
#define VSWITCH_Y(name) stats.name = usage.name;
  VSWITCH_WORKER_STATS(VSWITCH_X, VSWITCH_Y)
  VSWITCH_WORKER_HISTOGRAMS(VSWITCH_X)
#undef VSWITCH_Y
#undef VSWITCH_X
  return stats;
}

// Calls visit(std::string_view name, uint64_t value) for each, in the order of the list.
template <typename Visit>
void ForEachCounter(const WorkerStats& stats, Visit&& visit) {
#define VSWITCH_X(name) visit(std::string_view(#name), stats.name);
  VSWITCH_WORKER_STATS(VSWITCH_X, VSWITCH_X)
#undef VSWITCH_X
}

// Calls visit(std::string_view name, const HistogramCounts& counts) for each.
template <typename Visit>
void ForEachHistogram(const WorkerStats& stats, Visit&& visit) {
#define VSWITCH_X(name) visit(std::string_view(#name), stats.name);
  VSWITCH_WORKER_HISTOGRAMS(VSWITCH_X)
#undef VSWITCH_X
}

#undef VSWITCH_NOTHING

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_WORKER_STATS_H_
