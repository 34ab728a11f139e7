// A bar on standard error for what takes longer than a second:
//
//   making ports [#########-----------]  450/1000
//
// It appears a second after it was made, so that what is quick shows nothing, and goes when it is
// destroyed, so that what is printed next stands on a line of its own. Only a terminal gets one,
// and none that calls itself dumb: a log file or a pipe sees nothing of it.
//
// Thread-safety: none; Update() writes by itself, ten times a second at most, and starts no thread.
#ifndef VSWITCH_CLI_PROGRESS_H_
#define VSWITCH_CLI_PROGRESS_H_

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vswitch {

class Progress {
 public:
  struct Options {
    int fd = STDERR_FILENO;
    std::chrono::milliseconds after{1000};
    std::chrono::milliseconds pause{100};
  };

  // `what` is being done, `total` times.
  Progress(std::string what, uint64_t total) : Progress(std::move(what), total, Options{}) {}
  Progress(std::string what, uint64_t total, const Options& options);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Update(uint64_t done);

 private:
  using Clock = std::chrono::steady_clock;

  const std::string what_;
  const uint64_t total_;
  const Options options_;
  const bool is_shown_;
  Clock::time_point next_;
  bool has_drawn_ = false;
};

// The bar's line, at most `columns` wide and without a line's end. A line too narrow for a bar has
// the numbers only, and one too narrow for these is cut.
std::string ProgressLine(std::string_view what, uint64_t done, uint64_t total, size_t columns);

}  // namespace vswitch

#endif  // VSWITCH_CLI_PROGRESS_H_
