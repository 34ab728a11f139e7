// vswitchd: flags, and nothing else. The boot order is in daemon.cc.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "gflags/gflags.h"
#include "glog/logging.h"
#include "switch/daemon.h"
#include "switch/http/listener.h"
#include "switch/log_stream.h"
#include "switch/rpc/listening_socket.h"
#include "switch/rpc/protocol.h"

DEFINE_string(socket, std::string(vswitch::kDefaultSocketPath),
              "Unix socket that vswitchctl talks to.");
DEFINE_string(socket_group, "",
              "Group whose members may use the socket without root; empty: root only.");
DEFINE_string(state, "/var/lib/vswitch/state.json",
              "File that keeps bridges and ports over restarts.");
DEFINE_int32(workers, 1, "Threads that move frames, each with its own queue of every port.");
DEFINE_string(
    io_mode, "auto",
    "How frames are read: 'multishot' (Linux 6.7.5 and later), 'poll' (older kernels), or "
    "'auto' (the best that the kernel has).");

DEFINE_int32(busy_poll_us, 0,
             "Microseconds to spin for the next frame before a worker sleeps: lower latency for a "
             "busy core. Spins only while frames come that close together. 0: never.");

DEFINE_bool(h, false, "The same as --help.");
DEFINE_bool(V, false, "The same as --version.");
DEFINE_string(fast_path, "on",
              "'on': the kernel forwards between known stations by itself, where it can; 'off': "
              "every frame passes through a worker.");

DEFINE_string(metrics, "",
              "Where Prometheus reads its metrics: 127.0.0.1:PORT, [::1]:PORT or unix:/PATH (then "
              "for --socket_group alone); empty: nowhere.");
DEFINE_string(
    web, "",
    "Where the web page is served, read only: an address as of --metrics; empty: nowhere.");

DECLARE_bool(help);
DECLARE_bool(helpshort);
DECLARE_bool(version);

namespace google {
// How gflags ends the process when it does not understand a flag; part of its library, in none of
// its headers.
extern void (*gflags_exitfunc)(int);
}  // namespace google

namespace {

constexpr int kUsage = 2;  // The exit code.
constexpr int32_t kMostBusyPollUs = 1'000'000;

bool ValidateBusyPoll(const char* flag, int32_t value) {
  if (value >= 0 && value <= kMostBusyPollUs) return true;
  std::cerr << "--" << flag << "=" << value << ": must be 0 to " << kMostBusyPollUs << "\n";
  return false;
}
DEFINE_validator(busy_poll_us, &ValidateBusyPoll);

bool ValidateWorkers(const char* flag, int32_t value) {
  if (value >= 1 && value <= vswitch::Daemon::kMaxWorkers) return true;
  std::cerr << "--" << flag << "=" << value << ": must be 1 to " << vswitch::Daemon::kMaxWorkers
            << "\n";
  return false;
}
DEFINE_validator(workers, &ValidateWorkers);

bool ValidateIoMode(const char* flag, const std::string& value) {
  if (value == "auto" || value == "multishot" || value == "poll") return true;
  std::cerr << "--" << flag << "=" << value << ": must be auto, multishot or poll\n";
  return false;
}
DEFINE_validator(io_mode, &ValidateIoMode);

bool ValidateFastPath(const char* flag, const std::string& value) {
  if (value == "on" || value == "off") return true;
  std::cerr << "--" << flag << "=" << value << ": must be on or off\n";
  return false;
}
DEFINE_validator(fast_path, &ValidateFastPath);

// What no host could serve is usage: whoever starts the daemon again and again need not try. That a
// group is missing, or that somebody listens there, may change.
bool IsRight(const char* flag, const absl::Status& status) {
  if (!status.ok()) std::cerr << "--" << flag << ": " << status.message() << "\n";
  return status.ok();
}

bool ValidateSocket(const char* flag, const std::string& value) {
  return IsRight(flag, vswitch::ListeningSocket::CheckPath(value));
}
DEFINE_validator(socket, &ValidateSocket);

bool ValidateAddress(const char* flag, const std::string& value) {
  return value.empty() || IsRight(flag, vswitch::HttpListener::CheckAddress(value));
}
DEFINE_validator(metrics, &ValidateAddress);
DEFINE_validator(web, &ValidateAddress);

}  // namespace

int main(int argc, char** argv) {
  gflags::SetUsageMessage(
      "the vswitch daemon: a Layer-2 switch for virtual machines\n\n"
      "  sudo vswitchd [--socket=PATH] [--socket_group=GROUP] [--state=PATH] [--workers=N]\n"
      "                [--io_mode=MODE] [--busy_poll_us=N] [--fast_path=on|off]\n"
      "                [--metrics=ADDRESS:PORT] [--web=ADDRESS:PORT]\n\n"
      "Exit codes: 0 ended by SIGTERM, SIGINT, SIGQUIT or 'vswitchctl exit'; 1 could not start; 2 "
      "usage.");
  gflags::SetVersionString(std::string(vswitch::kVersion));
  FLAGS_logtostderr = true;
  google::gflags_exitfunc = [](int) { exit(kUsage); };
  gflags::ParseCommandLineNonHelpFlags(&argc, &argv, true);
  if (FLAGS_help || FLAGS_helpshort || FLAGS_h) {
    // Ours; --helpfull has those of the libraries too.
    gflags::ShowUsageWithFlagsRestrict(argv[0], "vswitchd_main");
    return 0;
  }
  if (FLAGS_V) FLAGS_version = true;
  google::gflags_exitfunc = [](int) { exit(0); };
  gflags::HandleCommandLineHelpFlags();  // --version and the like
  // Where glog and others of this process write to: a log that nobody reads must not stop them.
  if (FILE* log = vswitch::OpenLogStream(STDERR_FILENO); log != nullptr) stderr = log;
  google::InitGoogleLogging(argv[0]);
  if (argc > 1) {
    std::cerr << "vswitchd: unexpected argument '" << argv[1]
              << "'; it takes flags only: see --help. Verbs are vswitchctl's\n";
    return kUsage;
  }
  const absl::Status status =
      vswitch::Daemon::Run({.socket_path = FLAGS_socket,
                            .socket_group = FLAGS_socket_group,
                            .state_path = FLAGS_state,
                            .workers = FLAGS_workers,
                            .io_mode = FLAGS_io_mode,
                            .busy_poll = std::chrono::microseconds(FLAGS_busy_poll_us),
                            .fast_path = FLAGS_fast_path == "on",
                            .metrics_address = FLAGS_metrics,
                            .web_address = FLAGS_web});
  if (status.ok()) return 0;
  std::cerr << "vswitchd: " << status.message() << "\n";
  return 1;
}
