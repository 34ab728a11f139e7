// Monotonic clocks, which nobody sets. Thread-safe.
#ifndef VSWITCH_SWITCH_BASE_NOW_TICK_H_
#define VSWITCH_SWITCH_BASE_NOW_TICK_H_

#include <time.h>

#include <cstdint>

namespace vswitch {

// Of the tables' ageing: seconds, coarse (no hardware is asked).
inline uint32_t NowTick() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint32_t>(now.tv_sec);
}

// Of rates: nanoseconds.
inline uint64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_NOW_TICK_H_
