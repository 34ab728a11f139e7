// A client of the control socket that never blocks, for tests that run client and server in one
// thread.
#ifndef VSWITCH_SWITCH_RPC_TESTING_TEST_CLIENT_H_
#define VSWITCH_SWITCH_RPC_TESTING_TEST_CLIENT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "switch/base/unique_fd.h"

namespace vswitch {

class TestClient {
 public:
  // Fails the test when the connection is refused.
  explicit TestClient(const std::string& path);

  // What the kernel took of `bytes`.
  size_t TrySend(std::string_view bytes);
  // All of it, or the test fails.
  void Send(std::string_view bytes);
  // shutdown(SHUT_WR).
  void EndSending();

  // The complete lines that have come since the last call.
  std::vector<std::string> Lines();
  // Whether the server has closed the connection. Reads what is there first: call Lines() after it.
  bool Closed();
  // Of the line that is not complete yet.
  size_t partial_bytes() const { return received_.size(); }

  int fd() const { return fd_.get(); }
  void Close() { fd_.Reset(); }

 private:
  void Receive();

  UniqueFd fd_;
  std::string received_;
  bool closed_ = false;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_TESTING_TEST_CLIENT_H_
