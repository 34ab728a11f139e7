// The control socket under load: crowds, clients that do not read, descriptors that run out. The
// property in each: the others are served, memory is bounded, and the loop does not spin.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/rpc/server.h"
#include "switch/rpc/testing/server_fixture.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;

constexpr uint64_t kNever = 3'600'000'000;

class ServerLoadTest : public ServerTest {};

TEST_F(ServerLoadTest, ThousandsAtOnceAreAllServedInTheEnd) {
  StartServer();
  std::list<TestClient> clients;
  for (int i = 0; i < 3000; ++i) clients.emplace_back(path()).Send("x\n");
  Pump();
  EXPECT_EQ(server_->connections(), kMaxConnections);
  EXPECT_EQ(lines_served_, kMaxConnections);
  size_t answered = 0;
  // Each round, those who have their answer leave and let as many others in.
  for (int round = 0; round < 20; ++round) {
    answered += clients.remove_if(
        [](TestClient& client) { return client.Lines() == std::vector<std::string>{"answer:x"}; });
    Pump();
  }
  EXPECT_TRUE(clients.empty());
  EXPECT_EQ(answered, 3000u);
  Pump();
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(ServerLoadTest, ThousandsOneAfterAnother) {
  StartServer();
  for (int i = 0; i < 5000; ++i) {
    TestClient client(path());
    if (i % 2 == 0) {
      ASSERT_THAT(Ask(client, "x"), ElementsAre("answer:x"));
    }
  }
  Pump();
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(ServerLoadTest, NewcomersWaitForAPlace) {
  options_.max_connections = 2;
  options_.evict_idle_us = kNever;
  options_.tick_us = 10'000;
  StartServer();
  TestClient first(path());
  TestClient second(path());
  TestClient third(path());
  EXPECT_THAT(Ask(first, "1"), ElementsAre("answer:1"));
  EXPECT_THAT(Ask(third, "3"), ElementsAre());
  PumpUntil([turns = 0]() mutable { return ++turns > 5; });
  EXPECT_EQ(server_->connections(), 2u);
  first.Close();
  Pump();
  EXPECT_THAT(third.Lines(), ElementsAre("answer:3"));
  EXPECT_THAT(Ask(second, "2"), ElementsAre("answer:2"));
}

TEST_F(ServerLoadTest, FullHouseDoesNotSpin) {
  options_.max_connections = 1;
  options_.tick_us = kNever;
  StartServer();
  TestClient inside(path());
  TestClient outside(path());
  Pump();
  EXPECT_FALSE(loop_->Turn(100'000)) << "a turn without reason";
  EXPECT_FALSE(loop_->Turn(100'000)) << "a turn without reason";
}

TEST_F(ServerLoadTest, LongestIdleGivesWayToANewcomer) {
  options_.max_connections = 3;
  options_.evict_idle_us = 300'000;
  options_.tick_us = 20'000;
  StartServer();
  TestClient idle(path());
  Pump();
  TestClient busy(path());
  TestClient another(path());
  Pump();
  // Nobody waits: nobody goes, however idle.
  PumpUntil([end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500)] {
    return std::chrono::steady_clock::now() > end;
  });
  EXPECT_EQ(server_->connections(), 3u);
  Ask(busy, "x");
  Ask(another, "x");
  TestClient newcomer(path());
  newcomer.Send("n\n");
  EXPECT_TRUE(PumpUntil([&] { return idle.Closed(); }));
  Pump();
  EXPECT_THAT(newcomer.Lines(), ElementsAre("answer:n"));
  EXPECT_THAT(Ask(busy, "y"), ElementsAre("answer:y"));
}

TEST_F(ServerLoadTest, OneThatDoesNotReadHoldsUpNobody) {
  constexpr size_t kRequests = 200;
  constexpr size_t kReplyBytes = 1'000'000;
  handle_ = [](std::string_view, const Caller&) { return std::string(kReplyBytes, 'r'); };
  options_.stall_timeout_us = kNever;
  StartServer();
  TestClient lazy(path());
  std::string requests;
  for (size_t i = 0; i < kRequests; ++i) requests += "x\n";
  lazy.Send(requests);
  Pump();
  // The backlog, the reply that passed it, and what the kernel's buffer took.
  EXPECT_GT(lines_served_, 3u);
  EXPECT_LT(lines_served_, 10u);
  EXPECT_FALSE(loop_->Turn(100'000)) << "it must wait, not spin";
  // What it sends now stays in the kernel, where the room is limited.
  while (lazy.TrySend(std::string(10'000, 'z')) > 0) {
  }
  EXPECT_EQ(Pump(), 0);
  EXPECT_EQ(lazy.TrySend("z"), 0u);

  const size_t before = lines_served_;
  TestClient other(path());
  other.Send("y\n");
  EXPECT_TRUE(PumpUntil([&] { return other.Lines().size() == 1; }));
  EXPECT_EQ(lines_served_, before + 1);

  // When it reads at last, it gets everything, and the backlog does not grow meanwhile.
  size_t replies = 0;
  size_t most_waiting = 0;
  EXPECT_TRUE(PumpUntil([&] {
    most_waiting = std::max(most_waiting, lines_served_ - 1 - replies);
    for (const std::string& line : lazy.Lines()) replies += line.size() == kReplyBytes;
    return replies == kRequests;
  })) << replies;
  EXPECT_LT(most_waiting, 10u);
}

TEST_F(ServerLoadTest, OneThatNeverReadsIsClosed) {
  handle_ = [](std::string_view, const Caller&) { return std::string(1'000'000, 'r'); };
  options_.stall_timeout_us = 300'000;
  options_.tick_us = 20'000;
  StartServer();
  TestClient lazy(path());
  TestClient idle(path());
  lazy.Send("x\n");
  Pump();
  EXPECT_EQ(server_->connections(), 2u);
  EXPECT_TRUE(PumpUntil([&] { return server_->connections() == 1; }));
  EXPECT_TRUE(lazy.Closed());
  EXPECT_FALSE(idle.Closed()) << "one that owes nothing may stay as long as it likes";
  EXPECT_FALSE(loop_->Turn(200'000)) << "the timer must rest when nobody stalls";
}

TEST_F(ServerLoadTest, OneReplyMayBeLongerThanTheBacklog) {
  constexpr size_t kReplyBytes = 20'000'000;
  handle_ = [](std::string_view, const Caller&) { return std::string(kReplyBytes, 'r'); };
  StartServer();
  TestClient client(path());
  client.Send("x\n");
  std::vector<std::string> lines;
  EXPECT_TRUE(PumpUntil([&] {
    lines = client.Lines();
    return !lines.empty();
  }));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].size(), kReplyBytes);
}

TEST_F(ServerLoadTest, UnreadRepliesOfAllTogetherAreLimited) {
  handle_ = [](std::string_view, const Caller&) { return std::string(1'000'000, 'r'); };
  options_.max_waiting_bytes = 5'000'000;
  options_.stall_timeout_us = kNever;
  StartServer();
  std::list<TestClient> lazy;
  for (int i = 0; i < 10; ++i) {
    lazy.emplace_back(path()).Send("x\n");
    Pump();
  }
  EXPECT_LT(server_->connections(), 8u);
  EXPECT_GE(server_->connections(), 4u);
  EXPECT_TRUE(lazy.front().Closed()) << "the longest without progress goes first";
  EXPECT_FALSE(lazy.back().Closed());
}

TEST_F(ServerLoadTest, OneWithManyRequestsLetsOthersThrough) {
  StartServer();
  TestClient greedy(path());
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += "g\n";
  greedy.Send(lines);
  loop_->Turn(0);
  TestClient other(path());
  other.Send("o\n");
  int turns = 0;
  std::vector<std::string> answer;
  while (answer.empty() && turns < 10'000) {
    ASSERT_TRUE(loop_->Turn(0));
    ++turns;
    answer = other.Lines();
  }
  EXPECT_THAT(answer, ElementsAre("answer:o"));
  EXPECT_LT(turns, 20);
}

// Takes every file descriptor that the process may have.
class Hoard {
 public:
  explicit Hoard(int keep_free) {
    getrlimit(RLIMIT_NOFILE, &old_);
    const rlimit low = {256, old_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &low);
    for (int fd; (fd = dup(0)) >= 0;) fds_.emplace_back(fd);
    fds_.resize(fds_.size() - static_cast<size_t>(keep_free));
  }
  ~Hoard() { setrlimit(RLIMIT_NOFILE, &old_); }

 private:
  rlimit old_;
  std::vector<UniqueFd> fds_;
};

TEST_F(ServerLoadTest, OutOfDescriptorsIsWaitedOutWithoutSpinning) {
  options_.tick_us = 200'000;
  StartServer();
  TestClient inside(path());
  EXPECT_THAT(Ask(inside, "1"), ElementsAre("answer:1"));
  std::optional<TestClient> outside;
  {
    const Hoard hoard(/*keep_free=*/1);
    outside.emplace(path());
    outside->Send("2\n");
    Pump();
    EXPECT_EQ(server_->connections(), 1u) << "there was a descriptor left: this tests nothing";
    EXPECT_THAT(Ask(inside, "still"), ElementsAre("answer:still"));
    // A tick or two in half a second, each with a try to accept; not thousands of turns.
    int turns = 0;
    PumpUntil([&, end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500)] {
      ++turns;
      return std::chrono::steady_clock::now() > end;
    });
    EXPECT_LT(turns, 100);
  }
  EXPECT_TRUE(PumpUntil([&] { return outside->Lines().size() == 1; }));
}

}  // namespace
}  // namespace vswitch
