// Child processes of a test: they may lose their privileges, hold things and be killed.
#ifndef VSWITCH_SWITCH_PORT_TESTING_CHILD_H_
#define VSWITCH_SWITCH_PORT_TESTING_CHILD_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "switch/base/unique_fd.h"

namespace vswitch::testing {

// Runs `body` in a child process, which may lose its privileges; returns its exit status.
int InChild(const std::function<int()>& body);

// A child that keeps what `make` returns until it is killed; it must not be null.
class HoldingChild {
 public:
  explicit HoldingChild(const std::function<std::shared_ptr<void>()>& make);
  ~HoldingChild() { Kill(); }
  HoldingChild(const HoldingChild&) = delete;
  HoldingChild& operator=(const HoldingChild&) = delete;

  std::string pid() const { return std::to_string(pid_); }
  void Kill();  // SIGKILL, and waits.

 private:
  pid_t pid_ = -1;
};

// Keeps what `fd` refers to open for a while without any process having it: on its way through a
// socket, as a killed daemon's queues are on theirs through io_uring.
void KeepInFlight(const UniqueFd& fd, int milliseconds);

// Gives up every capability that is not in `keep`, a mask of 1 << CAP_*. For children.
bool KeepCapabilities(uint64_t keep);

}  // namespace vswitch::testing

#endif  // VSWITCH_SWITCH_PORT_TESTING_CHILD_H_
