#include "switch/capture/capture_memory.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

absl::Status NoMemory(const char* what) {
  return absl::ResourceExhaustedError(
      StrCat("there is no memory for a capture (", what, ": ", strerror(errno),
             "): let vswitchd have more (MemoryMax=, ulimit -v and -n), or end another capture"));
}

// Of `bytes` zeros, which stay so many: a reader cannot make us touch what is not there.
absl::StatusOr<UniqueFd> MakeMemory(const char* name, size_t bytes) {
  UniqueFd fd(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return NoMemory("memfd_create");
  if (ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) return NoMemory("ftruncate");
  if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) return NoMemory("seals");
  return fd;
}

size_t RoundUp(size_t bytes) { return (bytes + 7) & ~size_t{7}; }

}  // namespace

absl::StatusOr<std::unique_ptr<CaptureMemory>> CaptureMemory::Create(size_t rings) {
  std::unique_ptr<CaptureMemory> memory(new CaptureMemory);
  auto frames = MakeMemory("vswitch-capture", CaptureBytes(rings));
  if (!frames.ok()) return frames.status();
  auto reader = MakeMemory("vswitch-capture-reader", kCapturePage);
  if (!reader.ok()) return reader.status();
  constexpr int kReadWrite = PROT_READ | PROT_WRITE;
  memory->frames_ = Mapping::Of(frames->get(), CaptureBytes(rings), kReadWrite);
  memory->reader_ = Mapping::Of(reader->get(), kCapturePage, kReadWrite);
  if (!memory->frames_ || !memory->reader_) return NoMemory("mmap");
  // From here on nobody else can write, or take pages away. The page of the reader is all that it
  // can change, and so it must not be able to seal it either.
  if (fcntl(frames->get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) != 0 ||
      fcntl(reader->get(), F_ADD_SEALS, F_SEAL_SEAL) != 0) {
    return NoMemory("seals");
  }
  memory->frames_fd_ = *std::move(frames);
  memory->reader_fd_ = *std::move(reader);

  RingHeader* const header = new (memory->frames_.data()) RingHeader;
  header->layout = kCaptureLayout;
  header->rings = static_cast<uint32_t>(rings);
  for (size_t i = 0; i < rings; ++i) {
    Ring& ring = memory->rings_.emplace_back();
    ring.control = new (memory->frames_.data() + ControlOffset(i)) RingControl;
    ring.data = memory->frames_.data() + DataOffset(i);
  }
  return memory;
}

void CaptureMemory::Write(size_t index, const CaptureRecord& about,
                          std::span<const std::span<const uint8_t>> pieces) {
  Ring& ring = rings_[index];
  CaptureCounts& counts = ring.control->counts[about.port];
  counts.taken.fetch_add(1, std::memory_order_relaxed);
  size_t bytes = 0;
  for (const auto& piece : pieces) bytes += piece.size();
  const size_t size = RoundUp(sizeof(CaptureRecord) + bytes);
  const size_t offset = ring.head % kCaptureRingBytes;
  const size_t to_end = kCaptureRingBytes - offset;
  const size_t padding = to_end < size ? to_end : 0;
  // What the reader says may be anything: a place that it cannot have read to yet, or one that we
  // have long left, is as good as none. Acquire: it has read what we write over.
  const uint64_t tail = reader().tail[index].load(std::memory_order_acquire);
  const uint64_t used = ring.head - tail;
  if (used > kCaptureRingBytes || kCaptureRingBytes - used < padding + size) {
    counts.lost.fetch_add(1, std::memory_order_relaxed);
    ++ring.lost[about.port];
    return;
  }
  if (padding > 0) {
    const CaptureRecord filler{.size = static_cast<uint32_t>(padding),
                               .direction = CaptureDirection::kPadding};
    // A record begins at a multiple of 8, so that at least these are there.
    std::memcpy(ring.data + offset, &filler, std::min(padding, sizeof(filler)));
  }
  uint8_t* to = ring.data + (ring.head + padding) % kCaptureRingBytes;
  CaptureRecord record = about;
  record.size = static_cast<uint32_t>(size);
  record.length = static_cast<uint32_t>(bytes);
  record.lost = std::exchange(ring.lost[about.port], 0);
  std::memcpy(to, &record, sizeof(record));
  to += sizeof(record);
  for (const auto& piece : pieces) to = std::copy(piece.begin(), piece.end(), to);
  ring.head += padding + size;
  // Pairs with the reader's acquire.
  ring.control->head.store(ring.head, std::memory_order_release);
}

void CaptureMemory::Wake() {
  // Before the question: either the reader sees the new turn before it sleeps, or we see that it is
  // about to (ring_reader.cc).
  header().turn.fetch_add(1, std::memory_order_seq_cst);
  if (reader().sleeps.load(std::memory_order_seq_cst) == 0) return;
  syscall(SYS_futex, &header().turn, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void CaptureMemory::End() {
  header().ended.store(1, std::memory_order_release);
  Wake();
}

}  // namespace vswitch
