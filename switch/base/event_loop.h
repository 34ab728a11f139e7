// The event loop of a thread: sd-event, with functions for callbacks and sources that end with
// their owner.
//
// A callback may destroy its own source, or whatever holds it: the function that runs lives on
// until it returns. One turn serves one source; among those that are due, the one that has waited
// longest comes first.
//
// Thread-safety: one thread. Ownership: a source belongs to its holder and keeps the function; it
// must not outlive what the function refers to. It may outlive the loop, and then does nothing.
// An idle loop wakes up for nothing.
#ifndef VSWITCH_SWITCH_BASE_EVENT_LOOP_H_
#define VSWITCH_SWITCH_BASE_EVENT_LOOP_H_

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <systemd/sd-event.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace vswitch {

// In its loop while it lives. Move-only.
class EventSource {
 public:
  EventSource() = default;
  explicit EventSource(sd_event_source* source) : source_(source) {}

 protected:
  struct Unref {
    void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
  };
  std::unique_ptr<sd_event_source, Unref> source_;
};

class IoSource : public EventSource {
 public:
  using EventSource::EventSource;

  // Of epoll: EPOLLIN, EPOLLOUT. EPOLLERR and EPOLLHUP come in any case. REQUIRES: made by
  // EventLoop::AddIo, as for what follows.
  void SetEvents(uint32_t events) { sd_event_source_set_io_events(source_.get(), events); }
  // One that is not enabled hears nothing at all.
  void SetEnabled(bool enabled) {
    sd_event_source_set_enabled(source_.get(), enabled ? SD_EVENT_ON : SD_EVENT_OFF);
  }
};

// Fires once each time that it is started.
class TimerSource : public EventSource {
 public:
  using EventSource::EventSource;

  // Also when it runs: from now on. REQUIRES: made by EventLoop::AddTimer.
  void StartUs(uint64_t delay_us) {
    sd_event_source_set_time_relative(source_.get(), delay_us);
    sd_event_source_set_enabled(source_.get(), SD_EVENT_ONESHOT);
  }
};

class EventLoop {
 public:
  static absl::StatusOr<std::unique_ptr<EventLoop>> New();
  ~EventLoop() { sd_event_unref(event_); }
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Errors of these four: Unavailable (memory, descriptors, a file that epoll does not know).
  // `on_ready` is given the events that there are.
  absl::StatusOr<IoSource> AddIo(int fd, uint32_t events,
                                 std::function<void(uint32_t events)> on_ready);
  // Not started. It may be late by `accuracy_us`, a quarter of a second as a rule, so that wake-ups
  // come together.
  absl::StatusOr<TimerSource> AddTimer(std::function<void()> on_time,
                                       uint64_t accuracy_us = 250'000);
  // Blocks the signal for this thread and those that it starts from now on, for good: it reaches
  // the loop only.
  absl::StatusOr<EventSource> AddSignal(
      int signal, std::function<void(const signalfd_siginfo& info)> on_signal);
  // `run` once, in a later turn, after what is due already.
  absl::StatusOr<EventSource> Defer(std::function<void()> run);

  // Turns until Exit(), which also lets the turn that called it go to its end.
  absl::Status Run();
  void Exit() { sd_event_exit(event_, 0); }
  // Tells the service manager, if it asked for that (WATCHDOG_USEC), that the loop still turns.
  void FeedWatchdog() { sd_event_set_watchdog(event_, 1); }
  // One turn; waits for something to serve, at most so long. False when nothing was served.
  bool Turn(uint64_t timeout_us) { return sd_event_run(event_, timeout_us) > 0; }

  // CLOCK_MONOTONIC.
  static uint64_t NowUs();

 private:
  explicit EventLoop(sd_event* event) : event_(event) {}

  sd_event* const event_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_EVENT_LOOP_H_
