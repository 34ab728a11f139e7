#include "switch/worker/buffer_pool.h"

#include <sys/mman.h>

namespace vswitch {

absl::StatusOr<std::unique_ptr<BufferPool>> BufferPool::Create(size_t count) {
  void* memory = mmap(nullptr, count * kStride, PROT_READ | PROT_WRITE,
                      MAP_ANONYMOUS | MAP_PRIVATE | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return absl::ResourceExhaustedError("no memory for the ingress buffers: see ulimit -v");
  }
  return std::unique_ptr<BufferPool>(new BufferPool(static_cast<uint8_t*>(memory), count));
}

BufferPool::BufferPool(uint8_t* memory, size_t count) : memory_(memory), count_(count) {
  free_.reserve(count);
  for (size_t i = count; i > 0; --i) free_.push_back(static_cast<uint16_t>(i - 1));
}

BufferPool::~BufferPool() { munmap(memory_, count_ * kStride); }

}  // namespace vswitch
