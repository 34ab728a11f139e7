#include "switch/daemon.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "glog/logging.h"
#include "switch/base/event_loop.h"
#include "switch/base/log_allowance.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/link/link_watcher.h"
#include "switch/observers.h"
#include "switch/rpc/methods.h"
#include "switch/rpc/protocol.h"
#include "switch/rpc/server.h"
#include "switch/worker/io/io_mode.h"

namespace vswitch {
namespace {

constexpr uint64_t kTickUs = 1'000'000;
constexpr uint64_t kSettleUs = 1'000;

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

std::string NameOf(const signalfd_siginfo& info) {
  const char* const name = sigabbrev_np(static_cast<int>(info.ssi_signo));
  return name == nullptr ? StrCat("signal ", info.ssi_signo) : StrCat("SIG", name);
}

// What the kernel itself sends, such as a terminal's interrupt, is nobody's.
std::string SenderOf(const signalfd_siginfo& info) {
  if (info.ssi_code > 0) return "";
  return StrCat(" (sent by uid ", info.ssi_uid, ", pid ", info.ssi_pid, ")");
}

// What the control thread's event loop serves.
class DaemonLoop {
 public:
  ~DaemonLoop() {
    if (server_ != nullptr) server_->MarkEnding();
    observers_.reset();
    controller_.reset();
    watcher_.reset();
    server_.reset();  // The last of them, since the socket is the lock against a second daemon.
  }

  absl::Status Start(const Daemon::Options& options) {
    auto io_mode = ChooseIoMode(options.io_mode);
    if (!io_mode.ok()) return io_mode.status();
    if (absl::Status status = RaiseFileLimit(options.workers); !status.ok()) return status;
    if (absl::Status status = MakeLoop(); !status.ok()) return status;

    // The socket first: it is the lock against a second daemon, which must not touch the devices.
    // It answers nobody before the loop turns, when all is up.
    auto server = RpcServer::Start(
        loop_.get(), {.socket_path = options.socket_path, .socket_group = options.socket_group},
        [this](std::string_view line, const Caller& caller) {
          const auto log = [this](const std::string& change, bool refused) {
            LogChange(change, refused);
          };
          return RpcMethods(controller_.get(), log).HandleLine(line, caller);
        });
    if (!server.ok()) return server.status();
    server_ = *std::move(server);

    auto observers = Observers::Listen({.metrics = options.metrics_address,
                                        .web = options.web_address,
                                        .group = options.socket_group});
    if (!observers.ok()) return observers.status();
    observers_ = *std::move(observers);

    // Watching begins before the devices are looked at: what changes in between is not missed.
    auto watcher =
        LinkWatcher::Open([this](const LinkEvent& event) { controller_->OnLinkEvent(event); });
    if (!watcher.ok()) return watcher.status();
    watcher_ = *std::move(watcher);

    auto controller =
        SwitchController::Start({.state_path = options.state_path,
                                 .workers = options.workers,
                                 .worker = {.io_mode = *io_mode, .busy_poll = options.busy_poll},
                                 .fast_path = options.fast_path,
                                 .on_exit = [this](bool keep_forwarding) {
                                   keeps_forwarding_ = keep_forwarding;
                                   loop_->Exit();
                                 }});
    if (!controller.ok()) return controller.status();
    controller_ = *std::move(controller);
    LogStart(options, *io_mode);
    if (absl::Status status = AddSources(); !status.ok()) return status;
    return observers_->Serve(loop_.get(), controller_.get());
  }

  absl::Status Run() {
    loop_->FeedWatchdog();
    sd_notify(0, "READY=1");
    absl::Status status = loop_->Run();
    sd_notify(0, "STOPPING=1");
    return status;
  }

  // Whether the one who ended us wants the kernel to go on forwarding.
  bool keeps_forwarding() const { return keeps_forwarding_; }

  // Ends as by SIGKILL, after which all is left that the next daemon takes over. There is no other
  // way to leave it: what has been proved for one holds for the other.
  [[noreturn]] void EndAbruptly() {
    server_->MarkEnding();
    server_.reset();
    LOG(INFO) << "ended, and left to the kernel all that it has of the fast path";
    google::FlushLogFiles(google::INFO);
    _exit(EXIT_SUCCESS);
  }

 private:
  void LogStart(const Daemon::Options& options, IoMode io_mode) {
    size_t ports = 0;
    const std::vector<BridgeStatus> bridges = controller_->Show();
    for (const BridgeStatus& bridge : bridges) ports += bridge.ports.size();
    utsname kernel{};
    uname(&kernel);
    LOG(INFO) << "vswitchd " << kVersion << " (pid " << getpid() << ") serves "
              << options.socket_path << ": " << bridges.size() << " bridge(s) and " << ports
              << " port(s) of " << options.state_path << ", " << options.workers
              << " worker(s), reading by " << IoModeName(io_mode) << " on " << kernel.sysname << ' '
              << kernel.release;
  }

  // Whoever may change the switch may also ask for what it refuses, as often as he likes.
  void LogChange(const std::string& change, bool refused) {
    const std::optional<uint64_t> left_out = refused ? refusals_.Take(NowTick()) : 0;
    if (!left_out.has_value()) return;
    LOG(INFO) << change << (*left_out == 0 ? "" : StrCat(" (after ", *left_out, " refusals more)"));
  }

  absl::Status MakeLoop() {
    auto loop = EventLoop::New();
    if (!loop.ok()) return loop.status();
    loop_ = *std::move(loop);
    return HandleSignals();
  }

  // No signal but SIGKILL and those of a crash ends the daemon without its clean-up. Before any
  // thread starts, so that those that are handled reach the loop only.
  absl::Status HandleSignals() {
    // Of SIGPIPE and SIGXFSZ the call itself tells, as EPIPE and EFBIG.
    for (const int number : {SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGIO,
                             SIGPWR, SIGSTKFLT, SIGTTIN, SIGTTOU}) {
      signal(number, SIG_IGN);
    }
    for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) signal(number, SIG_IGN);
    // SIGXCPU comes a while before SIGKILL does.
    for (const int number : {SIGTERM, SIGINT, SIGQUIT, SIGXCPU}) {
      auto source = loop_->AddSignal(number, [this](const signalfd_siginfo& info) {
        LOG(INFO) << "ending: " << NameOf(info) << SenderOf(info);
        loop_->Exit();
      });
      if (!source.ok()) return source.status();
      signals_.push_back(*std::move(source));
    }
    auto hangup = loop_->AddSignal(SIGHUP, [](const signalfd_siginfo& info) {
      LOG(INFO) << NameOf(info) << ": there is nothing to read again; vswitchctl changes what the "
                << "switch does" << SenderOf(info);
    });
    if (!hangup.ok()) return hangup.status();
    signals_.push_back(*std::move(hangup));
    return absl::OkStatus();
  }

  absl::Status AddSources() {
    auto links = loop_->AddIo(watcher_->fd(), EPOLLIN, [this](uint32_t) {
      watcher_->Dispatch();
      controller_->CleanUpAfterGuests();
    });
    if (!links.ok()) return links.status();
    links_ = *std::move(links);
    auto notices = loop_->AddIo(controller_->notice_event(), EPOLLIN,
                                [this](uint32_t) { controller_->OnPortNotices(); });
    if (!notices.ok()) return notices.status();
    notices_ = *std::move(notices);
    if (absl::Status status = AddTraps(); !status.ok()) return status;
    if (absl::Status status = AddCandidates(); !status.ok()) return status;
    auto timer = loop_->AddTimer([this] {
      controller_->OnTick();
      timer_.StartUs(kTickUs);
    });
    if (!timer.ok()) return timer.status();
    timer_ = *std::move(timer);
    timer_.StartUs(kTickUs);
    return absl::OkStatus();
  }

  absl::Status AddTraps() {
    const auto on_traps = [this] {
      if (const uint64_t pause_us = controller_->OnTraps(); pause_us > 0) {
        trap_pause_.StartUs(pause_us);
      }
    };
    auto timer = loop_->AddTimer(on_traps, /*accuracy_us=*/kSettleUs);
    if (!timer.ok()) return timer.status();
    trap_pause_ = *std::move(timer);
    auto source = loop_->AddIo(controller_->trap_event(), EPOLLIN | EPOLLET,
                               [on_traps](uint32_t) { on_traps(); });
    if (!source.ok()) return source.status();
    traps_ = *std::move(source);
    return absl::OkStatus();
  }

  // What the kernel may be worth to know. Until all is certain, a look every millisecond.
  absl::Status AddCandidates() {
    const auto on_candidates = [this] {
      if (controller_->OnCandidates()) settle_.StartUs(kSettleUs);
    };
    auto timer = loop_->AddTimer(on_candidates, /*accuracy_us=*/kSettleUs);
    if (!timer.ok()) return timer.status();
    settle_ = *std::move(timer);
    for (const int event : controller_->candidate_events()) {
      auto source = loop_->AddIo(event, EPOLLIN, [on_candidates](uint32_t) { on_candidates(); });
      if (!source.ok()) return source.status();
      candidates_.push_back(*std::move(source));
    }
    return absl::OkStatus();
  }

  std::unique_ptr<EventLoop> loop_;
  std::vector<EventSource> signals_;
  IoSource links_;
  IoSource notices_;
  IoSource traps_;
  TimerSource trap_pause_;
  std::vector<IoSource> candidates_;
  TimerSource settle_;
  TimerSource timer_;
  LogAllowance refusals_;
  bool keeps_forwarding_ = false;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<LinkWatcher> watcher_;
  std::unique_ptr<SwitchController> controller_;
  std::unique_ptr<Observers> observers_;
};

}  // namespace

absl::Status Daemon::Run(const Options& options) {
  absl::Status status;
  {
    DaemonLoop loop;
    if (status = loop.Start(options); !status.ok()) return status;
    status = loop.Run();
    if (status.ok() && loop.keeps_forwarding()) loop.EndAbruptly();
  }
  LOG(INFO) << "ended";
  return status;
}

}  // namespace vswitch
