#include "switch/base/event_loop.h"

#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

using OnIo = std::function<void(uint32_t events)>;
using OnEvent = std::function<void()>;
using OnSignal = std::function<void(const signalfd_siginfo&)>;

absl::Status LoopError(int result) {
  return absl::UnavailableError(StrCat("event loop: ", strerror(-result)));
}

int CallOnIo(sd_event_source*, int, uint32_t events, void* on_ready) {
  (*static_cast<OnIo*>(on_ready))(events);
  return 0;
}

int CallOnTime(sd_event_source*, uint64_t, void* on_time) {
  (*static_cast<OnEvent*>(on_time))();
  return 0;
}

int CallOnSignal(sd_event_source*, const signalfd_siginfo* info, void* on_signal) {
  (*static_cast<OnSignal*>(on_signal))(*info);
  return 0;
}

int CallDeferred(sd_event_source*, void* run) {
  (*static_cast<OnEvent*>(run))();
  return 0;
}

// `add` makes a source with the function as its user data; from then on the source owns the
// function. sd-event frees a source that was let go in its own callback after that has returned.
template <typename Source, typename Function, typename Add>
absl::StatusOr<Source> Make(Function on_event, const Add& add) {
  auto function = std::make_unique<Function>(std::move(on_event));
  sd_event_source* source = nullptr;
  if (const int result = add(&source, function.get()); result < 0) return LoopError(result);
  sd_event_source_set_destroy_callback(source,
                                       [](void* data) { delete static_cast<Function*>(data); });
  function.release();
  return Source(source);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLoop>> EventLoop::New() {
  sd_event* event = nullptr;
  if (const int result = sd_event_new(&event); result < 0) return LoopError(result);
  return std::unique_ptr<EventLoop>(new EventLoop(event));
}

absl::StatusOr<IoSource> EventLoop::AddIo(int fd, uint32_t events, OnIo on_ready) {
  return Make<IoSource>(std::move(on_ready), [&](sd_event_source** source, void* function) {
    return sd_event_add_io(event_, source, fd, events, CallOnIo, function);
  });
}

absl::StatusOr<TimerSource> EventLoop::AddTimer(OnEvent on_time, uint64_t accuracy_us) {
  return Make<TimerSource>(std::move(on_time), [&](sd_event_source** source, void* function) {
    const int result =
        sd_event_add_time(event_, source, CLOCK_MONOTONIC, 0, accuracy_us, CallOnTime, function);
    return result < 0 ? result : sd_event_source_set_enabled(*source, SD_EVENT_OFF);
  });
}

absl::StatusOr<EventSource> EventLoop::AddSignal(int signal, OnSignal on_signal) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return Make<EventSource>(std::move(on_signal), [&](sd_event_source** source, void* function) {
    return sd_event_add_signal(event_, source, signal, CallOnSignal, function);
  });
}

absl::StatusOr<EventSource> EventLoop::Defer(OnEvent run) {
  return Make<EventSource>(std::move(run), [&](sd_event_source** source, void* function) {
    return sd_event_add_defer(event_, source, CallDeferred, function);
  });
}

absl::Status EventLoop::Run() {
  const int result = sd_event_loop(event_);
  return result < 0 ? LoopError(result) : absl::OkStatus();
}

uint64_t EventLoop::NowUs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace vswitch
