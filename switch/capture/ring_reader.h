// The client's side of a capture's memory (ring_layout.h): takes frames out, of all workers in the
// order of their times.
//
// The daemon is believed no further than it must be: whatever stands in the memory, nothing outside
// of it is read. Thread-safety: one thread.
#ifndef VSWITCH_SWITCH_CAPTURE_RING_READER_H_
#define VSWITCH_SWITCH_CAPTURE_RING_READER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "switch/capture/mapping.h"
#include "switch/capture/ring_layout.h"

namespace vswitch {

struct CapturedFrame {
  CaptureRecord about;
  // Valid until the next call.
  std::span<const uint8_t> bytes;
};

struct CaptureTotals {
  uint64_t taken = 0;
  uint64_t lost = 0;
};

class RingReader {
 public:
  // The descriptors may be closed afterwards. Internal: this is no such memory, or of another
  // release.
  static absl::StatusOr<RingReader> Open(int frames_fd, int reader_fd);

  // The next frame, if there is one. What was handed out before is over.
  std::optional<CapturedFrame> Next();
  // Sleeps until there may be more, or no longer than `limit`; a signal ends it too.
  void Wait(std::chrono::milliseconds limit);
  // No frame will come any more but those that are there.
  bool HasEnded() const { return header().ended.load(std::memory_order_acquire) != 0; }
  CaptureTotals Totals(size_t port) const;

 private:
  struct Ring {
    const RingControl* control = nullptr;
    const uint8_t* data = nullptr;
    uint64_t tail = 0;
    // Of the record that was handed out.
    uint64_t taken = 0;
  };

  RingReader(Mapping frames, Mapping reader, size_t rings);
  const RingHeader& header() const { return *reinterpret_cast<RingHeader*>(frames_.data()); }
  ReaderPage& page() { return *reinterpret_cast<ReaderPage*>(reader_.data()); }
  void Release();
  bool HasRecord(const Ring& ring) const {
    return ring.control->head.load(std::memory_order_acquire) != ring.tail;
  }
  // The record at the ring's tail, behind paddings. Nullopt: none, or none that can be.
  std::optional<CaptureRecord> Peek(Ring* ring);

  Mapping frames_;
  Mapping reader_;
  std::vector<Ring> rings_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CAPTURE_RING_READER_H_
