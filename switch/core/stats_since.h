// What counters have counted since they were reset: the counters themselves have one writer each
// and go on, and what they were then is taken off what is shown.
// Pure. Thread-safety: none needed.
#ifndef VSWITCH_SWITCH_CORE_STATS_SINCE_H_
#define VSWITCH_SWITCH_CORE_STATS_SINCE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "switch/core/controller.h"

namespace vswitch {

// A count that was bounded by another may have gone back a little.
inline uint64_t CountSince(uint64_t now, uint64_t then) { return now - std::min(now, then); }

inline PortStats Since(PortStats now, const PortStats& then) {
#define VSWITCH_X(name) now.counters.name = CountSince(now.counters.name, then.counters.name);
  VSWITCH_PORT_COUNTERS(VSWITCH_X)
#undef VSWITCH_X
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    now.counters.drops[i] = CountSince(now.counters.drops[i], then.counters.drops[i]);
  }
  now.fast_ingress_frames = CountSince(now.fast_ingress_frames, then.fast_ingress_frames);
  now.fast_egress_frames = CountSince(now.fast_egress_frames, then.fast_egress_frames);
  now.moves = CountSince(now.moves, then.moves);
  return now;
}

inline WorkerStats Since(WorkerStats now, const WorkerStats& then) {
  // How many there are is no count.
  const uint64_t io_wq_threads = now.io_wq_threads;
#define VSWITCH_X(name) now.name = CountSince(now.name, then.name);
  VSWITCH_WORKER_STATS(VSWITCH_X, VSWITCH_X)
#undef VSWITCH_X
#define VSWITCH_X(name) \
  for (size_t i = 0; i < now.name.size(); ++i) now.name[i] = CountSince(now.name[i], then.name[i]);
  VSWITCH_WORKER_HISTOGRAMS(VSWITCH_X)
#undef VSWITCH_X
  now.io_wq_threads = io_wq_threads;
  return now;
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_STATS_SINCE_H_
