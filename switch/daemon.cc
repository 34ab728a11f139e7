#include "switch/daemon.h"

#include <signal.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "glog/logging.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/link/link_watcher.h"
#include "switch/rpc/methods.h"
#include "switch/rpc/protocol.h"
#include "switch/rpc/server.h"
#include "switch/worker/ring.h"

namespace vswitch {
namespace {

constexpr uint64_t kTickUs = 1'000'000;

// Every port takes a few descriptors per worker; a host that grants fewer than all ports could need
// serves fewer ports. The fixed-file table of a ring must fit the limit in any case
// (io_uring/rsrc.c, io_sqe_files_register).
absl::Status RaiseFileLimit(int workers) {
  constexpr rlim_t kLeast = kMaxPorts + 256;
  const rlim_t wanted = kMaxPorts * (static_cast<rlim_t>(workers) + 3) + kLeast;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return absl::OkStatus();
  const rlimit all{.rlim_cur = wanted, .rlim_max = std::max(limit.rlim_max, wanted)};
  if (setrlimit(RLIMIT_NOFILE, &all) == 0) return absl::OkStatus();
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  if (limit.rlim_cur >= kLeast && setrlimit(RLIMIT_NOFILE, &limit) == 0) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      StrCat("the open-files limit is ", limit.rlim_max, ", and vswitchd needs at least ", kLeast,
             ": raise it (ulimit -Hn, or LimitNOFILE= in its unit)"));
}

absl::StatusOr<IoMode> ChooseIoMode(const std::string& name) {
  if (name == "poll") return IoMode::kPoll;
  if (Ring::SupportsMultishotRead()) return IoMode::kMultishot;
  if (name == "auto") return IoMode::kPoll;
  return absl::UnimplementedError(
      "--io_mode=multishot needs Linux 6.7.5 or later: use --io_mode=auto or poll");
}

// The control thread's event loop. Its sources hold pointers to this object.
class ControlLoop {
 public:
  ~ControlLoop() {
    controller_.reset();
    watcher_.reset();
    server_.reset();  // The last of them, since the socket is the lock against a second daemon.
    sd_event_source_unref(links_);
    sd_event_source_unref(timer_);
    sd_event_unref(event_);
  }

  absl::Status Start(const Daemon::Options& options) {
    auto io_mode = ChooseIoMode(options.io_mode);
    if (!io_mode.ok()) return io_mode.status();
    if (absl::Status status = RaiseFileLimit(options.workers); !status.ok()) return status;
    if (absl::Status status = MakeEvent(); !status.ok()) return status;

    // The socket first: it is the lock against a second daemon, which must not touch the devices.
    // It answers nobody before the loop turns, when all is up.
    auto server = ControlServer::Start(
        event_, {.socket_path = options.socket_path, .socket_group = options.socket_group},
        [this](std::string_view line, uid_t caller) {
          return ControlMethods(controller_.get()).HandleLine(line, caller);
        });
    if (!server.ok()) return server.status();
    server_ = *std::move(server);

    // Watching begins before the devices are looked at: what changes in between is not missed.
    auto watcher =
        LinkWatcher::Open([this](const LinkEvent& event) { controller_->OnLinkEvent(event); });
    if (!watcher.ok()) return watcher.status();
    watcher_ = *std::move(watcher);

    auto controller =
        SwitchController::Start({.state_path = options.state_path,
                                 .workers = options.workers,
                                 .worker = {.io_mode = *io_mode, .busy_poll = options.busy_poll},
                                 .on_exit = [this] { sd_event_exit(event_, 0); }});
    if (!controller.ok()) return controller.status();
    controller_ = *std::move(controller);
    LOG(INFO) << "vswitchd " << kVersion << " serves " << options.socket_path << ", "
              << options.workers << " worker(s), reading by "
              << (*io_mode == IoMode::kMultishot ? "multishot" : "poll");
    return AddSources();
  }

  absl::Status Run() {
    sd_notify(0, "READY=1");
    const int result = sd_event_loop(event_);
    sd_notify(0, "STOPPING=1");
    if (result < 0) return absl::InternalError(StrCat("event loop: ", strerror(-result)));
    return absl::OkStatus();
  }

 private:
  absl::Status MakeEvent() {
    if (const int result = sd_event_new(&event_); result < 0) {
      return absl::ResourceExhaustedError(StrCat("sd_event_new: ", strerror(-result)));
    }
    // Blocked before any thread starts, so that they reach the loop only. No handler: the loop
    // ends.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    for (const int number : {SIGTERM, SIGINT}) {
      if (const int result = sd_event_add_signal(event_, nullptr, number, nullptr, nullptr);
          result < 0) {
        return absl::InternalError(StrCat("sd_event_add_signal: ", strerror(-result)));
      }
    }
    return absl::OkStatus();
  }

  absl::Status AddSources() {
    int result = sd_event_add_io(
        event_, &links_, watcher_->fd(), EPOLLIN,
        [](sd_event_source*, int, uint32_t, void* self) {
          static_cast<ControlLoop*>(self)->watcher_->Dispatch();
          return 0;
        },
        this);
    if (result >= 0) {
      result = sd_event_add_time_relative(event_, &timer_, CLOCK_MONOTONIC, kTickUs, kTickUs / 4,
                                          &OnTimer, this);
    }
    if (result < 0) return absl::InternalError(StrCat("sd_event: ", strerror(-result)));
    return absl::OkStatus();
  }

  static int OnTimer(sd_event_source* timer, uint64_t, void* self) {
    static_cast<ControlLoop*>(self)->controller_->OnTick();
    sd_event_source_set_time_relative(timer, kTickUs);
    return sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
  }

  sd_event* event_ = nullptr;
  sd_event_source* links_ = nullptr;
  sd_event_source* timer_ = nullptr;
  std::unique_ptr<ControlServer> server_;
  std::unique_ptr<LinkWatcher> watcher_;
  std::unique_ptr<SwitchController> controller_;
};

}  // namespace

absl::Status Daemon::Run(const Options& options) {
  ControlLoop loop;
  if (absl::Status status = loop.Start(options); !status.ok()) return status;
  return loop.Run();
}

}  // namespace vswitch
