#include "switch/worker/buffer_pool.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace vswitch {

absl::StatusOr<std::unique_ptr<BufferPool>> BufferPool::Create(size_t count) {
  void* memory = mmap(nullptr, count * kStride, PROT_READ | PROT_WRITE,
                      MAP_ANONYMOUS | MAP_PRIVATE | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return absl::ResourceExhaustedError("no memory for the ingress buffers: see ulimit -v");
  }
  return std::unique_ptr<BufferPool>(new BufferPool(static_cast<uint8_t*>(memory), count));
}

BufferPool::BufferPool(uint8_t* memory, size_t count)
    : memory_(memory), count_(count), use_(count) {
  free_.reserve(count);
  for (size_t i = count; i > 0; --i) free_.push_back(static_cast<uint16_t>(i - 1));
}

void BufferPool::OnLong(uint16_t buffer) {
  Use& use = use_[buffer];
  if (use.last_long == 0) {
    long_count_.store(long_count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  use.last_long = now_;
}

void BufferPool::GiveBackIdle() {
  uint32_t long_count = 0;
  // Of neighbours at once, since they share a page.
  size_t run = 0;
  for (size_t i = 0; i < count_; ++i) {
    Use& use = use_[i];
    if (use.last_long != 0 && !use.holds_frame && use.last_long < now_) {
      use.last_long = 0;
      ++run;
      continue;
    }
    long_count += use.last_long != 0;
    if (run > 0) GiveBack(i - run, i);
    run = 0;
  }
  if (run > 0) GiveBack(count_ - run, count_);
  ++now_;
  long_count_.store(long_count, std::memory_order_relaxed);
}

void BufferPool::GiveBack(size_t first, size_t end) {
  // Whole pages of no other buffer.
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto memory = reinterpret_cast<uintptr_t>(memory_);
  const uintptr_t from = (memory + first * kStride + page - 1) & ~(page - 1);
  const uintptr_t to = (memory + end * kStride) & ~(page - 1);
  madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

BufferPool::~BufferPool() { munmap(memory_, count_ * kStride); }

}  // namespace vswitch
