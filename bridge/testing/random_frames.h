// Frames as they come from anywhere: valid, mutilated, garbage. A seed gives the same ones again.
#ifndef VSWITCH_BRIDGE_TESTING_RANDOM_FRAMES_H_
#define VSWITCH_BRIDGE_TESTING_RANDOM_FRAMES_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

#include "tests/frame_builder.h"

namespace vswitch {

using Bytes = std::vector<uint8_t>;

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(engine_() % n); }
  // True once in n times.
  bool OneIn(uint32_t n) { return Below(n) == 0; }
  template <typename Container>
  auto Pick(const Container& from) {
    return from[Below(static_cast<uint32_t>(std::size(from)))];
  }

 private:
  std::mt19937_64 engine_;
};

// With this id some of the frames are loop probes: what FrameBuilder's payloads begin with.
inline constexpr uint64_t kRandomProbeId = 0x0001020304050607;

// What some of the frames go to; some others are hosts' reports.
inline constexpr uint32_t kFirstRandomGroup = 0xef000001;
inline constexpr uint32_t kRandomGroups = 4;

// Of a dozen stations, of groups, or none.
MacAddress RandomMac(Random& random);
FrameBuilder RandomFrame(Random& random);
// With the virtio_net_hdr in front; some are cut short, some have bits flipped.
Bytes RandomBytes(Random& random);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_RANDOM_FRAMES_H_
