#include "switch/base/tap_holder.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace vswitch {
namespace {

namespace fs = std::filesystem;

// /dev/net/tun is misc device 10:200 (Documentation/admin-guide/devices.txt), whatever its path is
// in the mount namespace of the process: a container may have it elsewhere.
bool IsTun(const fs::path& descriptor) {
  struct stat status;
  return stat(descriptor.c_str(), &status) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == makedev(10, 200);
}

// tun_chr_show_fdinfo() (drivers/net/tun.c) prints "iff:\tNAME". Empty: of no TAP.
std::string TapOf(const fs::path& fdinfo) {
  std::ifstream file(fdinfo);
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, "iff:")) continue;
    return std::string(absl::StripAsciiWhitespace(line.substr(4)));
  }
  return "";
}

// Calls `on_tap` with each TAP that the process has open, until it returns false. False when the
// process does not let us look.
bool ForEachTap(const fs::path& process, const std::function<bool(const std::string&)>& on_tap) {
  std::error_code error;  // Processes end while we look, and that is no error.
  for (fs::directory_iterator it(process / "fd", error), end; !error && it != end;
       it.increment(error)) {
    if (!IsTun(it->path())) continue;
    const std::string name = TapOf(process / "fdinfo" / it->path().filename());
    if (!name.empty() && !on_tap(name)) break;
  }
  return error != std::errc::permission_denied;
}

// "net:[4026531840]", the same for all processes of a namespace; empty when we may not look.
std::string NetNamespaceOf(const fs::path& process, std::error_code& error) {
  return fs::read_symlink(process / "ns/net", error).string();
}

std::string CommandOf(const fs::path& process) {
  std::string command;
  std::ifstream file(process / "comm");
  return std::getline(file, command) ? command : "?";
}

// Calls `on_held` for each TAP that a process of this network namespace has open, until it returns
// false. False when some process does not let us look.
bool ForEachHeldTap(const fs::path& proc,
                    const std::function<bool(const std::string&, const TapHolder&)>& on_held) {
  std::error_code error;
  std::error_code hidden;
  const std::string own_namespace = NetNamespaceOf(proc / "self", error);
  bool all_seen = true;
  bool goes_on = true;
  for (fs::directory_iterator it(proc, error), end; goes_on && !error && it != end;
       it.increment(error)) {
    const fs::path& process = it->path();
    pid_t pid = 0;
    if (!absl::SimpleAtoi(process.filename().string(), &pid)) continue;
    const std::string its_namespace = NetNamespaceOf(process, hidden);
    if (hidden == std::errc::permission_denied) all_seen = false;
    if (its_namespace != own_namespace) continue;
    all_seen &= ForEachTap(process, [&](const std::string& tap) {
      struct stat owner = {};
      stat(process.c_str(), &owner);
      goes_on = on_held(tap, {.pid = pid, .uid = owner.st_uid, .command = CommandOf(process)});
      return goes_on;
    });
  }
  return all_seen;
}

}  // namespace

std::optional<TapHolder> FindTapHolder(const std::string& name, const std::string& proc_path) {
  std::optional<TapHolder> found;
  ForEachHeldTap(proc_path, [&](const std::string& tap, const TapHolder& holder) {
    if (tap == name) found = holder;
    return !found.has_value();
  });
  return found;
}

TapHolders FindTapHolders(const std::string& proc_path) {
  TapHolders found;
  found.all_seen = ForEachHeldTap(proc_path, [&](const std::string& tap, const TapHolder& holder) {
    found.by_tap.emplace(tap, holder);
    return true;
  });
  return found;
}

}  // namespace vswitch
