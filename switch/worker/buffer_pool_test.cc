#include "switch/worker/buffer_pool.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

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

// How many of the buffer's pages are resident.
size_t ResidentPages(const BufferPool& pool, uint16_t buffer) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t begin = reinterpret_cast<uintptr_t>(pool.Data(buffer)) & ~(page - 1);
  std::vector<unsigned char> pages(BufferPool::kBufferBytes / page);
  EXPECT_EQ(mincore(reinterpret_cast<void*>(begin), pages.size() * page, pages.data()), 0);
  return static_cast<size_t>(std::ranges::count_if(pages, [](auto bits) { return bits & 1; }));
}

TEST(BufferPoolTest, GivesBackWhatLongFramesHaveTouchedAndNobodyUses) {
  auto pool = BufferPool::Create(4);
  ASSERT_TRUE(pool.ok()) << pool.status();
  EXPECT_FALSE((*pool)->HasMemoryToGiveBack());
  const auto fill = [&](uint16_t buffer, uint32_t bytes) {
    memset((*pool)->Data(buffer), 1 + buffer, bytes);
    (*pool)->OnFilled(buffer, bytes);
  };
  const uint16_t held = (*pool)->Take();
  const uint16_t returned = (*pool)->Take();
  const uint16_t small = (*pool)->Take();
  fill(small, 1500);
  EXPECT_FALSE((*pool)->HasMemoryToGiveBack());
  fill(held, 60'000);
  fill(returned, 60'000);
  (*pool)->Return(returned);
  EXPECT_TRUE((*pool)->HasMemoryToGiveBack());
  (*pool)->GiveBackIdle();
  EXPECT_GT(ResidentPages(**pool, returned), 10u) << "used a moment ago";
  (*pool)->GiveBackIdle();
  EXPECT_LE(ResidentPages(**pool, returned), 2u);
  for (int i = 0; i < 5; ++i) (*pool)->GiveBackIdle();
  const uint8_t* const data = (*pool)->Data(held);
  EXPECT_EQ(std::count(data, data + 60'000, 1 + held), 60'000) << "the frame is still there";
  EXPECT_EQ((*pool)->Data(small)[1499], 1 + small);
  (*pool)->Return(held);
  (*pool)->GiveBackIdle();
  EXPECT_LE(ResidentPages(**pool, held), 2u);
  EXPECT_FALSE((*pool)->HasMemoryToGiveBack());
  // And again; what holds a short frame by now keeps it.
  const uint16_t again = (*pool)->Take();
  fill(again, 60'000);
  (*pool)->Return(again);
  ASSERT_EQ((*pool)->Take(), again);
  fill(again, 1000);
  for (int i = 0; i < 3; ++i) (*pool)->GiveBackIdle();
  EXPECT_EQ((*pool)->Data(again)[999], 1 + again);
  (*pool)->Return(again);
  (*pool)->GiveBackIdle();
  EXPECT_LE(ResidentPages(**pool, again), 2u);
}

}  // namespace
}  // namespace vswitch
