// Whether QEMU, started by this user, can open a port's TAP, and if not, why. QEMU itself says only
// "could not configure /dev/net/tun (vm0): Device or resource busy" (or EPERM, EINVAL), or, worse,
// makes a TAP of its own that no switch serves. Looking here first makes the cause and the cure
// known; QEMU still has the last word.
#ifndef VSWITCH_CLI_TAP_ACCESS_H_
#define VSWITCH_CLI_TAP_ACCESS_H_

#include <string>

#include "absl/status/status.h"
#include "cli/host.h"

namespace vswitch {

// What the daemon's `show` says of the port.
struct ShownPort {
  std::string name;
  std::string device;  // What its TAP is called now.
  std::string state;
  std::string detail;
  std::string owner;  // A name, or a number.
};

// PermissionDenied, FailedPrecondition or Unavailable, with cause and cure, when QEMU would fail.
absl::Status CheckTapAccess(const ShownPort& port, const Host& host);

}  // namespace vswitch

#endif  // VSWITCH_CLI_TAP_ACCESS_H_
