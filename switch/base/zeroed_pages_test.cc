#include "switch/base/zeroed_pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

namespace vswitch {
namespace {

constexpr size_t kMib = size_t{1} << 20;

size_t ResidentKib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (size_t kib = 0; word == "VmRSS:" && status >> kib) return kib;
  }
  return 0;
}

TEST(ZeroedPagesTest, AreZeroedAlignedAndWritable) {
  for (const size_t bytes : {size_t{1}, size_t{5000}, 2 * kMib, 2 * kMib + 1, 9 * kMib}) {
    const std::shared_ptr<void> memory = MapZeroed(bytes);
    ASSERT_NE(memory, nullptr) << bytes;
    const size_t alignment = bytes < 2 * kMib ? 4096 : 2 * kMib;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.get()) % alignment, 0) << bytes;
    char* const chars = static_cast<char*>(memory.get());
    EXPECT_EQ(chars[0] + chars[bytes / 2] + chars[bytes - 1], 0);
    chars[0] = chars[bytes - 1] = 1;
  }
}

TEST(ZeroedPagesTest, CostNothingUntilTheyAreWrittenTo) {
  const size_t before = ResidentKib();
  ASSERT_GT(before, 0);
  const std::shared_ptr<void> memory = MapZeroed(256 * kMib);
  ASSERT_NE(memory, nullptr);
  EXPECT_LT(ResidentKib(), before + 1024);
}

TEST(ZeroedPagesTest, AreRefusedInsteadOfThrown) {
  EXPECT_EQ(MapZeroed(std::numeric_limits<size_t>::max() / 4), nullptr);
}

}  // namespace
}  // namespace vswitch
