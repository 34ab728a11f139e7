#include "switch/link/device_holder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace vswitch {
namespace {

namespace fs = std::filesystem;

// /dev/net/tun is misc device 10:200 (Documentation/admin-guide/devices.txt), whatever its path is
// in the mount namespace of the process.
bool IsTun(const fs::path& descriptor) {
  struct stat status;
  return stat(descriptor.c_str(), &status) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == makedev(10, 200);
}

// tun_chr_show_fdinfo() prints "iff:\tNAME".
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

// The kernel tells a TAP's name but not its namespace, and another namespace has its own vsw0.
bool SameNetwork(const fs::path& process) {
  struct stat ours, theirs;
  return stat("/proc/thread-self/ns/net", &ours) == 0 &&
         stat((process / "ns/net").c_str(), &theirs) == 0 && ours.st_ino == theirs.st_ino;
}

std::string Describe(const fs::path& process) {
  std::string command = "?";
  std::ifstream file(process / "comm");
  std::getline(file, command);
  return absl::StrCat("process ", process.filename().string(), " (", command, ")");
}

}  // namespace

std::string DescribeTapHolder(const std::string& name) {
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string pid = it->path().filename().string();
    if (!absl::ascii_isdigit(static_cast<unsigned char>(pid[0]))) continue;
    if (SameNetwork(it->path()) && Holds(it->path(), name)) return Describe(it->path());
  }
  return "";
}

std::string ByTapHolder(const std::string& name) {
  const std::string holder = DescribeTapHolder(name);
  return holder.empty() ? "by a process that vswitchd cannot see" : absl::StrCat("by ", holder);
}

}  // namespace vswitch
