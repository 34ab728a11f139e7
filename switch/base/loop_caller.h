// Lets another thread have a function run by the thread of an event loop, and wait for it.
//
// Thread-safety: Run() from any thread but the loop's; the rest from the loop's. A function's
// effects are seen by the one who waited (loop_caller_test holds that under TSan). Whoever waits
// when End() comes is told so, which is how a thread that waits can be joined by the loop's.
#ifndef VSWITCH_SWITCH_BASE_LOOP_CALLER_H_
#define VSWITCH_SWITCH_BASE_LOOP_CALLER_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "switch/base/event_loop.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

class LoopCaller {
 public:
  // Errors: Unavailable (descriptors). `loop` must outlive this.
  static absl::StatusOr<std::unique_ptr<LoopCaller>> New(EventLoop* loop);
  // REQUIRES: nobody is in Run(), nor will be.
  ~LoopCaller() = default;
  LoopCaller(const LoopCaller&) = delete;
  LoopCaller& operator=(const LoopCaller&) = delete;

  // True: `function` was run, to its end. False: it was not and will not be, for End() was called.
  bool Run(const std::function<void()>& function);

  void End();

 private:
  struct Call {
    const std::function<void()>* function;
    bool done = false;
  };

  explicit LoopCaller(UniqueFd event) : event_(std::move(event)) {}
  void Serve();

  UniqueFd event_;  // Readable when somebody waits.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Call*> calls_;
  bool ended_ = false;
  IoSource source_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_LOOP_CALLER_H_
