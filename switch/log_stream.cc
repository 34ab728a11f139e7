#include "switch/log_stream.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "switch/base/str_cat.h"
#include "switch/base/unique_fd.h"

namespace vswitch {
namespace {

class LogStream {
 public:
  explicit LogStream(int fd) : fd_(fd) {
    struct stat info;
    if (fstat(fd, &info) != 0) return;
    is_socket_ = S_ISSOCK(info.st_mode);
    if (!S_ISFIFO(info.st_mode) && !S_ISCHR(info.st_mode)) return;
    // An open file of our own, since O_NONBLOCK belongs to that and not to the descriptor.
    own_ = UniqueFd(
        open(StrCat("/proc/self/fd/", fd).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (own_) fd_ = own_.get();
  }

  void Write(std::string_view message) {
    if (lost_ == 0) {
      if (!Put(message)) lost_ = 1;
      return;
    }
    // In one piece, since the note alone may fit where no message does.
    const bool arrived =
        Put(StrCat(in_line_ ? "\n" : "", "vswitchd: ", lost_,
                   " log messages were lost, because nobody read them\n", message));
    lost_ = arrived ? 0 : lost_ + 1;
  }

 private:
  // Whether all of it fitted.
  bool Put(std::string_view text) {
    const ssize_t put = is_socket_
                            ? send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                            : write(fd_, text.data(), text.size());
    if (put > 0) in_line_ = text[static_cast<size_t>(put) - 1] != '\n';
    return put == static_cast<ssize_t>(text.size());
  }

  int fd_;
  UniqueFd own_;
  bool is_socket_ = false;
  // What was written last is the beginning of a line.
  bool in_line_ = false;
  uint64_t lost_ = 0;
};

// A lost message counts as written: stdio must not keep it.
ssize_t WriteCookie(void* stream, const char* data, size_t size) {
  static_cast<LogStream*>(stream)->Write({data, size});
  return static_cast<ssize_t>(size);
}

int CloseCookie(void* stream) {
  delete static_cast<LogStream*>(stream);
  return 0;
}

}  // namespace

std::FILE* OpenLogStream(int fd) {
  auto stream = std::make_unique<LogStream>(fd);
  std::FILE* file =
      fopencookie(stream.get(), "w",
                  {.read = nullptr, .write = WriteCookie, .seek = nullptr, .close = CloseCookie});
  if (file == nullptr) return nullptr;
  stream.release();
  // Each message is one write, at once.
  setvbuf(file, nullptr, _IONBF, 0);
  return file;
}

}  // namespace vswitch
