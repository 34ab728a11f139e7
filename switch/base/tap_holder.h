// Finds out which process holds a TAP, for messages: the daemon's and the command line's.
//
// Slow (it looks at every process's descriptors); for error paths only. Any thread.
// Limits: FindTapHolder() finds one holder of several. Not found is one that we may not look at: of
// another PID namespace, or of another user without CAP_SYS_PTRACE.
#ifndef VSWITCH_SWITCH_BASE_TAP_HOLDER_H_
#define VSWITCH_SWITCH_BASE_TAP_HOLDER_H_

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>

namespace vswitch {

struct TapHolder {
  pid_t pid = 0;
  uid_t uid = 0;        // The process's effective user.
  std::string command;  // As /proc/PID/comm has it, at most 15 characters; "?" when it is gone.
};

// The process that has a queue of the TAP `name` open and is in this process's network namespace:
// the kernel tells a TAP's name but not its namespace, and another namespace has its own vm0.
// `proc_path`: where to look; tests have one of their own making.
std::optional<TapHolder> FindTapHolder(const std::string& name,
                                       const std::string& proc_path = "/proc");

// All of them at once, by the TAP's name; a process is there once for each queue.
struct TapHolders {
  std::multimap<std::string, TapHolder> by_tap;
  // False: some process did not let us look, and may hold one too.
  bool all_seen = false;
};
TapHolders FindTapHolders(const std::string& proc_path = "/proc");

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_TAP_HOLDER_H_
