// How much a test does: `tools/test` is to be short enough to be run before each change, and
// `tools/test --long` to leave little untried.
#ifndef VSWITCH_TESTS_LONG_RUN_H_
#define VSWITCH_TESTS_LONG_RUN_H_

#include <cstdlib>

namespace vswitch {

inline bool IsLongRun() { return std::getenv("VSWITCH_LONG") != nullptr; }

// REQUIRES: `usual` is enough to find a fault that is there each time.
template <typename Number>
Number UsualOrLong(Number usual, Number in_long_run) {
  return IsLongRun() ? in_long_run : usual;
}

}  // namespace vswitch

#endif  // VSWITCH_TESTS_LONG_RUN_H_
