#include "cli/progress.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "cli/format.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

constexpr size_t kBarColumns = 20;
constexpr size_t kUnknownColumns = 80;

bool CanShow(int fd) {
  const char* const terminal = getenv("TERM");
  return isatty(fd) != 0 && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

size_t ColumnsOf(int fd) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUnknownColumns;
}

// What a terminal does not take is not missed.
void Put(int fd, std::string_view text) {
  [[maybe_unused]] const ssize_t count = write(fd, text.data(), text.size());
}

}  // namespace

std::string ProgressLine(std::string_view what, uint64_t done, uint64_t total, size_t columns) {
  done = std::min(done, total);
  const std::string whole = StrCat(total);
  std::string count = StrCat(done);
  count.insert(0, whole.size() - count.size(), ' ');
  const std::string numbers = StrCat(count, "/", whole);
  const std::string name = TerminalSafe(what);
  const size_t filled = total == 0 ? kBarColumns : kBarColumns * done / total;
  const std::string bar =
      StrCat("[", std::string(filled, '#'), std::string(kBarColumns - filled, '-'), "]");
  std::string line = StrCat(name, " ", bar, " ", numbers);
  if (line.size() > columns) line = StrCat(name, " ", numbers);
  if (line.size() > columns) line = numbers;
  return line.substr(0, columns);
}

Progress::Progress(std::string what, uint64_t total, const Options& options)
    : what_(std::move(what)),
      total_(total),
      options_(options),
      is_shown_(CanShow(options.fd)),
      next_(Clock::now() + options.after) {}

Progress::~Progress() {
  if (has_drawn_) Put(options_.fd, "\r\x1b[K");
}

void Progress::Update(uint64_t done) {
  if (!is_shown_ || Clock::now() < next_) return;
  next_ = Clock::now() + options_.pause;
  has_drawn_ = true;
  // A column is left free: in the last one, some terminals go on to the next line.
  const size_t columns = std::max<size_t>(ColumnsOf(options_.fd), 2) - 1;
  Put(options_.fd, StrCat("\r", ProgressLine(what_, done, total_, columns), "\x1b[K"));
}

}  // namespace vswitch
