// Whether QEMU, started by this user, can open a port's TAP, and if not, why. QEMU itself says only
// "could not configure /dev/net/tun (vm0): Device or resource busy" (or EPERM, EINVAL), or, worse,
// makes a TAP of its own that no switch serves. Looking here first makes the cause and the cure
// known; QEMU still has the last word.
#ifndef VSWITCH_CLI_TAP_ACCESS_H_
#define VSWITCH_CLI_TAP_ACCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "cli/host.h"

namespace vswitch {

// What the daemon's `show` says of the port.
struct TapPort {
  std::string name;
  std::string state;
  std::string detail;
  std::string owner;  // A name, or a number.
};

struct TapHolder {
  pid_t pid = 0;
  std::string command;
};

// The process that holds an fd of the TAP `name`, in the network namespace of this process. Only
// this user's own processes can be seen, all of them by root. Two TAPs may have one name in two
// namespaces, hence the latter.
std::optional<TapHolder> FindTapHolder(const std::string& proc_path, const std::string& name);

// PermissionDenied, FailedPrecondition or Unavailable, with cause and cure, when QEMU would fail.
absl::Status CheckTapAccess(const TapPort& port, const Host& host);

}  // namespace vswitch

#endif  // VSWITCH_CLI_TAP_ACCESS_H_
