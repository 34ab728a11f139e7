#include "switch/base/loop_caller.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "switch/base/str_cat.h"

namespace vswitch {

absl::StatusOr<std::unique_ptr<LoopCaller>> LoopCaller::New(EventLoop* loop) {
  UniqueFd event(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!event) return absl::UnavailableError(StrCat("eventfd: ", strerror(errno)));
  auto caller = std::unique_ptr<LoopCaller>(new LoopCaller(std::move(event)));
  auto source = loop->AddIo(caller->event_.get(), EPOLLIN,
                            [self = caller.get()](uint32_t) { self->Serve(); });
  if (!source.ok()) return source.status();
  caller->source_ = *std::move(source);
  return caller;
}

bool LoopCaller::Run(const std::function<void()>& function) {
  Call call{.function = &function};
  std::unique_lock lock(mutex_);
  if (ended_) return false;
  calls_.push_back(&call);
  eventfd_write(event_.get(), 1);
  changed_.wait(lock, [&] { return call.done || ended_; });
  return call.done;
}

// Outside of the lock a call is the loop's alone: its caller leaves only once it is done, or at
// End(), which this thread calls.
void LoopCaller::Serve() {
  eventfd_t count;
  eventfd_read(event_.get(), &count);
  std::vector<Call*> calls;
  {
    const std::lock_guard lock(mutex_);
    calls.swap(calls_);
  }
  for (const Call* const call : calls) (*call->function)();
  const std::lock_guard lock(mutex_);
  for (Call* const call : calls) call->done = true;
  changed_.notify_all();
}

void LoopCaller::End() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  calls_.clear();
  changed_.notify_all();
}

}  // namespace vswitch
