// The frames of tap_load: UDP, or TCP super-frames, whose payload begins with a stamp that tells
// the receiver who sent the frame, when, and as which of its stream.
//
// A UDP frame of 60 bytes has 18 bytes of payload; the stamp needs 16. Each stream has a UDP source
// port of its own, so that whoever spreads flows over queues sees them as flows.
#ifndef VSWITCH_BENCH_LOAD_FRAME_H_
#define VSWITCH_BENCH_LOAD_FRAME_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mac_table/mac_address.h"
#include "tests/frame_builder.h"

namespace vswitch {

struct LoadStamp {
  uint64_t sent_ns = 0;   // CLOCK_MONOTONIC
  uint32_t sequence = 0;  // Within its stream, from 0.
  uint16_t stream = 0;    // One sender, one destination, one flow.
  uint16_t run = 0;       // Frames of an earlier run, still in a queue, are not counted.
};
static_assert(sizeof(LoadStamp) == 16);

// Learning frames belong to no stream.
inline constexpr uint16_t kLearningStream = 0xffff;

inline constexpr size_t kMinLoadFrameBytes = 60;
// 45 segments of 1,448 bytes and their headers: the longest that TCP sends.
inline constexpr size_t kMaxLoadFrameBytes = 14 + 20 + 20 + 45 * 1448;

// A frame that is sent again and again with another stamp: virtio_net_hdr_v1 and Ethernet.
// Thread-safety: none.
class LoadFrame {
 public:
  // `segment_bytes`: 0 for UDP, or the payload of one TCP segment of a super-frame.
  // REQUIRES: kMinLoadFrameBytes <= frame_bytes <= kMaxLoadFrameBytes, Ethernet header included.
  LoadFrame(MacAddress source, MacAddress destination, size_t frame_bytes, uint16_t segment_bytes);

  void SetSource(MacAddress source) { source.ToBytes(&bytes_[kEthernetAt + 6]); }
  void SetDestination(MacAddress destination) { destination.ToBytes(&bytes_[kEthernetAt]); }
  void SetStamp(const LoadStamp& stamp);

  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  static constexpr size_t kEthernetAt = kOffloadBytes;

  std::vector<uint8_t> bytes_;
  size_t stamp_at_;
};

// Whether tap_load made this frame (from its Ethernet header on), or it is a segment of one.
bool IsLoadFrame(std::span<const uint8_t> ethernet);

// The stamp of a received frame (from its Ethernet header on); nullopt for any other frame.
std::optional<LoadStamp> ReadLoadStamp(std::span<const uint8_t> ethernet);

}  // namespace vswitch

#endif  // VSWITCH_BENCH_LOAD_FRAME_H_
