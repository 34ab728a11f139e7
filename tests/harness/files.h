// Where things are: the files that Bazel built, and what others keep under /proc.
#ifndef VSWITCH_TESTS_HARNESS_FILES_H_
#define VSWITCH_TESTS_HARNESS_FILES_H_

#include <string>

#include "tests/temp_folder.h"

namespace vswitch::testing {

// The path of a file named as in the source tree ("switch/vswitchd"), from a test's `data`.
std::string Runfile(const std::string& path);

// Copies a program to `folder`, so that a user who cannot enter Bazel's folders can run it; returns
// the copy's path.
std::string CopyProgram(const std::string& program, const TempFolder& folder);

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
