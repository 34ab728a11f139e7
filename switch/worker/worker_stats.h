// What a worker tells of itself. Read by any thread; counts since the worker started.
#ifndef VSWITCH_SWITCH_WORKER_WORKER_STATS_H_
#define VSWITCH_SWITCH_WORKER_WORKER_STATS_H_

#include <cstdint>

#include "switch/worker/log2_histogram.h"

namespace vswitch {

struct WorkerStats {
  uint64_t wakeups = 0;  // Returns from the kernel.
  uint64_t batches = 0;  // Wake-ups that brought frames.
  uint64_t enobufs = 0;  // Reads that found no free buffer; the frame waits in the port's queue.
  uint64_t rearms = 0;   // Multishot reads or polls armed again.
  uint64_t read_errors = 0;     // Reads that failed for good: the device went away.
  uint64_t cq_overflows = 0;    // Wake-ups at which completions did not fit the queue.
  uint64_t user_ns = 0;         // CPU time of the worker's thread in user space,
  uint64_t system_ns = 0;       // and in the kernel; both in steps of a clock tick (10 ms).
  uint64_t io_wq_threads = 0;   // Kernel helper threads of its ring: 0, or I/O has left the worker.
  uint64_t busy_polls = 0;      // Times that it spun before it would sleep (--busy_poll_us),
  uint64_t busy_poll_hits = 0;  // and that frames came meanwhile, so that it did not sleep.
  HistogramCounts frames_per_wakeup{};  // 0 where something else woke it.
  HistogramCounts copies_per_batch{};   // Frames written out at once: floods count each copy.
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_WORKER_STATS_H_
