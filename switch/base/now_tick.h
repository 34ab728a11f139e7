// The clock of the tables' ageing: seconds, monotonic (a set clock ages nothing), coarse (no
// hardware is asked). Thread-safe.
#ifndef VSWITCH_SWITCH_BASE_NOW_TICK_H_
#define VSWITCH_SWITCH_BASE_NOW_TICK_H_

#include <time.h>

#include <cstdint>

namespace vswitch {

inline uint32_t NowTick() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<uint32_t>(now.tv_sec);
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_NOW_TICK_H_
