// A RpcServer on a socket of its own, and an event loop that a test turns by hand: no threads,
// no sleeps.
#ifndef VSWITCH_SWITCH_RPC_TESTING_SERVER_FIXTURE_H_
#define VSWITCH_SWITCH_RPC_TESTING_SERVER_FIXTURE_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "switch/rpc/server.h"
#include "switch/rpc/testing/test_client.h"
#include "tests/temp_folder.h"

namespace vswitch {

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.socket_path = folder_ / "ctl.sock";
    auto loop = EventLoop::New();
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
  }
  void TearDown() override { server_.reset(); }

  // Unless told otherwise, "answer:" and the line.
  void StartServer() {
    auto server = RpcServer::Start(loop_.get(), options_,
                                   [this](std::string_view line, const Caller& caller) {
                                     ++lines_served_;
                                     return handle_(line, caller);
                                   });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  const std::string& path() const { return options_.socket_path; }

  // Turns the loop until it has nothing to do. Returns how many turns that took.
  int Pump() {
    int turns = 0;
    while (loop_->Turn(0)) ++turns;
    return turns;
  }

  // Turns the loop until `condition` holds; false when it does not within ten seconds.
  bool PumpUntil(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop_->Turn(10'000);
    }
    return true;
  }

  // Sends one line and returns the lines that come back.
  std::vector<std::string> Ask(TestClient& client, std::string_view line) {
    client.Send(std::string(line) + "\n");
    Pump();
    return client.Lines();
  }

  const TempFolder folder_;
  RpcServer::Options options_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<RpcServer> server_;
  LineHandler handle_ = [](std::string_view line, const Caller&) {
    return "answer:" + std::string(line);
  };
  size_t lines_served_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_TESTING_SERVER_FIXTURE_H_
