#include "switch/worker/buffer_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace vswitch {
namespace {

TEST(BufferPoolTest, EachBufferHasItsDataAndItsHeadroomToItself) {
  constexpr uint16_t kBuffers = 8;
  auto pool = BufferPool::Create(kBuffers);
  ASSERT_TRUE(pool.ok()) << pool.status();
  constexpr size_t kBytes = BufferPool::kHeadroom + BufferPool::kBufferBytes;
  const auto begin = [&](uint16_t buffer) { return (*pool)->Data(buffer) - BufferPool::kHeadroom; };
  for (uint16_t buffer = 0; buffer < kBuffers; ++buffer) memset(begin(buffer), buffer, kBytes);
  for (uint16_t buffer = 0; buffer < kBuffers; ++buffer) {
    EXPECT_EQ(std::count(begin(buffer), begin(buffer) + kBytes, buffer), kBytes);
  }
}

TEST(BufferPoolTest, GivesTheLastReturnedFirst) {
  auto pool = BufferPool::Create(4);
  ASSERT_TRUE(pool.ok()) << pool.status();
  const uint16_t first = (*pool)->Take();
  const uint16_t second = (*pool)->Take();
  EXPECT_NE(first, second);
  EXPECT_EQ((*pool)->free_count(), 2u);
  (*pool)->Return(second);
  (*pool)->Return(first);
  EXPECT_EQ((*pool)->Take(), first) << "its memory is warm";
  EXPECT_EQ((*pool)->Take(), second);
}

}  // namespace
}  // namespace vswitch
