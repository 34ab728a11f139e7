#include "cli/tap_access.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

namespace fs = std::filesystem;

std::string ReadText(const fs::path& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string ReadLink(const fs::path& path) {
  std::error_code ignored;
  return fs::read_symlink(path, ignored).string();
}

// The kernel shows the TAP of a tun fd as a line "iff:\tvm0" (tun_chr_show_fdinfo() in
// drivers/net/tun.c).
bool IsFdOfTap(const std::string& fdinfo, const std::string& name) {
  for (absl::string_view line : absl::StrSplit(fdinfo, '\n')) {
    if (absl::ConsumePrefix(&line, "iff:") && absl::StripAsciiWhitespace(line) == name) return true;
  }
  return false;
}

bool HoldsTap(const fs::path& process, const std::string& name) {
  std::error_code error;
  for (fs::directory_iterator it(process / "fd", error), end; !error && it != end;
       it.increment(error)) {
    if (!ReadLink(it->path()).ends_with("/net/tun")) continue;
    if (IsFdOfTap(ReadText(process / "fdinfo" / it->path().filename()), name)) return true;
  }
  return false;
}

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

bool IsOwner(const TapPort& port, const Host& host) {
  return port.owner == host.user || port.owner == StrCat(host.euid);
}

}  // namespace

std::optional<TapHolder> FindTapHolder(const std::string& proc_path, const std::string& name) {
  const fs::path proc(proc_path);
  const std::string own_namespace = ReadLink(proc / "self/ns/net");
  std::error_code error;
  for (fs::directory_iterator it(proc, error), end; !error && it != end; it.increment(error)) {
    const fs::path& process = it->path();
    pid_t pid = 0;
    if (!absl::SimpleAtoi(process.filename().string(), &pid)) continue;
    if (ReadLink(process / "ns/net") != own_namespace || !HoldsTap(process, name)) continue;
    std::string command = ReadText(process / "comm");
    return TapHolder{.pid = pid, .command = std::string(absl::StripAsciiWhitespace(command))};
  }
  return std::nullopt;
}

absl::Status CheckTapAccess(const TapPort& port, const Host& host) {
  if (absl::Status status = CheckTunDevice(host.tun_path); !status.ok()) return status;
  if (port.state == "missing" || !host.has_netdev(port.name)) {
    return absl::FailedPreconditionError(
        StrCat("port ", port.name, " has no TAP here",
               port.detail.empty() ? "" : StrCat(" (", port.detail, ")"),
               port.state == "missing" ? ": 'vswitchctl del-port' and 'add-port' make it anew"
                                       : ": run this in the network namespace of vswitchd"));
  }
  const std::optional<TapHolder> holder = FindTapHolder(host.proc_path, port.name);
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
