// A child process: its pid is kept, its output captured, and it ends with the object, or with the
// test when the test is killed (PR_SET_PDEATHSIG). Nothing is ever ended by name.
//
// Thread-safety: one thread at a time. The thread that starts it must outlive it: the kernel ties
// PDEATHSIG to the thread that forked.
// Errors: what cannot be done throws Error. GoogleTest reports that as the test's failure, and the
// destructors still clean up; that is why the harness, unlike the product, uses exceptions.
#ifndef VSWITCH_TESTS_HARNESS_PROCESS_H_
#define VSWITCH_TESTS_HARNESS_PROCESS_H_

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "switch/base/unique_fd.h"

namespace vswitch::testing {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How a child sees /dev/net/tun, in a mount namespace of its own unless kAsIs.
enum class TunNode {
  kAsIs,
  kOpenToAll,  // Mode 0666, as udev makes it.
  kMissing,    // As in a container that was not given it.
};

class Process {
 public:
  struct Options {
    // argv[0] is a path or looked up in PATH and the sbin folders.
    std::vector<std::string> argv = {};
    // Descriptor of the network namespace to start in; -1: ours.
    int netns = -1;
    // Runs as this user and group, without capabilities or other groups.
    std::optional<uid_t> user = {};
    // Root without power: no capability, none to gain.
    bool drop_capabilities = false;
    TunNode tun_node = TunNode::kAsIs;
    std::map<std::string, std::string> environment = {};  // On top of ours.
    int errors = -1;  // Its standard error; -1: what Errors() returns.
    // Some of its system calls (supervised_calls.h) wait for the answer of a FaultInjector.
    bool supervised = false;
  };

  explicit Process(const Options& options);
  ~Process();  // SIGKILL, and waits.
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool Running();
  // Does nothing once the child was waited for.
  void Signal(int signal);
  // The exit status, or 128 + the signal that ended it. Throws when it still runs after `limit`.
  int Wait(std::chrono::milliseconds limit = std::chrono::seconds(60));

  // Of a supervised one: the seccomp listener.
  int supervisor() const { return supervisor_.get(); }

  // What it has written so far.
  std::string Output() const;
  std::string Errors() const;

  // Resident: now, and at most in its life so far.
  uint64_t MemoryKib() const { return StatusKib("VmRSS:"); }
  uint64_t PeakMemoryKib() const { return StatusKib("VmHWM:"); }
  // The folders under /proc of its threads whose names begin so.
  std::vector<std::string> Threads(const std::string& name) const;

  void WriteInput(const std::string& text);
  void CloseInput() { input_.Reset(); }

 private:
  uint64_t StatusKib(const std::string& field) const;

  pid_t pid_ = -1;
  std::optional<int> status_;
  UniqueFd input_;
  UniqueFd output_;  // memfds: nothing on disk, and a full pipe never blocks the child.
  UniqueFd errors_;
  UniqueFd supervisor_;
};

struct CommandResult {
  int status = 0;
  std::string output;
  std::string errors;
};

// Runs to the end.
CommandResult RunCommand(const Process::Options& options,
                         std::chrono::milliseconds limit = std::chrono::seconds(60));

// The words of a command line; no quoting.
std::vector<std::string> Words(const std::string& line);

// Calls `condition` until it is true, every few milliseconds; false when `limit` has passed.
template <typename Condition>
bool WaitUntil(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(30));

// The same; throws Error with `what` when `limit` has passed.
template <typename Condition>
void Expect(const std::string& what, Condition condition,
            std::chrono::milliseconds limit = std::chrono::seconds(30)) {
  if (!WaitUntil(condition, limit)) throw Error("still not so after the deadline: " + what);
}

void PausePolling();

// A thread that calls `body` again and again until the object ends.
class Loop {
 public:
  template <typename Body>
  explicit Loop(Body body)
      : thread_([this, body] {
          while (!stop_) body();
        }) {}
  ~Loop() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_ = false;
  std::thread thread_;  // Last: it starts when the rest is there.
};

template <typename Condition>
bool WaitUntil(Condition condition, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return condition();
    PausePolling();
  }
  return true;
}

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_PROCESS_H_
