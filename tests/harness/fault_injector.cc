#include "tests/harness/fault_injector.h"

#include <linux/seccomp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <sstream>

#include "tests/harness/supervised_calls.h"

namespace vswitch::testing {

FaultInjector::FaultInjector(const Process& process)
    : pid_(process.pid()),
      listener_(dup(process.supervisor())),
      process_(static_cast<int>(syscall(SYS_pidfd_open, process.pid(), 0))),
      end_(eventfd(0, EFD_CLOEXEC)) {
  if (!listener_ || !process_ || !end_) throw Error("cannot supervise the process");
  thread_ = std::thread([this] { Serve(); });
}

FaultInjector::~FaultInjector() {
  const uint64_t one = 1;
  if (write(end_.get(), &one, sizeof(one)) != sizeof(one)) abort();
  thread_.join();
}

void FaultInjector::Arm(int n, int error) {
  const std::lock_guard lock(mutex_);
  left_ = n;
  error_ = error;
  in_verb_ = false;
  fault_.clear();
}

std::string FaultInjector::Disarm() {
  const std::lock_guard lock(mutex_);
  left_ = -1;
  return fault_;
}

void FaultInjector::Serve() {
  for (;;) {
    pollfd ready[] = {{.fd = listener_.get(), .events = POLLIN, .revents = 0},
                      {.fd = end_.get(), .events = POLLIN, .revents = 0}};
    if (poll(ready, 2, -1) < 0 && errno != EINTR) return;
    // POLLHUP: the process and all of its threads are gone.
    if ((ready[0].revents & POLLHUP) != 0 || ready[1].revents != 0) return;
    if ((ready[0].revents & POLLIN) == 0) continue;
    seccomp_notif call = {};
    // ENOENT: the caller was killed meanwhile.
    if (ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) continue;
    seccomp_notif_resp answer = {.id = call.id};
    if (const int error = Decide(call); error != 0) {
      answer.error = -error;
    } else {
      answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    }
    ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
}

int FaultInjector::Decide(const seccomp_notif& call) {
  // The control thread is the first.
  if (call.pid != static_cast<uint32_t>(pid_)) return 0;
  const std::lock_guard lock(mutex_);
  if (left_ < 0) return 0;
  const int number = call.data.nr;
  const auto fd = static_cast<int>(call.data.args[0]);
  if (number == SYS_recvfrom) {
    in_verb_ = true;
    return 0;
  }
  if ((number == SYS_sendto || number == SYS_sendmsg) && IsUnixSocket(fd)) {
    if (in_verb_) left_ = -1;
    return 0;
  }
  if (!in_verb_ || left_-- > 0) return 0;
  std::ostringstream text;
  text << NameOfCall(number) << "(" << fd << ", 0x" << std::hex << call.data.args[1] << ")";
  fault_ = text.str();
  if (error_ != kKill) return error_;
  kill(pid_, SIGKILL);
  return EINTR;
}

bool FaultInjector::IsUnixSocket(int fd) const {
  const UniqueFd copy(static_cast<int>(syscall(SYS_pidfd_getfd, process_.get(), fd, 0)));
  int domain = 0;
  socklen_t size = sizeof(domain);
  return copy && getsockopt(copy.get(), SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
         domain == AF_UNIX;
}

}  // namespace vswitch::testing
