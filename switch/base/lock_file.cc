#include "switch/base/lock_file.h"

#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>

#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

int ReadPid(int fd) {
  char text[32];
  const ssize_t size = pread(fd, text, sizeof(text), 0);
  int pid = 0;
  if (size > 0) std::from_chars(text, text + size, pid);
  return std::max(pid, 0);
}

std::string ReadProc(int pid, std::string_view file) {
  std::ifstream stream(StrCat("/proc/", pid, "/", file));
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Whether the process has gone, or only the kernel still works for it.
bool IsTornDown(int pid) {
  constexpr unsigned kExiting = 0x4, kDumpingCore = 0x200;  // PF_* of the kernel's sched.h
  const std::string stat = ReadProc(pid, "stat");
  if (stat.empty()) return true;
  // proc(5): the name is in parentheses and may hold any other character.
  unsigned flags = 0;
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos ||
      sscanf(stat.c_str() + name_end, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1) {
    return false;
  }
  if ((flags & (kExiting | kDumpingCore)) != 0) return true;
  // Killed, and did not run since.
  const std::string status = ReadProc(pid, "status");
  const size_t pending = status.find("\nSigPnd:");
  uint64_t signals = 0;
  return pending != std::string::npos &&
         sscanf(status.c_str() + pending, "\nSigPnd: %lx", &signals) == 1 &&
         (signals >> (SIGKILL - 1) & 1) != 0;
}

}  // namespace

LockOutcome TakeLock(int fd) {
  using std::chrono::steady_clock;
  constexpr steady_clock::duration kTearDown = std::chrono::seconds(20);
  constexpr steady_clock::duration kOrderlyEnd = std::chrono::seconds(1);
  const auto start = steady_clock::now();
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return {.error = errno};
    const int holder = ReadPid(fd);
    if (steady_clock::now() - start >=
        (holder > 0 && IsTornDown(holder) ? kTearDown : kOrderlyEnd)) {
      return {.error = EWOULDBLOCK, .holder = holder};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return {};
}

bool WriteLockPid(int fd) {
  const std::string pid = StrCat(getpid(), "\n");
  return ftruncate(fd, 0) == 0 &&
         pwrite(fd, pid.data(), pid.size(), 0) == static_cast<ssize_t>(pid.size());
}

}  // namespace vswitch
