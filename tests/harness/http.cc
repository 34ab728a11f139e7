#include "tests/harness/http.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "switch/base/unique_fd.h"

namespace vswitch::testing {
namespace {

void Connect(int fd, const void* address, socklen_t size) {
  if (connect(fd, static_cast<const sockaddr*>(address), size) != 0) {
    throw Error(std::string("connect: ") + strerror(errno));
  }
}

HttpResult Ask(int fd, const std::string& path, const std::string& host) {
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    throw Error(std::string("send: ") + strerror(errno));
  }
  std::string reply;
  char buffer[65536];
  for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) reply.append(buffer, n);
  const size_t end = reply.find("\r\n\r\n");
  const std::string start = "HTTP/1.";
  if (end == std::string::npos || !reply.starts_with(start)) throw Error("no reply: " + reply);
  return {.status = std::stoi(reply.substr(start.size() + 2, 3)),
          .headers = reply.substr(0, end + 2),
          .body = reply.substr(end + 4)};
}

}  // namespace

HttpResult HttpGet(const NetNamespace& net, int port, const std::string& path,
                   const std::string& host) {
  HttpResult result;
  net.Run([&] {
    const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = {.sin_family = AF_INET,
                                 .sin_port = htons(static_cast<uint16_t>(port)),
                                 .sin_addr = {htonl(INADDR_LOOPBACK)},
                                 .sin_zero = {}};
    Connect(fd.get(), &address, sizeof(address));
    result = Ask(fd.get(), path, host);
  });
  return result;
}

HttpResult HttpGet(const std::string& socket_path, const std::string& path) {
  const UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  socket_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  Connect(fd.get(), &address, sizeof(address));
  return Ask(fd.get(), path, "localhost");
}

}  // namespace vswitch::testing
