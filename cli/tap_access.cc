#include "cli/tap_access.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "switch/base/str_cat.h"
#include "switch/base/tap_holder.h"

namespace vswitch {
namespace {

absl::Status CheckTunDevice(const std::string& path) {
  if (faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0) return absl::OkStatus();
  if (errno == EACCES) {
    return absl::PermissionDeniedError(StrCat(
        "this user may not open ", path, ", through which QEMU opens every TAP: 'sudo chmod 0666 ",
        path, "' (what udev does; the TAP's owner is checked all the same)"));
  }
  if (errno == ENOENT) {
    return absl::FailedPreconditionError(
        StrCat("there is no ", path,
               ", through which QEMU opens every TAP: 'sudo modprobe tun'"
               ", or in a container start it with '--device ",
               path, "'"));
  }
  return absl::FailedPreconditionError(StrCat("cannot open ", path, ": ", strerror(errno)));
}

bool IsOwner(const ShownPort& port, const Host& host) {
  return port.owner == host.user || port.owner == StrCat(host.euid);
}

}  // namespace

absl::Status CheckTapAccess(const ShownPort& port, const Host& host) {
  if (absl::Status status = CheckTunDevice(host.tun_path); !status.ok()) return status;
  if (port.state == "missing" || !host.has_netdev(port.device)) {
    return absl::FailedPreconditionError(
        StrCat("port ", port.name, " has no TAP here",
               port.detail.empty() ? "" : StrCat(" (", port.detail, ")"),
               port.state == "missing" ? ": 'vswitchctl del-port' and 'add-port' make it anew"
                                       : ": run this in the network namespace of vswitchd"));
  }
  if (port.state == "broken") {
    return absl::FailedPreconditionError(
        StrCat("port ", port.name, " is out of order: ", port.detail));
  }
  const std::optional<TapHolder> holder = FindTapHolder(port.device, host.proc_path);
  if (holder.has_value() || port.state == "up") {
    return absl::UnavailableError(
        StrCat("port ", port.name, " is in use: ",
               holder.has_value()
                   ? StrCat("process ", holder->pid, " (", holder->command, ") holds its TAP")
                   : StrCat("a guest of ", port.owner, " has its TAP open"),
               "; a port serves one guest, so stop that one or add another port"));
  }
  if (!IsOwner(port, host) && !host.has_net_admin) {
    return absl::PermissionDeniedError(
        StrCat("the TAP of port ", port.name, " belongs to ",
               port.owner.empty() ? "nobody" : port.owner, ", not to ", host.user,
               ": 'sudo vswitchctl set port ", port.name, " owner=", host.user, "' hands it over"));
  }
  return absl::OkStatus();
}

}  // namespace vswitch
