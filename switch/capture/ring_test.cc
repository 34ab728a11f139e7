// The memory between daemon and client: what is put in comes out, in order; what has no room is
// counted; and nothing that a client does to its part harms the writer.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "switch/capture/capture_memory.h"
#include "switch/capture/ring_reader.h"

namespace vswitch {
namespace {

using Bytes = std::vector<uint8_t>;

// Both ends.
struct Both {
  explicit Both(size_t rings = 1) : memory(*CaptureMemory::Create(rings)) {
    frames_fd = memory->TakeFramesFd();
    reader_fd = memory->TakeReaderFd();
    auto opened = RingReader::Open(frames_fd.get(), reader_fd.get());
    EXPECT_TRUE(opened.ok()) << opened.status();
    reader = std::make_unique<RingReader>(*std::move(opened));
  }

  void Put(const Bytes& bytes, uint64_t time_ns = 0, size_t ring = 0, uint16_t port = 0) {
    const std::span<const uint8_t> pieces[] = {std::span(bytes).first(bytes.size() / 2),
                                               std::span(bytes).subspan(bytes.size() / 2)};
    memory->Write(ring,
                  {.direction = CaptureDirection::kInbound,
                   .reason = kNotDropped,
                   .port = port,
                   .time_ns = time_ns},
                  pieces);
  }

  std::unique_ptr<CaptureMemory> memory;
  UniqueFd frames_fd;
  UniqueFd reader_fd;
  std::unique_ptr<RingReader> reader;
};

Bytes Numbered(uint32_t number, size_t length) {
  Bytes bytes(length);
  for (size_t i = 0; i < length; ++i) bytes[i] = static_cast<uint8_t>(number + i);
  return bytes;
}

TEST(CaptureRingTest, WhatIsPutInComesOutInOrder) {
  Both both;
  std::minstd_rand random(1);
  // Round the ring's end many times, and up to it at every length.
  uint32_t read = 0;
  std::vector<size_t> lengths;
  for (uint32_t number = 0; number < 2'000; ++number) {
    lengths.push_back(random() % 3 == 0 ? random() % 65'536 : random() % 100);
    both.Put(Numbered(number, lengths.back()), number);
    if (number % 20 != 19) continue;
    while (const auto frame = both.reader->Next()) {
      ASSERT_EQ(Bytes(frame->bytes.begin(), frame->bytes.end()), Numbered(read, lengths[read]));
      EXPECT_EQ(frame->about.time_ns, read);
      EXPECT_EQ(frame->about.lost, 0u);
      ++read;
    }
  }
  EXPECT_EQ(read, 2'000u);
  EXPECT_EQ(both.reader->Totals(0).taken, 2'000u);
  EXPECT_EQ(both.reader->Totals(0).lost, 0u);
}

TEST(CaptureRingTest, FramesOfSeveralWorkersComeByTheirTimes) {
  Both both(3);
  both.Put({1}, 10, 2);
  both.Put({2}, 30, 2);
  both.Put({3}, 20, 0);
  both.Put({4}, 5, 1);
  std::string order;
  while (const auto frame = both.reader->Next()) order += std::to_string(frame->bytes[0]);
  EXPECT_EQ(order, "4132");
}

TEST(CaptureRingTest, ALossIsCountedAndToldWithTheNextFrameOfThePort) {
  Both both;
  const Bytes frame(65'000);
  for (int i = 0; i < 100; ++i) both.Put(frame, 0, 0, i % 2);
  uint64_t read = 0;
  while (both.reader->Next()) ++read;
  EXPECT_GT(read, 60u);
  EXPECT_LT(read, 65u);
  const uint64_t lost = both.reader->Totals(0).lost + both.reader->Totals(1).lost;
  EXPECT_EQ(read + lost, 100u);
  EXPECT_EQ(both.reader->Totals(0).taken, 50u);
  // There is room again.
  both.Put(frame, 0, 0, 1);
  const auto next = both.reader->Next();
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->about.port, 1);
  EXPECT_EQ(next->about.lost, both.reader->Totals(1).lost);
}

// mm/shmem.c: F_SEAL_FUTURE_WRITE.
TEST(CaptureRingTest, AClientCanNeitherWriteFramesNorTakeTheirMemoryAway) {
  Both both;
  const size_t bytes = CaptureBytes(1);
  EXPECT_EQ(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, both.frames_fd.get(), 0),
            MAP_FAILED);
  char byte = 1;
  EXPECT_LT(pwrite(both.frames_fd.get(), &byte, 1, 0), 0);
  EXPECT_NE(ftruncate(both.frames_fd.get(), 0), 0);
  EXPECT_NE(ftruncate(both.reader_fd.get(), 0), 0);
  EXPECT_NE(fallocate(both.frames_fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096),
            0);
  EXPECT_NE(fcntl(both.reader_fd.get(), F_ADD_SEALS, F_SEAL_WRITE), 0);
  // Not by another way to the same file either.
  const std::string path = "/proc/self/fd/" + std::to_string(both.frames_fd.get());
  const UniqueFd again(open(path.c_str(), O_RDWR));
  EXPECT_LT(write(again.get(), &byte, 1), 0);
}

// Whatever it says of how far it has read, the writer stays in its memory and counts. ASan would
// see more.
TEST(CaptureRingTest, ALyingReaderHarmsItselfOnly) {
  Both both;
  Mapping page = Mapping::Of(both.reader_fd.get(), kCapturePage, PROT_READ | PROT_WRITE);
  ASSERT_TRUE(page);
  auto* const told = reinterpret_cast<ReaderPage*>(page.data());
  std::minstd_rand random(7);
  const uint64_t kLies[] = {
      1,       ~uint64_t{0},          uint64_t{1} << 63, kCaptureRingBytes + 1,
      1 << 20, kCaptureRingBytes - 1, 12'345'678'901};
  for (int i = 0; i < 20'000; ++i) {
    told->tail[0] = random() % 2 == 0 ? kLies[random() % std::size(kLies)] : random();
    told->sleeps = random();
    both.Put(Bytes(random() % 2'000));
    if (i % 100 == 0) both.memory->Wake();
  }
  EXPECT_EQ(both.reader->Totals(0).taken, 20'000u);
  // It finds frames or none, and comes to an end.
  for (int i = 0; i < 20'000 && both.reader->Next().has_value(); ++i) continue;
}

TEST(CaptureRingTest, ASleepingReaderIsWoken) {
  Both both;
  std::thread writer([&] {
    for (uint32_t i = 0; i < 20'000; ++i) {
      both.Put(Numbered(i, 4), i);
      both.memory->Wake();
      // A reader that would miss the wake-up would sleep for an hour.
      if (i % 16 == 0) std::this_thread::yield();
    }
    both.memory->End();
  });
  uint64_t read = 0;
  while (true) {
    const bool has_ended = both.reader->HasEnded();
    const auto frame = both.reader->Next();
    if (frame.has_value()) {
      ++read;
      continue;
    }
    if (has_ended) break;
    both.reader->Wait(std::chrono::hours(1));
  }
  writer.join();
  EXPECT_EQ(read, 20'000u);
}

TEST(CaptureRingTest, OtherMemoryIsRefused) {
  Both both;
  EXPECT_FALSE(RingReader::Open(both.reader_fd.get(), both.reader_fd.get()).ok());
  EXPECT_FALSE(RingReader::Open(-1, -1).ok());
  const UniqueFd zeros(memfd_create("zeros", MFD_CLOEXEC));
  ASSERT_EQ(ftruncate(zeros.get(), static_cast<off_t>(CaptureBytes(1))), 0);
  EXPECT_FALSE(RingReader::Open(zeros.get(), both.reader_fd.get()).ok());
}

}  // namespace
}  // namespace vswitch
