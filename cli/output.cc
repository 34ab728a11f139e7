#include "cli/output.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

[[noreturn]] void EndBySigpipe() {
  signal(SIGPIPE, SIG_DFL);
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigprocmask(SIG_UNBLOCK, &pipe, nullptr);
  raise(SIGPIPE);
  _exit(128 + SIGPIPE);
}

}  // namespace

absl::Status WriteOut(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      EndBySigpipe();
    } else if (errno == EAGAIN) {
      // Somebody else has made it so.
      pollfd wait = {.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
      poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return absl::UnknownError(StrCat("cannot write the output: ", strerror(errno)));
    }
  }
  return absl::OkStatus();
}

}  // namespace vswitch
