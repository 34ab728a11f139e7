#include "switch/base/zeroed_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace vswitch {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

size_t RoundUp(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace

std::shared_ptr<void> MapZeroed(size_t bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t length = RoundUp(bytes, page);
  const size_t slack = length < kHugePage ? 0 : kHugePage - page;
  void* const memory = mmap(nullptr, length + slack, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, /*fd=*/-1, /*offset=*/0);
  if (memory == MAP_FAILED) return nullptr;
  // What was mapped only for the alignment goes back at once.
  char* const mapped = static_cast<char*>(memory);
  const uintptr_t address = reinterpret_cast<uintptr_t>(mapped);
  const size_t before = slack == 0 ? 0 : RoundUp(address, kHugePage) - address;
  if (before > 0) munmap(mapped, before);
  if (before < slack) munmap(mapped + before + length, slack - before);
  return {mapped + before, [length](void* start) { munmap(start, length); }};
}

}  // namespace vswitch
