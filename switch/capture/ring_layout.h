// The memory by which the daemon hands captured frames to a client: what both see of it. A ring for
// each worker, and nothing that the daemon reads but one page, so that a client can harm nobody but
// itself.
//
//   frames   written by the daemon, which alone can: sealed against writing by anybody else
//            (F_SEAL_FUTURE_WRITE). RingHeader, then for each ring a RingControl and its data.
//   reader   one page, written by the client: how far it has read. Believed as far as it can be.
//
// A ring holds records one behind the other; a record does not go over the end: what is left there
// is one of kPadding. Places only grow, and count modulo the ring's size.
//
// Daemon and client are of the same release: the layout is no contract with others. Thread-safety:
// each atomic names who writes it.
#ifndef VSWITCH_SWITCH_CAPTURE_RING_LAYOUT_H_
#define VSWITCH_SWITCH_CAPTURE_RING_LAYOUT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace vswitch {

// Goes up with each change.
inline constexpr uint32_t kCaptureLayout = 1;
// Ports of one capture.
inline constexpr size_t kMaxCapturePorts = 64;
inline constexpr size_t kMaxCaptureRings = 64;
// Of one ring: some sixty of the longest frames, some thirty thousand of the shortest.
inline constexpr size_t kCaptureRingBytes = size_t{4} << 20;

enum class CaptureDirection : uint8_t { kPadding = 0, kInbound = 1, kOutbound = 2 };
// Of a frame that was not dropped.
inline constexpr uint8_t kNotDropped = 0xff;

// The frame's bytes follow, without a virtio_net_hdr, and up to seven of nothing.
struct CaptureRecord {
  // Of the whole record, a multiple of 8.
  uint32_t size;
  CaptureDirection direction;
  // A number in the list of reasons that the daemon has told, or kNotDropped.
  uint8_t reason;
  // In the order in which they were asked for.
  uint16_t port;
  // Frames of the port that had no room in this ring since the last that had.
  uint32_t lost;
  // Of the frame.
  uint32_t length;
  // Nanoseconds, CLOCK_REALTIME: when the worker looked at it.
  uint64_t time_ns;
};
static_assert(sizeof(CaptureRecord) == 24);

struct CaptureCounts {
  std::atomic<uint64_t> taken{0};  // Frames that passed the filter, lost ones too.
  std::atomic<uint64_t> lost{0};
};

// A worker writes.
struct alignas(64) RingControl {
  // Behind the last record. Pairs with the reader's acquire: what is before it is written.
  std::atomic<uint64_t> head{0};
  CaptureCounts counts[kMaxCapturePorts];
};

struct RingHeader {
  uint32_t layout;
  uint32_t rings;
  // A futex: any worker adds one when it has written, and the control thread when it ends.
  std::atomic<uint32_t> turn{0};
  // No more frames will come.
  std::atomic<uint32_t> ended{0};
};

// The client writes.
struct ReaderPage {
  // Up to where it has read each ring. Pairs with the worker's acquire: the place is free.
  std::atomic<uint64_t> tail[kMaxCaptureRings];
  // Not 0: it sleeps on `turn`.
  std::atomic<uint32_t> sleeps;
};

inline constexpr size_t kCapturePage = 4096;
static_assert(sizeof(RingControl) <= kCapturePage && sizeof(ReaderPage) <= kCapturePage);
static_assert(std::atomic<uint64_t>::is_always_lock_free);

inline constexpr size_t ControlOffset(size_t ring) {
  return kCapturePage + ring * (kCapturePage + kCaptureRingBytes);
}
inline constexpr size_t DataOffset(size_t ring) { return ControlOffset(ring) + kCapturePage; }
inline constexpr size_t CaptureBytes(size_t rings) { return ControlOffset(rings); }

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CAPTURE_RING_LAYOUT_H_
