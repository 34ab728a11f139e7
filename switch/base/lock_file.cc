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

constexpr std::string_view kEnding = " ending\n";

struct Holder {
  int pid = 0;
  bool ending = false;
};

Holder ReadHolder(int fd) {
  char text[32];
  const ssize_t size = pread(fd, text, sizeof(text), 0);
  if (size <= 0) return {};
  Holder holder;
  const char* const end = std::from_chars(text, text + size, holder.pid).ptr;
  holder.ending = std::string_view(end, text + size - end) == kEnding;
  holder.pid = std::max(holder.pid, 0);
  return holder;
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
  constexpr steady_clock::duration kEnd = std::chrono::seconds(150);
  constexpr steady_clock::duration kLife = std::chrono::seconds(1);
  const auto start = steady_clock::now();
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return {.error = errno};
    const Holder holder = ReadHolder(fd);
    const bool ends = holder.pid > 0 && (holder.ending || IsTornDown(holder.pid));
    if (steady_clock::now() - start >= (ends ? kEnd : kLife)) {
      return {.error = EWOULDBLOCK, .holder = holder.pid};
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

void MarkLockEnding(int fd) {
  // In one write, longer than what it replaces: nobody reads half of it.
  const std::string text = StrCat(getpid(), kEnding);
  // Where that fails, others wait no longer than for one that lives.
  [[maybe_unused]] const ssize_t written = pwrite(fd, text.data(), text.size(), 0);
}

}  // namespace vswitch
