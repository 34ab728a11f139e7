#include "switch/port/testing/child.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/send_fd.h"

namespace vswitch::testing {

int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

HoldingChild::HoldingChild(const std::function<std::shared_ptr<void>()>& make) {
  int ready[2];
  EXPECT_EQ(pipe(ready), 0);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::shared_ptr<void> held = make();
    if (held == nullptr || write(ready[1], "", 1) != 1) _exit(1);
    for (;;) pause();
  }
  close(ready[1]);
  char byte;
  EXPECT_EQ(read(ready[0], &byte, 1), 1) << "the child could not make what it is for";
  close(ready[0]);
}

void HoldingChild::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void KeepInFlight(const UniqueFd& fd, int milliseconds) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
  char byte = 0;
  ASSERT_TRUE(SendWithFd(ends[0], {&byte, 1}, fd.get()));
  if (fork() == 0) {
    for (int other = 3; other < 256; ++other) {
      if (other != ends[0] && other != ends[1]) close(other);
    }
    if (send(ends[1], &byte, 1, 0) != 1) _exit(1);
    usleep(milliseconds * 1000);
    _exit(0);
  }
  // Not before the child has closed its copy of the descriptor: until then it is a visible holder.
  ASSERT_EQ(recv(ends[0], &byte, 1, 0), 1);
  close(ends[0]);
  close(ends[1]);
}

bool KeepCapabilities(uint64_t keep) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return false;
  for (int half = 0; half < 2; ++half) {
    data[half].permitted &= static_cast<uint32_t>(keep >> (32 * half));
    data[half].effective = data[half].permitted;
  }
  return syscall(SYS_capset, &header, data) == 0;
}

}  // namespace vswitch::testing
