// The one door to io_uring: the only file that includes <liburing.h>.
//
// A worker's ring: multishot reads (or polls) that bring frames in, writes that take them out, and
// the poll of the worker's mailbox. Requests are tagged with a Token; completions come back with
// it.
//
// Three kernel rules carry the design:
//  - Writes are RWF_NOWAIT, so a write finishes inside the enter that submits it or fails there: it
//    is never handed to io-wq, never waits for a poll, never overtakes another (io_uring/rw.c,
//    io_rw_init_file: REQ_F_NOWAIT). With CQE_SKIP_SUCCESS a write that succeeded leaves no
//    completion. So when Submit*() returns, the buffers of all queued writes are free again.
//    O_NONBLOCK alone does not give this: io_uring waits for such a file by a poll and would write
//    from a buffer that has been filled anew. TAPs take RWF_NOWAIT since 6.4; on older kernels the
//    guarantee rests on a TAP's send buffer, INT_MAX, which never makes a write wait
//    (drivers/net/tun.c).
//  - SINGLE_ISSUER | DEFER_TASKRUN: completions are made inside our own enter, in our thread, not
//    by interrupting it.
//  - A multishot request whose completion lacks `more` is over and must be armed again.
//
// Thread-safety: created and used by one thread only (the kernel enforces it).
#ifndef VSWITCH_SWITCH_WORKER_RING_H_
#define VSWITCH_SWITCH_WORKER_RING_H_

#include <liburing.h>
#include <poll.h>

#include <cstdint>
#include <cstring>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vswitch {

// What a completion belongs to, packed into the 64 bits of user_data.
struct Token {
  enum class Kind : uint8_t { kRead, kPoll, kWrite, kCancel, kMailbox };
  Kind kind = Kind::kCancel;
  uint16_t port = 0;
  uint32_t bytes = 0;  // kWrite: how many were to be written. Below 2^24.

  uint64_t Pack() const {
    return static_cast<uint64_t>(kind) << 56 | static_cast<uint64_t>(bytes) << 16 | port;
  }
  static Token Unpack(uint64_t value) {
    return {static_cast<Kind>(value >> 56), static_cast<uint16_t>(value),
            static_cast<uint32_t>(value >> 16 & 0xffffff)};
  }
};

struct Completion {
  Token token;
  int32_t result = 0;   // Bytes or events; -errno on failure.
  uint16_t buffer = 0;  // kRead with result >= 0: the provided buffer that holds the frame.
  bool more = false;    // A multishot request goes on.
};

class Ring {
 public:
  struct Options {
    uint32_t submission_entries = 1024;
    // Reads of one enter, plus their re-arming errors, must fit, or the kernel falls back to a slow
    // overflow list.
    uint32_t completion_entries = 8192;
    uint32_t file_slots = 0;      // Slots of the fixed-file table.
    uint32_t buffer_entries = 0;  // Slots of the provided-buffer ring, a power of two up to 32,768.
    bool flag_work = false;       // For HasWork().
  };

  // Errors name cause and cure: io_uring disabled by sysctl, seccomp, memlock or file limits, an
  // old kernel.
  static absl::StatusOr<std::unique_ptr<Ring>> Create(const Options& options);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  // Whether this kernel has a correct multishot read: 6.7 introduced it, the fix came in 6.7.5.
  static bool SupportsMultishotRead();

  // Puts `fd` into the fixed-file table at `slot`; -1 takes it out.
  absl::Status SetFile(uint32_t slot, int fd);

  // Hands a buffer to the kernel for the next reads; it is visible after Publish().
  void AddBuffer(uint16_t id, void* data, uint32_t bytes) {
    io_uring_buf_ring_add(buffers_, data, bytes, id, buffer_mask_, added_++);
  }
  void Publish() {
    if (added_ == 0) return;
    io_uring_buf_ring_advance(buffers_, added_);
    added_ = 0;
  }

  // Each queues one request and returns false if the submission queue is full: Submit() and try
  // again.
  bool ArmRead(uint32_t slot, Token token) {
    io_uring_sqe* sqe = Get(token);
    if (sqe == nullptr) return false;
    // liburing 2.3 knows no multishot read: the SQE is filled here (io_uring/rw.c,
    // io_read_mshot_prep).
    io_uring_prep_rw(kOpReadMultishot, sqe, static_cast<int>(slot), nullptr, 0, ~uint64_t{0});
    sqe->buf_group = kBufferGroup;
    sqe->flags = IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    sqe->user_data = token.Pack();
    return true;
  }
  bool ArmPoll(uint32_t slot, Token token) {
    io_uring_sqe* sqe = Get(token);
    if (sqe == nullptr) return false;
    io_uring_prep_poll_multishot(sqe, static_cast<int>(slot), POLLIN);
    sqe->flags = IOSQE_FIXED_FILE;
    sqe->user_data = token.Pack();
    return true;
  }
  bool QueueWrite(uint32_t slot, const void* data, uint32_t bytes, Token token) {
    io_uring_sqe* sqe = Get(token);
    if (sqe == nullptr) return false;
    io_uring_prep_rw(IORING_OP_WRITE, sqe, static_cast<int>(slot), data, bytes, ~uint64_t{0});
    sqe->rw_flags = write_flags_;
    sqe->flags = IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = token.Pack();
    return true;
  }
  bool Cancel(Token target) {
    io_uring_sqe* sqe = Get(target);
    if (sqe == nullptr) return false;
    io_uring_prep_cancel64(sqe, target.Pack(), 0);
    sqe->user_data = Token{.kind = Token::Kind::kCancel}.Pack();
    return true;
  }
  bool HasQueued() const { return io_uring_sq_ready(&ring_) > 0; }

  // Submits what is queued; all writes among it are over when this returns. -errno on failure.
  int Submit() { return io_uring_submit(&ring_); }
  // The same, and then sleeps until there is a completion.
  int SubmitAndWait() { return io_uring_submit_and_wait(&ring_, 1); }
  // The same, and collects completions without sleeping.
  int SubmitAndPoll() { return io_uring_submit_and_get_events(&ring_); }

  // Whether SubmitAndPoll() would bring completions. Reads memory that the kernel writes: no system
  // call. REQUIRES: Options::flag_work.
  bool HasWork() const {
    return io_uring_cq_ready(&ring_) > 0 ||
           (ReadFlags() & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
  }

  // Calls visit(const Completion&) for all completions that are there and takes them off the queue.
  // `visit` must not submit. Returns their number.
  template <typename Visit>
  unsigned ForEachCompletion(Visit&& visit) {
    unsigned head;
    unsigned count = 0;
    io_uring_cqe* cqe;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      ++count;
      visit(Completion{.token = Token::Unpack(cqe->user_data),
                       .result = cqe->res,
                       .buffer = static_cast<uint16_t>(cqe->flags >> IORING_CQE_BUFFER_SHIFT),
                       .more = (cqe->flags & IORING_CQE_F_MORE) != 0});
    }
    io_uring_cq_advance(&ring_, count);
    return count;
  }

  // Whether completions did not fit the queue: the kernel keeps them on a list, slowly, and brings
  // them with the next SubmitAnd*(), and it ends multishot reads. None is lost: the counter
  // cq.koverflow, of those that the kernel had no memory to keep, is not this.
  bool HasOverflow() const { return (ReadFlags() & IORING_SQ_CQ_OVERFLOW) != 0; }

 private:
  static constexpr int kOpReadMultishot =
      49;  // IORING_OP_READ_MULTISHOT, uapi/linux/io_uring.h of 6.7.
  static constexpr uint16_t kBufferGroup = 0;
  static constexpr int kNowait = 0x8;  // RWF_NOWAIT, uapi/linux/fs.h.

  Ring() = default;
  unsigned ReadFlags() const { return IO_URING_READ_ONCE(*ring_.sq.kflags); }
  io_uring_sqe* Get(const Token&) { return io_uring_get_sqe(&ring_); }

  mutable io_uring ring_{};
  bool open_ = false;
  io_uring_buf_ring* buffers_ = nullptr;
  size_t buffer_ring_bytes_ = 0;
  int buffer_mask_ = 0;
  int added_ = 0;
  int write_flags_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_RING_H_
