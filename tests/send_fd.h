// A file descriptor sent through a Unix socket.
#ifndef VSWITCH_TESTS_SEND_FD_H_
#define VSWITCH_TESTS_SEND_FD_H_

#include <string_view>

namespace vswitch {

// Sends `bytes`, at least one, and beside them a copy of `fd` (SCM_RIGHTS). False, with errno, when
// the kernel does not take them all.
bool SendWithFd(int socket, std::string_view bytes, int fd);

}  // namespace vswitch

#endif  // VSWITCH_TESTS_SEND_FD_H_
