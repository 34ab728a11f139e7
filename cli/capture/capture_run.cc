#include "cli/capture/capture_run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "cli/capture/packet_line.h"
#include "cli/capture/pcapng.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

constexpr auto kSleep = std::chrono::milliseconds(200);
constexpr size_t kFlushBytes = 256 * 1024;
// Of kSleep, for a reader to take the rest once a stop was asked for.
constexpr int kLastWaits = 10;

volatile sig_atomic_t stop_asked = 0;

void StopOnSignals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_asked = 1; };
  // Without SA_RESTART, so that it also ends a sleep and a write.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

uint64_t NowNs() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// The daemon's end of the connection is closed: it says nothing on it that we wait for.
bool IsClosed(int connection) {
  char byte;
  const ssize_t count = recv(connection, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

class Writer {
 public:
  explicit Writer(const CaptureRun& run) : run_(run), start_ns_(NowNs()) {
    written_.resize(run.ports.size());
    if (run.form != CaptureRun::Form::kPcapng) return;
    AppendSection(StrCat("vswitchctl ", kVersion), &buffer_);
    for (const std::string& port : run.ports) AppendInterface(port, run.filter, &buffer_);
  }

  void Take(const CapturedFrame& frame) {
    const CaptureRecord& about = frame.about;
    if (about.port >= run_.ports.size()) return;
    ++written_[about.port];
    const bool is_inbound = about.direction == CaptureDirection::kInbound;
    const std::string_view drop =
        about.reason < run_.reasons.size() ? run_.reasons[about.reason] : std::string_view();
    if (run_.form == CaptureRun::Form::kPcapng) {
      AppendPacket({.interface = about.port,
                    .time_ns = about.time_ns,
                    .is_inbound = is_inbound,
                    .lost = about.lost,
                    .comment = drop.empty() ? "" : StrCat("dropped: ", drop),
                    .bytes = frame.bytes},
                   &buffer_);
      return;
    }
    const PacketView view = {.port = run_.ports[about.port],
                             .time_ns = about.time_ns,
                             .is_inbound = is_inbound,
                             .drop = drop,
                             .bytes = frame.bytes};
    buffer_ += run_.form == CaptureRun::Form::kLines ? PacketLine(view) : PacketJson(view);
  }

  // False when nothing can be written any more; `errno` says why.
  bool Flush() {
    size_t done = 0;
    int waits = 0;
    while (done < buffer_.size()) {
      // A pipe that polls as writable takes so much without blocking, so that a signal is seen.
      pollfd ready{.fd = run_.out.get(), .events = POLLOUT, .revents = 0};
      const int polled = poll(&ready, 1, kSleep.count());
      if (polled < 0 && errno != EINTR) return false;
      if (polled == 0 && stop_asked != 0 && ++waits == kLastWaits) {
        errno = ETIME;
        return false;
      }
      if (polled <= 0) continue;
      const size_t bytes = std::min<size_t>(buffer_.size() - done, PIPE_BUF);
      const ssize_t count = write(run_.out.get(), buffer_.data() + done, bytes);
      if (count < 0 && errno != EINTR) return false;
      if (count > 0) done += static_cast<size_t>(count);
    }
    buffer_.clear();
    return true;
  }
  // Whether there is still somebody to write to, where one can tell.
  bool HasReader() const {
    pollfd state{.fd = run_.out.get(), .events = 0, .revents = 0};
    return poll(&state, 1, 0) <= 0 || (state.revents & POLLERR) == 0;
  }
  bool IsFull() const { return buffer_.size() >= kFlushBytes; }

  void End() {
    if (run_.form != CaptureRun::Form::kPcapng) return;
    const uint64_t now = NowNs();
    for (size_t i = 0; i < run_.ports.size(); ++i) {
      const CaptureTotals totals = run_.frames.Totals(i);
      AppendStatistics({.interface = static_cast<uint32_t>(i),
                        .start_ns = start_ns_,
                        .end_ns = now,
                        .accepted = totals.taken,
                        .lost = totals.lost,
                        .delivered = written_[i]},
                       &buffer_);
    }
  }

  uint64_t written() const {
    uint64_t all = 0;
    for (const uint64_t of_port : written_) all += of_port;
    return all;
  }

 private:
  const CaptureRun& run_;
  const uint64_t start_ns_;
  std::vector<uint64_t> written_;
  std::string buffer_;
};

void Say(const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); }

}  // namespace

ExitCode CaptureRun::Run() {
  StopOnSignals();
  Writer writer(*this);
  ExitCode code = ExitCode::kDone;
  bool is_writable = writer.Flush();
  const auto is_over = [&] { return count != 0 && writer.written() >= count; };
  while (is_writable && stop_asked == 0 && !is_over()) {
    // Before the last look for frames, which come before an end.
    const bool has_ended = frames.HasEnded();
    const bool is_closed = !has_ended && IsClosed(connection.get());
    bool is_idle = true;
    while (is_writable && stop_asked == 0 && !is_over()) {
      const std::optional<CapturedFrame> frame = frames.Next();
      if (!frame.has_value()) break;
      is_idle = false;
      writer.Take(*frame);
      if (writer.IsFull()) is_writable = writer.Flush();
    }
    is_writable = is_writable && writer.Flush();
    if (!is_idle) continue;
    if (has_ended || is_closed) {
      Say(has_ended ? "vswitchctl: the captured ports were deleted"
                    : "vswitchctl: vswitchd has ended the capture: it ended itself, or had more "
                      "connections than it has room for");
      code = has_ended ? ExitCode::kFailed : ExitCode::kUnreachable;
      break;
    }
    if (!writer.HasReader()) {
      is_writable = false;
      errno = EPIPE;
      break;
    }
    frames.Wait(kSleep);
  }
  if (is_writable) {
    writer.End();
    is_writable = writer.Flush();
  }
  // Nobody reads any more: as good a way to end it as any.
  if (!is_writable && errno != EPIPE) {
    Say(errno == ETIME
            ? "vswitchctl: whoever is to read the output does not: it is cut short"
            : StrCat("vswitchctl: cannot write the output, which is cut short: ", strerror(errno)));
    code = ExitCode::kFailed;
  }
  uint64_t lost = 0;
  for (size_t i = 0; i < ports.size(); ++i) lost += frames.Totals(i).lost;
  Say(StrCat(writer.written(), " packets captured"));
  if (lost != 0) Say(StrCat(lost, " packets lost: they came faster than they were written"));
  return code;
}

absl::StatusOr<UniqueFd> OpenOutput(const std::string& path) {
  if (path.empty() || path == "-") return UniqueFd(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  if (file) return file;
  return absl::InvalidArgumentError(StrCat("cannot write ", path, ": ", strerror(errno)));
}

absl::Status EmptyOutput(int out) {
  struct stat about {};
  if (fstat(out, &about) != 0 || !S_ISREG(about.st_mode) || ftruncate(out, 0) == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(StrCat("cannot empty the output file: ", strerror(errno)));
}

}  // namespace vswitch
