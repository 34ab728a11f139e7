// The ingress buffers of one worker, shared by all its ports: an idle port holds none.
//
// Each buffer takes a virtio_net_hdr and the largest frame a TAP can carry (a 64 KiB super-frame),
// so that no frame is ever cut. Memory is touched only as far as frames reach, and the free list is
// a stack: a switch that moves small frames stays in a few pages. What long frames have touched is
// given back to the kernel once it is idle (GiveBackIdle). The stride is an odd number of cache
// lines, not a multiple of the page: with page-aligned starts all headers would compete for the
// same L1 sets (measured: about 5 %).
//
// In front of each buffer's data is room of ours, a cache line, so that a tag can be pushed in
// place.
//
// Thread-safety: one thread, but for HasMemoryToGiveBack(), which any may ask.
#ifndef VSWITCH_SWITCH_WORKER_BUFFER_POOL_H_
#define VSWITCH_SWITCH_WORKER_BUFFER_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "bridge/wire/frame_bytes.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {

class BufferPool {
 public:
  // virtio_net_hdr + Ethernet + two VLAN tags + 64 KiB, and a byte more, so that a full buffer
  // means a cut frame.
  static constexpr uint32_t kBufferBytes =
      kOffloadHeaderBytes + kEthernetHeaderBytes + 2 * kVlanTagBytes + 65536 + 1;
  static constexpr uint32_t kHeadroom = 64;
  static constexpr size_t kStride = 1059 * 64;
  static_assert(kStride >= kHeadroom + kBufferBytes && kStride % 4096 != 0);

  // `count` up to 32,768. ResourceExhausted when the address space cannot be had.
  static absl::StatusOr<std::unique_ptr<BufferPool>> Create(size_t count);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  // kBufferBytes, with kHeadroom in front of them.
  uint8_t* Data(uint16_t buffer) const { return memory_ + buffer * kStride + kHeadroom; }

  size_t free_count() const { return free_.size(); }
  // REQUIRES: free_count() > 0.
  uint16_t Take() {
    const uint16_t buffer = free_.back();
    free_.pop_back();
    return buffer;
  }
  void Return(uint16_t buffer) {
    use_[buffer].holds_frame = false;
    free_.push_back(buffer);
  }

  // A frame of so many bytes was read into the buffer, and lies there until Return().
  void OnFilled(uint16_t buffer, uint32_t bytes) {
    use_[buffer].holds_frame = true;
    if (bytes > kLongBytes) OnLong(buffer);
  }
  // To be called once in a while: gives back to the kernel the memory of buffers that held a long
  // frame, but hold none now and were given no long one since the call before. What is handed to
  // the kernel to read into may be among them; what it has filled may not, so OnFilled() must have
  // been told of all. Takes up to 5 us a buffer.
  void GiveBackIdle();
  bool HasMemoryToGiveBack() const { return long_count_.load(std::memory_order_relaxed) > 0; }

 private:
  // A shorter one touches a page, or two.
  static constexpr uint32_t kLongBytes = 4096;

  // Of a buffer since its memory was given back.
  struct Use {
    // When a long frame was last read into it, in calls of GiveBackIdle(); 0: not at all.
    uint32_t last_long = 0;
    bool holds_frame = false;
  };

  BufferPool(uint8_t* memory, size_t count);
  void OnLong(uint16_t buffer);
  // Of buffers first to end - 1.
  void GiveBack(size_t first, size_t end);

  uint8_t* memory_;
  size_t count_;
  std::vector<uint16_t> free_;
  std::vector<Use> use_;
  uint32_t now_ = 1;
  // Buffers with `last_long`. Relaxed: a hint to whoever calls GiveBackIdle().
  std::atomic<uint32_t> long_count_{0};
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_BUFFER_POOL_H_
