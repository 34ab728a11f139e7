#include "switch/base/tap_holder.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>
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

// tun_chr_show_fdinfo() (drivers/net/tun.c) prints "iff:\tNAME".
bool FdInfoNames(const fs::path& fdinfo, const std::string& name) {
  std::ifstream file(fdinfo);
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, "iff:")) return absl::StripAsciiWhitespace(line.substr(4)) == name;
  }
  return false;
}

bool Holds(const fs::path& process, const std::string& name) {
  std::error_code error;  // Processes end, and may forbid to look, while we look.
  for (fs::directory_iterator it(process / "fd", error), end; !error && it != end;
       it.increment(error)) {
    if (IsTun(it->path()) && FdInfoNames(process / "fdinfo" / it->path().filename(), name)) {
      return true;
    }
  }
  return false;
}

// "net:[4026531840]", the same for all processes of a namespace; empty when we may not look.
std::string NetNamespaceOf(const fs::path& process) {
  std::error_code ignored;
  return fs::read_symlink(process / "ns/net", ignored).string();
}

std::string CommandOf(const fs::path& process) {
  std::string command;
  std::ifstream file(process / "comm");
  return std::getline(file, command) ? command : "?";
}

}  // namespace

std::optional<TapHolder> FindTapHolder(const std::string& name, const std::string& proc_path) {
  const fs::path proc(proc_path);
  const std::string own_namespace = NetNamespaceOf(proc / "self");
  std::error_code error;
  for (fs::directory_iterator it(proc, error), end; !error && it != end; it.increment(error)) {
    const fs::path& process = it->path();
    pid_t pid = 0;
    if (!absl::SimpleAtoi(process.filename().string(), &pid)) continue;
    if (NetNamespaceOf(process) != own_namespace || !Holds(process, name)) continue;
    struct stat owner = {};
    stat(process.c_str(), &owner);
    return TapHolder{.pid = pid, .uid = owner.st_uid, .command = CommandOf(process)};
  }
  return std::nullopt;
}

}  // namespace vswitch
