// What <liburing.h> would inline into the data path is a call here: measured, 5 ns a write and 4 a
// completion, where a frame costs some 3 us; beside a write to /dev/null, 280 ns, not to be seen.
#include "switch/worker/ring.h"

#include <liburing.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#include <cerrno>
#include <compare>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace vswitch {
namespace {

// IORING_OP_READ_MULTISHOT, uapi/linux/io_uring.h of 6.7; liburing 2.3 does not know it.
constexpr int kOpReadMultishot = 49;
constexpr uint16_t kBufferGroup = 0;
constexpr int kNowait = 0x8;  // RWF_NOWAIT, uapi/linux/fs.h.

absl::Status ExplainSetup(int error) {
  switch (error) {
    case EPERM: {
      int disabled = 0;
      std::ifstream("/proc/sys/kernel/io_uring_disabled") >> disabled;
      if (disabled != 0) {
        return absl::FailedPreconditionError(absl::StrCat(
            "io_uring is disabled on this host (sysctl kernel.io_uring_disabled = ", disabled,
            "): allow it with 'sysctl -w kernel.io_uring_disabled=0'"));
      }
      return absl::PermissionDeniedError(
          "the kernel refuses io_uring to this process: a seccomp filter or a security module "
          "forbids it (containers often do); allow io_uring_setup, io_uring_enter and "
          "io_uring_register");
    }
    case ENOSYS:
      return absl::UnimplementedError(
          "this kernel has no io_uring (CONFIG_IO_URING): vswitchd needs Linux 6.1 or later");
    case EINVAL:
      return absl::UnimplementedError(
          "this kernel's io_uring lacks SINGLE_ISSUER | DEFER_TASKRUN: vswitchd needs Linux 6.1 or "
          "later");
    case ENOMEM:
      return absl::ResourceExhaustedError(
          "no memory for an io_uring: raise the locked-memory limit (ulimit -l, LimitMEMLOCK=)");
    case EMFILE:
      return absl::ResourceExhaustedError(
          "no file descriptor left for an io_uring: raise the open-files limit (ulimit -n, "
          "LimitNOFILE=)");
    default:
      return absl::InternalError(absl::StrCat("io_uring_setup: ", strerror(error)));
  }
}

struct KernelVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  friend auto operator<=>(const KernelVersion&, const KernelVersion&) = default;
};

// 0.0.0 when the kernel does not say.
KernelVersion RunningKernel() {
  KernelVersion version;
  utsname name{};
  if (uname(&name) == 0) {
    sscanf(name.release, "%d.%d.%d", &version.major, &version.minor, &version.patch);
  }
  return version;
}

}  // namespace

bool IsTransient(int result) {
  return result == -EINTR || result == -EBUSY || result == -EAGAIN || result == -ENOBUFS ||
         result == -ENOMEM;
}

Ring::Ring() : ring_(new io_uring{}) {}

absl::StatusOr<std::unique_ptr<Ring>> Ring::Create(const Options& options) {
  std::unique_ptr<Ring> ring(new Ring);
  // FMODE_NOWAIT of TAPs; before, RWF_NOWAIT is refused with EOPNOTSUPP.
  ring->write_flags_ = RunningKernel() >= KernelVersion{6, 4, 0} ? kNowait : 0;
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE |
                 IORING_SETUP_SUBMIT_ALL;
  if (options.flag_work) params.flags |= IORING_SETUP_TASKRUN_FLAG;
  params.cq_entries = options.completion_entries;
  io_uring* const raw = ring->ring_.get();
  int error = io_uring_queue_init_params(options.submission_entries, raw, &params);
  if (error < 0) return ExplainSetup(-error);
  ring->open_ = true;
  ring->pieces_.resize(size_t{2} * params.sq_entries);

  error = io_uring_register_files_sparse(raw, options.file_slots);
  if (error == -EMFILE) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the open-files limit is below the ", options.file_slots,
                     " that the ports may need: raise it (ulimit -n, LimitNOFILE=)"));
  }
  if (error < 0) {
    return absl::InternalError(absl::StrCat("io_uring_register_files: ", strerror(-error)));
  }
  // The ring's own descriptor too: spares a look-up in every enter. Not vital, so not checked.
  io_uring_register_ring_fd(raw);
  return ring;
}

Ring::~Ring() {
  // Closing the ring cancels what is in flight before the buffers' memory goes.
  if (open_) io_uring_queue_exit(ring_.get());
  if (buffers_ != nullptr) munmap(buffers_, buffer_ring_bytes_);
}

bool Ring::SupportsMultishotRead() {
  std::unique_ptr<io_uring_probe, void (*)(io_uring_probe*)> probe(io_uring_get_probe(),
                                                                   io_uring_free_probe);
  if (probe == nullptr || probe->last_op < kOpReadMultishot) return false;
  // 6.7.0 to 6.7.4 have the opcode with a defect that can lose a wake-up; no feature flag tells
  // them apart.
  return RunningKernel() >= KernelVersion{6, 7, 5};
}

absl::Status Ring::SetFile(uint32_t slot, int fd) {
  const int result = io_uring_register_files_update(ring_.get(), slot, &fd, 1);
  if (result == 1) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("io_uring_register_files_update: ", strerror(-result)));
}

// ---- Provided buffers ----

absl::Status Ring::MakeBufferRing(uint32_t entries) {
  buffer_ring_bytes_ = entries * sizeof(io_uring_buf);
  void* memory =
      mmap(nullptr, buffer_ring_bytes_, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) return absl::ResourceExhaustedError("no memory for the buffer ring");
  buffers_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_ring_init(buffers_);
  buffer_mask_ = io_uring_buf_ring_mask(entries);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uintptr_t>(memory);
  registration.ring_entries = entries;
  registration.bgid = kBufferGroup;
  const int error = io_uring_register_buf_ring(ring_.get(), &registration, 0);
  if (error == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("io_uring_register_buf_ring: ", strerror(-error)));
}

void Ring::AddBuffer(uint16_t id, void* data, uint32_t bytes) {
  io_uring_buf_ring_add(buffers_, data, bytes, id, buffer_mask_, added_++);
}

void Ring::Publish() {
  if (added_ == 0) return;
  io_uring_buf_ring_advance(buffers_, added_);
  added_ = 0;
}

// ---- Requests ----

bool Ring::ArmRead(uint32_t slot, Token token) {
  io_uring_sqe* sqe = io_uring_get_sqe(ring_.get());
  if (sqe == nullptr) return false;
  // As io_uring/rw.c, io_read_mshot_prep wants it.
  io_uring_prep_rw(kOpReadMultishot, sqe, static_cast<int>(slot), nullptr, 0, ~uint64_t{0});
  sqe->buf_group = kBufferGroup;
  sqe->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  sqe->user_data = token.Pack();
  return true;
}

bool Ring::ArmPoll(uint32_t slot, Token token) {
  io_uring_sqe* sqe = io_uring_get_sqe(ring_.get());
  if (sqe == nullptr) return false;
  io_uring_prep_poll_multishot(sqe, static_cast<int>(slot), POLLIN);
  sqe->flags = IOSQE_FIXED_FILE;
  sqe->user_data = token.Pack();
  return true;
}

io_uring_sqe* Ring::GetWrite(uint32_t slot, int opcode, const void* data, uint32_t length,
                             Token token) {
  io_uring_sqe* sqe = io_uring_get_sqe(ring_.get());
  if (sqe == nullptr) return nullptr;
  io_uring_prep_rw(opcode, sqe, static_cast<int>(slot), data, length, ~uint64_t{0});
  sqe->rw_flags = write_flags_;
  sqe->flags = IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = token.Pack();
  return sqe;
}

bool Ring::QueueWrite(uint32_t slot, const void* data, uint32_t bytes, Token token) {
  return GetWrite(slot, IORING_OP_WRITE, data, bytes, token) != nullptr;
}

bool Ring::QueueWrite(uint32_t slot, std::span<const uint8_t> head, std::span<const uint8_t> body,
                      Token token) {
  io_uring_sqe* sqe = GetWrite(slot, IORING_OP_WRITEV, nullptr, 2, token);
  if (sqe == nullptr) return false;
  iovec* pieces = &pieces_[2 * static_cast<size_t>(sqe - ring_->sq.sqes)];
  pieces[0] = {const_cast<uint8_t*>(head.data()), head.size()};
  pieces[1] = {const_cast<uint8_t*>(body.data()), body.size()};
  sqe->addr = reinterpret_cast<uintptr_t>(pieces);
  return true;
}

bool Ring::Cancel(Token target) {
  io_uring_sqe* sqe = io_uring_get_sqe(ring_.get());
  if (sqe == nullptr) return false;
  io_uring_prep_cancel64(sqe, target.Pack(), 0);
  sqe->user_data = Token{.kind = Token::Kind::kCancel}.Pack();
  return true;
}

bool Ring::HasQueued() const { return io_uring_sq_ready(ring_.get()) > 0; }

// ---- Submitting and collecting ----

void Ring::Flush() {
  while (HasQueued()) {
    const int result = Submit();
    if (result < 0 && !IsTransient(result)) LOG(FATAL) << "io_uring_enter: " << strerror(-result);
    // What is transient may last: it must not last in silence.
    LOG_IF_EVERY_N(WARNING, result < 0, 10'000)
        << "the kernel does not take what the ring holds: " << strerror(-result);
    if (result < 0 || (ReadFlags() & IORING_SQ_CQ_OVERFLOW) != 0) Keep();
  }
}

int Ring::Submit() { return io_uring_submit(ring_.get()); }

int Ring::SubmitAndWait() {
  // What was kept must not wait for another event.
  if (!kept_.empty()) return SubmitAndPoll();
  return io_uring_submit_and_wait(ring_.get(), 1);
}

int Ring::SubmitAndPoll() { return io_uring_submit_and_get_events(ring_.get()); }

unsigned Ring::ReadFlags() const { return IO_URING_READ_ONCE(*ring_->sq.kflags); }

bool Ring::HasWork() const {
  return !kept_.empty() || io_uring_cq_ready(ring_.get()) > 0 ||
         (ReadFlags() & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

void Ring::Keep() {
  kept_overflow_ |= (ReadFlags() & IORING_SQ_CQ_OVERFLOW) != 0;
  unsigned head;
  unsigned count = 0;
  io_uring_cqe* cqe;
  io_uring_for_each_cqe(ring_.get(), head, cqe) {
    ++count;
    kept_.push_back({.token = Token::Unpack(cqe->user_data),
                     .result = cqe->res,
                     .buffer = static_cast<uint16_t>(cqe->flags >> IORING_CQE_BUFFER_SHIFT),
                     .more = (cqe->flags & IORING_CQE_F_MORE) != 0});
  }
  io_uring_cq_advance(ring_.get(), count);
}

std::span<const Completion> Ring::Collect() {
  Keep();
  collected_.clear();
  collected_.swap(kept_);
  collected_overflow_ = std::exchange(kept_overflow_, false);
  return collected_;
}

}  // namespace vswitch
