#include "switch/rpc/testing/test_client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "gtest/gtest.h"

namespace vswitch {

TestClient::TestClient(const std::string& path)
    : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  EXPECT_EQ(connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0)
      << strerror(errno);
}

size_t TestClient::TrySend(std::string_view bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count < 0) break;
    sent += static_cast<size_t>(count);
  }
  return sent;
}

void TestClient::Send(std::string_view bytes) { EXPECT_EQ(TrySend(bytes), bytes.size()); }

void TestClient::EndSending() { EXPECT_EQ(shutdown(fd_.get(), SHUT_WR), 0); }

void TestClient::Receive() {
  char chunk[65536];
  while (!closed_) {
    const ssize_t count = recv(fd_.get(), chunk, sizeof(chunk), 0);
    if (count > 0) {
      received_.append(chunk, static_cast<size_t>(count));
    } else if (count < 0 && errno == EAGAIN) {
      return;
    } else {
      closed_ = true;
    }
  }
}

std::vector<std::string> TestClient::Lines() {
  Receive();
  std::vector<std::string> lines;
  size_t begin = 0;
  for (size_t end; (end = received_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(received_.substr(begin, end - begin));
  }
  received_.erase(0, begin);
  return lines;
}

bool TestClient::Closed() {
  Receive();
  return closed_;
}

}  // namespace vswitch
