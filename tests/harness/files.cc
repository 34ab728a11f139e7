#include "tests/harness/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/harness/process.h"

namespace vswitch::testing {

std::string Runfile(const std::string& path) {
  // Bazel starts a test in its runfiles, at the workspace's top.
  const char* top = getenv("TEST_SRCDIR");
  const std::string full = top ? std::string(top) + "/vswitch/" + path : path;
  if (access(full.c_str(), R_OK) != 0)
    throw Error(full + " is not there: is it in the test's data?");
  return std::filesystem::canonical(full);
}

std::string CopyProgram(const std::string& program, const TempFolder& folder) {
  const std::string copy = folder / std::filesystem::path(program).filename().string();
  std::filesystem::copy_file(program, copy, std::filesystem::copy_options::update_existing);
  chmod(copy.c_str(), 0755);
  return copy;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error("cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

SysctlGuard::SysctlGuard(const std::string& path, const std::string& value) {
  const std::string old_value = ReadFile(path);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Error("pipe2");
  life_line_ = ends[1];
  helper_ = fork();
  if (helper_ < 0) throw Error("fork");
  if (helper_ == 0) {
    setsid();
    signal(SIGTERM, SIG_IGN);
    close(ends[1]);
    char nothing;
    while (read(ends[0], &nothing, 1) < 0) {
    }
    const int file = open(path.c_str(), O_WRONLY);
    const bool done = write(file, old_value.data(), old_value.size()) > 0;
    _exit(done ? 0 : 1);
  }
  close(ends[0]);
  std::ofstream file(path);
  file << value << std::flush;
  if (!file) throw Error("cannot write " + path);
}

SysctlGuard::~SysctlGuard() {
  close(life_line_);
  waitpid(helper_, nullptr, 0);
}

}  // namespace vswitch::testing
