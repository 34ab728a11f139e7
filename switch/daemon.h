// The daemon: the event loop of the control thread and the order in which things start and end.
#ifndef VSWITCH_SWITCH_DAEMON_H_
#define VSWITCH_SWITCH_DAEMON_H_

#include <chrono>
#include <string>

#include "absl/status/status.h"

namespace vswitch {

class Daemon {
 public:
  static constexpr int kMaxWorkers = 64;

  struct Options {
    std::string socket_path;
    std::string socket_group;  // Empty: none.
    std::string state_path;
    int workers = 1;
    std::string io_mode = "auto";  // auto, multishot, poll
    std::chrono::microseconds busy_poll{0};
    bool fast_path = true;
    std::string metrics_address;  // As HttpListener takes it; empty: none.
    std::string web_address;
  };

  // Runs until SIGTERM, SIGINT, SIGQUIT, SIGXCPU or the `exit` verb. An error means that it did not
  // start; its message names cause and cure, and nothing was left behind. REQUIRES: no other thread
  // runs yet (signals are blocked for all to come).
  static absl::Status Run(const Options& options);
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_DAEMON_H_
