// The one door to io_uring: <liburing.h> stays behind ring.cc.
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
// Both queues may be full. A full submission queue is submitted and the request queued again:
// MustQueue(). A full completion queue is collected meanwhile: older kernels answer EBUSY and take
// nothing more before that, newer ones keep completions on a list that grows. What is collected so
// is kept for the next Collect(). No completion is lost by either (ring_test.cc).
//
// Thread-safety: created and used by one thread only (the kernel enforces it).
#ifndef VSWITCH_SWITCH_WORKER_RING_H_
#define VSWITCH_SWITCH_WORKER_RING_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct io_uring;
struct io_uring_buf_ring;
struct io_uring_sqe;
struct iovec;

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

// Whether a request or an enter that failed with `result` (-errno) will do when it is tried again:
// a signal came, or the kernel is short of completions, buffers or memory for the moment.
bool IsTransient(int result);

class Ring {
 public:
  struct Options {
    uint32_t submission_entries = 1024;
    // Reads of one enter, plus their re-arming errors, must fit, or the kernel falls back to a slow
    // overflow list.
    uint32_t completion_entries = 8192;
    uint32_t file_slots = 0;  // Slots of the fixed-file table.
    bool flag_work = false;   // For HasWork().
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

  // Makes the ring of provided buffers that ArmRead() reads into, with so many slots: a power of
  // two up to 32,768. REQUIRES: not called before.
  absl::Status MakeBufferRing(uint32_t entries);
  // Hands a buffer to the kernel for the next reads; it is visible after Publish().
  void AddBuffer(uint16_t id, void* data, uint32_t bytes);
  void Publish();

  // Each queues one request and returns false if the submission queue is full: see MustQueue().
  bool ArmRead(uint32_t slot, Token token);
  bool ArmPoll(uint32_t slot, Token token);  // For POLLIN.
  bool QueueWrite(uint32_t slot, const void* data, uint32_t bytes, Token token);
  // One write of two pieces, `head` before `body`.
  bool QueueWrite(uint32_t slot, std::span<const uint8_t> head, std::span<const uint8_t> body,
                  Token token);
  bool Cancel(Token target);

  // Queues a request by `queue`, a call of one of the above, and makes room for it if it must.
  template <typename Queue>
  void MustQueue(Queue&& queue) {
    while (!queue()) Flush();
  }
  bool HasQueued() const;

  // Submits until nothing is queued, however short the kernel is for the moment; all writes are
  // over when this returns.
  void Flush();
  // Submits what is queued; all writes among what the kernel took are over when this returns. The
  // number that it took, or -errno.
  int Submit();
  // The same, and then sleeps until there is something to collect.
  int SubmitAndWait();
  // The same as Submit(), and brings completions without sleeping.
  int SubmitAndPoll();

  // Whether there is something to collect, or SubmitAndPoll() would bring it. Reads memory that the
  // kernel writes: no system call. REQUIRES: Options::flag_work.
  bool HasWork() const;

  // Takes all completions that are there off the queue, in their order. The span holds until the
  // next call.
  std::span<const Completion> Collect();

  // Whether, when Collect() was last called or since the call before, completions did not fit the
  // queue: the kernel keeps them on a list, slowly, brings them with the next SubmitAnd*(), and
  // ends multishot reads. None is lost: the counter cq.koverflow, of those that the kernel had no
  // memory to keep, is not this.
  bool HasOverflow() const { return collected_overflow_; }

 private:
  Ring();
  io_uring_sqe* GetWrite(uint32_t slot, int opcode, const void* data, uint32_t length, Token token);
  unsigned ReadFlags() const;
  // Takes completions off the queue into kept_.
  void Keep();

  const std::unique_ptr<io_uring> ring_;
  bool open_ = false;
  int write_flags_ = 0;

  io_uring_buf_ring* buffers_ = nullptr;
  size_t buffer_ring_bytes_ = 0;
  int buffer_mask_ = 0;
  int added_ = 0;  // Buffers that are not published yet.

  // Two for each slot of the submission queue: what a write in two pieces points to until the
  // kernel has taken it, which is when its slot is used again.
  std::vector<iovec> pieces_;

  // For the next Collect(), and whether an overflow was seen for it.
  std::vector<Completion> kept_;
  bool kept_overflow_ = false;
  // Of the last one.
  std::vector<Completion> collected_;
  bool collected_overflow_ = false;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_RING_H_
