// A capture from its start to its end: takes frames out of the daemon's memory and writes them.
//
// Ends after `count` packets, by SIGINT or SIGTERM, when nobody reads what it writes, when the
// ports are deleted or the daemon ends; what was taken until then is written, and the totals.
// Whatever ends it, the daemon hears of it by the connection.
//
// Thread-safety: one thread. Limits: a reader that is slower than the frames loses some, which are
// counted and written (pcapng.h).
#ifndef VSWITCH_CLI_CAPTURE_CAPTURE_RUN_H_
#define VSWITCH_CLI_CAPTURE_CAPTURE_RUN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/exit_code.h"
#include "switch/base/unique_fd.h"
#include "switch/capture/ring_reader.h"

namespace vswitch {

struct CaptureRun {
  enum class Form { kPcapng, kLines, kJson };

  // Keeps the capture up as long as it is open.
  UniqueFd connection;
  RingReader frames;
  // By the numbers of records.
  std::vector<std::string> ports;
  std::vector<std::string> reasons;
  std::string filter;
  Form form = Form::kLines;
  // Where to.
  UniqueFd out;
  // 0: any number.
  uint64_t count = 0;

  // Errors go to stderr, and so does how many packets there were.
  ExitCode Run();
};

// The file of -w, with what is in it, or standard output for "-" or nothing.
absl::StatusOr<UniqueFd> OpenOutput(const std::string& path);
// Empties it, if it is a file.
absl::Status EmptyOutput(int out);

}  // namespace vswitch

#endif  // VSWITCH_CLI_CAPTURE_CAPTURE_RUN_H_
