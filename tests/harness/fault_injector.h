// Makes one system call of a daemon's control thread fail, or kills the daemon at it: a seccomp
// supervisor (SECCOMP_RET_USER_NOTIF). The daemon knows nothing of it.
//
// Only the calls by which a verb changes the machine are looked at (kCalls in the .cc): those that
// make, configure and remove devices, filters and files. Of those, only what the control thread
// does between the request of a client and its reply counts; workers are never held up.
//
// Thread-safety: one thread; its own answers the calls. Errors: throws Error.
#ifndef VSWITCH_TESTS_HARNESS_FAULT_INJECTOR_H_
#define VSWITCH_TESTS_HARNESS_FAULT_INJECTOR_H_

#include <mutex>
#include <string>
#include <thread>

#include "switch/base/unique_fd.h"
#include "tests/harness/process.h"

struct seccomp_notif;

namespace vswitch::testing {

class FaultInjector {
 public:
  // The process must have been started with Options::supervised. Without this object its calls
  // would wait for ever; when this ends, they fail.
  explicit FaultInjector(const Process& process);
  ~FaultInjector();

  // The `n`th call (from 0) of the next verb fails with this error; kKill: the daemon is killed
  // before it is made.
  static constexpr int kKill = -1;
  void Arm(int n, int error);
  // The call that it was, as "ioctl(5, 0x400454ca)"; empty when the verb made fewer calls.
  std::string Disarm();

 private:
  void Serve();
  // The error that the call is to have; 0: it is carried out.
  int Decide(const seccomp_notif& call);
  bool IsUnixSocket(int fd) const;

  const pid_t pid_;
  UniqueFd listener_;
  UniqueFd process_;
  UniqueFd end_;

  std::mutex mutex_;  // Of what follows.
  int left_ = -1;     // Calls until the fault; negative: none is to come.
  int error_ = 0;
  bool in_verb_ = false;
  std::string fault_;

  std::thread thread_;  // Last: it starts when the rest is there.
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_FAULT_INJECTOR_H_
