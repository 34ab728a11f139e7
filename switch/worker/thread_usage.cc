#include "switch/worker/thread_usage.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace vswitch {
namespace {

// io-wq names its threads after the task that submitted: io_uring/io-wq.c, create_io_worker.
uint64_t CountIoWqThreads(int thread_id) {
  const std::string name = absl::StrCat("iou-wrk-", thread_id);
  uint64_t count = 0;
  std::error_code error;  // A thread that ends meanwhile is no error.
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    std::string comm;
    std::getline(std::ifstream(task.path() / "comm"), comm);
    count += comm == name;
  }
  return count;
}

}  // namespace

ThreadUsage ReadThreadUsage(int thread_id) {
  ThreadUsage usage{.io_wq_threads = CountIoWqThreads(thread_id)};
  // /proc/PID/task/TID/stat, fields 14 and 15, counted behind the name's closing bracket (proc(5)).
  std::ifstream file(absl::StrCat("/proc/self/task/", thread_id, "/stat"));
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> fields =
      absl::StrSplit(line.substr(std::min(line.rfind(')') + 1, line.size())), ' ');
  const uint64_t tick_ns = 1'000'000'000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
  uint64_t user = 0;
  uint64_t system = 0;
  if (fields.size() > 13 && absl::SimpleAtoi(fields[12], &user) &&
      absl::SimpleAtoi(fields[13], &system)) {
    usage.user_ns = user * tick_ns;
    usage.system_ns = system * tick_ns;
  }
  return usage;
}

}  // namespace vswitch
