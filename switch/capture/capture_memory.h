// The daemon's side of a capture's memory (ring_layout.h): makes it, and puts records in. A ring
// that is full loses what comes, and counts it: nothing ever waits for a reader.
//
// Thread-safety: Write() of one ring is one thread's; the rings are independent of each other.
// Wake() and End() are any thread's. Memory: kCaptureRingBytes a ring, touched as it is used.
#ifndef VSWITCH_SWITCH_CAPTURE_CAPTURE_MEMORY_H_
#define VSWITCH_SWITCH_CAPTURE_CAPTURE_MEMORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"
#include "switch/capture/mapping.h"
#include "switch/capture/ring_layout.h"

namespace vswitch {

class CaptureMemory {
 public:
  // REQUIRES: 1 to kMaxCaptureRings. ResourceExhausted.
  static absl::StatusOr<std::unique_ptr<CaptureMemory>> Create(size_t rings);

  // For the client: it can map the first for reading only.
  UniqueFd TakeFramesFd() { return std::move(frames_fd_); }
  UniqueFd TakeReaderFd() { return std::move(reader_fd_); }

  // `pieces`: the frame's bytes, one behind the other. REQUIRES: port < kMaxCapturePorts.
  void Write(size_t ring, const CaptureRecord& about,
             std::span<const std::span<const uint8_t>> pieces);
  // Wakes the reader if it sleeps. Once a batch.
  void Wake();
  void End();

 private:
  struct Ring {
    RingControl* control = nullptr;
    uint8_t* data = nullptr;
    // Ours: what the memory says is for the reader.
    uint64_t head = 0;
    std::array<uint32_t, kMaxCapturePorts> lost{};
  };

  CaptureMemory() = default;
  RingHeader& header() { return *reinterpret_cast<RingHeader*>(frames_.data()); }
  ReaderPage& reader() { return *reinterpret_cast<ReaderPage*>(reader_.data()); }

  UniqueFd frames_fd_;
  UniqueFd reader_fd_;
  Mapping frames_;
  Mapping reader_;
  std::vector<Ring> rings_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CAPTURE_CAPTURE_MEMORY_H_
