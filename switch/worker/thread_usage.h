// What the kernel says of a thread of this process: /proc. Thread-safety: any thread.
#ifndef VSWITCH_SWITCH_WORKER_THREAD_USAGE_H_
#define VSWITCH_SWITCH_WORKER_THREAD_USAGE_H_

#include <cstdint>

namespace vswitch {

struct ThreadUsage {
  // CPU time, in steps of a clock tick (10 ms).
  uint64_t user_ns = 0;
  uint64_t system_ns = 0;
  // Kernel helper threads of its io_uring: 0, or I/O has left the thread.
  uint64_t io_wq_threads = 0;
};

// Zeros for a thread that is gone.
ThreadUsage ReadThreadUsage(int thread_id);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_THREAD_USAGE_H_
