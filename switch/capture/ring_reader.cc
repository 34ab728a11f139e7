#include "switch/capture/ring_reader.h"

#include <linux/futex.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

size_t SizeOf(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 ? static_cast<size_t>(info.st_size) : 0;
}

absl::Status NotOurs() {
  return absl::InternalError(
      "the daemon's capture cannot be read: are vswitchctl and vswitchd of the same release?");
}

}  // namespace

absl::StatusOr<RingReader> RingReader::Open(int frames_fd, int reader_fd) {
  const size_t bytes = SizeOf(frames_fd);
  if (bytes < CaptureBytes(1) || SizeOf(reader_fd) != kCapturePage) return NotOurs();
  Mapping frames = Mapping::Of(frames_fd, bytes, PROT_READ);
  Mapping reader = Mapping::Of(reader_fd, kCapturePage, PROT_READ | PROT_WRITE);
  if (!frames || !reader) {
    return absl::ResourceExhaustedError(StrCat("cannot map the capture: ", strerror(errno)));
  }
  const auto* header = reinterpret_cast<const RingHeader*>(frames.data());
  const size_t rings = header->rings;
  const bool fits = rings > 0 && rings <= kMaxCaptureRings && CaptureBytes(rings) == bytes;
  if (header->layout != kCaptureLayout || !fits) return NotOurs();
  return RingReader(std::move(frames), std::move(reader), rings);
}

RingReader::RingReader(Mapping frames, Mapping reader, size_t rings)
    : frames_(std::move(frames)), reader_(std::move(reader)) {
  for (size_t i = 0; i < rings; ++i) {
    const uint8_t* const control = frames_.data() + ControlOffset(i);
    rings_.push_back({.control = reinterpret_cast<const RingControl*>(control),
                      .data = frames_.data() + DataOffset(i)});
  }
}

void RingReader::Release() {
  for (size_t i = 0; i < rings_.size(); ++i) {
    if (rings_[i].taken == 0) continue;
    rings_[i].tail += std::exchange(rings_[i].taken, 0);
    // Pairs with the writer's acquire: it may write there again.
    page().tail[i].store(rings_[i].tail, std::memory_order_release);
  }
}

std::optional<CaptureRecord> RingReader::Peek(Ring* ring) {
  while (true) {
    const uint64_t head = ring->control->head.load(std::memory_order_acquire);
    const uint64_t there = head - ring->tail;
    const size_t offset = ring->tail % kCaptureRingBytes;
    const size_t to_end = kCaptureRingBytes - offset;
    if (there == 0 || there > kCaptureRingBytes || to_end < 8) return std::nullopt;
    CaptureRecord record{};
    std::memcpy(&record, ring->data + offset, std::min(sizeof(record), to_end));
    if (record.size == 0 || record.size % 8 != 0 ||
        record.size > std::min<uint64_t>(there, to_end)) {
      return std::nullopt;
    }
    if (record.direction != CaptureDirection::kPadding) {
      const bool fits = record.size >= sizeof(record) &&
                        record.length <= record.size - sizeof(record) &&
                        record.port < kMaxCapturePorts;
      return fits ? std::optional(record) : std::nullopt;
    }
    ring->tail += record.size;
  }
}

std::optional<CapturedFrame> RingReader::Next() {
  Release();
  Ring* first = nullptr;
  CaptureRecord about{};
  for (Ring& ring : rings_) {
    const std::optional<CaptureRecord> record = Peek(&ring);
    if (!record.has_value() || (first != nullptr && about.time_ns <= record->time_ns)) continue;
    first = &ring;
    about = *record;
  }
  if (first == nullptr) return std::nullopt;
  first->taken = about.size;
  const uint8_t* const data = first->data + first->tail % kCaptureRingBytes + sizeof(about);
  return CapturedFrame{.about = about, .bytes = {data, about.length}};
}

void RingReader::Wait(std::chrono::milliseconds limit) {
  Release();
  // Said before the last look: either the writer sees that we sleep, or we see its turn.
  page().sleeps.store(1, std::memory_order_seq_cst);
  const uint32_t turn = header().turn.load(std::memory_order_seq_cst);
  bool is_idle = !HasEnded();
  for (const Ring& ring : rings_) is_idle = is_idle && !HasRecord(ring);
  if (is_idle) {
    const timespec time = {.tv_sec = limit.count() / 1000,
                           .tv_nsec = limit.count() % 1000 * 1'000'000};
    syscall(SYS_futex, &header().turn, FUTEX_WAIT, turn, &time, nullptr, 0);
  }
  page().sleeps.store(0, std::memory_order_relaxed);
}

CaptureTotals RingReader::Totals(size_t port) const {
  CaptureTotals totals;
  for (const Ring& ring : rings_) {
    totals.taken += ring.control->counts[port].taken.load(std::memory_order_relaxed);
    totals.lost += ring.control->counts[port].lost.load(std::memory_order_relaxed);
  }
  return totals;
}

}  // namespace vswitch
