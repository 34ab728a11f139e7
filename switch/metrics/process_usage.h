// What this process uses, as the kernel tells it.
// Thread-safety: any thread.
#ifndef VSWITCH_SWITCH_METRICS_PROCESS_USAGE_H_
#define VSWITCH_SWITCH_METRICS_PROCESS_USAGE_H_

#include <cstdint>

namespace vswitch {

struct ProcessUsage {
  double cpu_seconds = 0;
  uint64_t resident_bytes = 0;
  uint64_t open_fds = 0;
  uint64_t max_fds = 0;
  double start_seconds = 0;  // Since 1970.
};

// What cannot be read, as where /proc is not there, stays 0.
ProcessUsage ReadProcessUsage();

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_METRICS_PROCESS_USAGE_H_
