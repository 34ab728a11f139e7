// The way from the control thread to a worker: letters behind a lock, and an eventfd that the
// worker's ring polls, so that a worker with nothing to read of it pays nothing for it.
//
// Thread-safety: any thread may post, one takes (mailbox_test.cc). The lock is the standard
// library's, into which TSan sees: Debian's Abseil is opaque to it.
#ifndef VSWITCH_SWITCH_WORKER_MAILBOX_H_
#define VSWITCH_SWITCH_WORKER_MAILBOX_H_

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

template <typename Letter>
class Mailbox {
 public:
  static absl::StatusOr<std::unique_ptr<Mailbox>> Create() {
    UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) {
      return absl::ResourceExhaustedError(
          "no file descriptor left for a worker: raise the open-files limit (ulimit -n)");
    }
    return std::unique_ptr<Mailbox>(new Mailbox(std::move(event)));
  }

  // Readable once a letter was posted, until it is taken.
  int event() const { return event_.get(); }

  void Post(Letter letter) {
    {
      std::lock_guard lock(mutex_);
      letters_.push_back(std::move(letter));
    }
    const uint64_t one = 1;
    // Fails only when the counter is full, and then the reader is being woken anyway.
    if (write(event_.get(), &one, sizeof one) < 0) return;
  }

  // All letters, in the order in which they were posted. A letter that comes meanwhile makes the
  // event readable again.
  std::vector<Letter> Take() {
    std::vector<Letter> letters;
    uint64_t count;
    // The event before the letters: the other way round, one that comes in between would be left.
    if (read(event_.get(), &count, sizeof count) < 0) return letters;
    std::lock_guard lock(mutex_);
    letters.swap(letters_);
    return letters;
  }

 private:
  explicit Mailbox(UniqueFd event) : event_(std::move(event)) {}

  const UniqueFd event_;
  std::mutex mutex_;
  std::vector<Letter> letters_;  // Guarded by mutex_.
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_WORKER_MAILBOX_H_
