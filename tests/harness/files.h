// Where things are: a scratch folder for sockets and state, and the files that Bazel built.
#ifndef VSWITCH_TESTS_HARNESS_FILES_H_
#define VSWITCH_TESTS_HARNESS_FILES_H_

#include <string>

namespace vswitch::testing {

// A folder directly under /tmp (a Unix socket's path has at most 107 characters; Bazel's folders
// are longer and closed to other users), open to every user, removed with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  // Copies a program here, so that a user who cannot enter Bazel's folders can run it.
  std::string CopyProgram(const std::string& program) const;

 private:
  std::string path_;
};

// The path of a file named as in the source tree ("switch/vswitchd"), from a test's `data`.
std::string Runfile(const std::string& path);

std::string ReadFile(const std::string& path);

// Writes a sysctl (a file under /proc/sys), and puts the old value back at the end; a helper
// process does so when this one is killed.
class SysctlGuard {
 public:
  SysctlGuard(const std::string& path, const std::string& value);
  ~SysctlGuard();
  SysctlGuard(const SysctlGuard&) = delete;
  SysctlGuard& operator=(const SysctlGuard&) = delete;

 private:
  int life_line_;  // The helper restores the value when this end closes, however that comes.
  int helper_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_FILES_H_
