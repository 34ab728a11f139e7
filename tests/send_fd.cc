#include "tests/send_fd.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstring>

namespace vswitch {

bool SendWithFd(int socket, std::string_view bytes, int fd) {
  iovec part = {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(fd))] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(fd));
  memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
  return sendmsg(socket, &message, 0) == static_cast<ssize_t>(bytes.size());
}

}  // namespace vswitch
