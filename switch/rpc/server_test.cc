// What a client of the control socket sees: lines, replies, refusals. What happens under load
// stands in server_load_test.cc.
#include "switch/rpc/server.h"

#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/testing/server_fixture.h"
#include "tests/send_fd.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ServerTest, AnswersALine) {
  StartServer();
  TestClient client(path());
  EXPECT_THAT(Ask(client, "hello"), ElementsAre("answer:hello"));
  EXPECT_THAT(Ask(client, "again"), ElementsAre("answer:again"));
  EXPECT_EQ(server_->connections(), 1u);
  client.Close();
  Pump();
  EXPECT_EQ(server_->connections(), 0u);
}

// Bytes up to where the kernel stops because descriptors come, and how many of these there were.
std::pair<std::string, size_t> ReceiveWithFds(int fd) {
  char bytes[256];
  iovec piece = {.iov_base = bytes, .iov_len = sizeof(bytes)};
  alignas(cmsghdr) char control[256];
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const ssize_t count = recvmsg(fd, &message, MSG_DONTWAIT);
  size_t fds = 0;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); count > 0 && header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    for (size_t i = 0; i < (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i, ++fds) {
      close(reinterpret_cast<const int*>(CMSG_DATA(header))[i]);
    }
  }
  return {std::string(bytes, static_cast<size_t>(std::max<ssize_t>(count, 0))), fds};
}

TEST_F(ServerTest, DescriptorsComeWithTheirReplyAndWhatIsKeptGoesWithTheConnection) {
  std::weak_ptr<int> kept;
  handle_ = [&](std::string_view line, const Caller& caller) {
    if (line != "attach") return "answer:" + std::string(line);
    std::vector<UniqueFd> fds;
    for (int i = 0; i < 2; ++i) fds.emplace_back(dup(STDERR_FILENO));
    const auto what = std::make_shared<int>(1);
    if (!caller.session->Attach(std::move(fds), what)) return std::string("refused");
    kept = what;
    return std::string("attached");
  };
  StartServer();
  TestClient client(path());
  client.Send("one\nattach\ntwo\nattach\n");
  Pump();
  using Received = std::pair<std::string, size_t>;
  // The kernel hands out up to the end of what they were sent with.
  EXPECT_EQ(ReceiveWithFds(client.fd()), Received("answer:one\nattached\n", 2));
  EXPECT_EQ(ReceiveWithFds(client.fd()), Received("answer:two\nrefused\n", 0));
  EXPECT_FALSE(kept.expired());
  client.EndSending();
  Pump();
  EXPECT_TRUE(kept.expired());
}

// A notification has none.
TEST_F(ServerTest, DescriptorsWithoutAReplyGoAtOnce) {
  std::weak_ptr<int> kept;
  handle_ = [&](std::string_view line, const Caller& caller) {
    if (line != "notify") return "answer:" + std::string(line);
    std::vector<UniqueFd> fds;
    fds.emplace_back(dup(STDERR_FILENO));
    const auto what = std::make_shared<int>(1);
    EXPECT_TRUE(caller.session->Attach(std::move(fds), what));
    kept = what;
    return std::string();
  };
  StartServer();
  TestClient client(path());
  client.Send("one\nnotify\ntwo\n");
  Pump();
  EXPECT_TRUE(kept.expired());
  EXPECT_EQ(ReceiveWithFds(client.fd()),
            std::pair(std::string("answer:one\nanswer:two\n"), size_t{0}));
}

TEST_F(ServerTest, LineInTwoPiecesCutAnywhere) {
  StartServer();
  TestClient client(path());
  const std::string line = "split me\n";
  for (size_t cut = 0; cut <= line.size(); ++cut) {
    client.Send(line.substr(0, cut));
    Pump();
    if (cut < line.size()) {
      EXPECT_THAT(client.Lines(), IsEmpty()) << cut;
      client.Send(line.substr(cut));
      Pump();
    }
    EXPECT_THAT(client.Lines(), ElementsAre("answer:split me")) << cut;
  }
}

TEST_F(ServerTest, ManyLinesInOnePiece) {
  StartServer();
  TestClient client(path());
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += absl::StrCat(i, "\n");
  client.Send(lines);
  std::vector<std::string> replies;
  PumpUntil([&] {
    for (std::string& reply : client.Lines()) replies.push_back(std::move(reply));
    return replies.size() == 5000;
  });
  ASSERT_EQ(replies.size(), 5000u);
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(replies[i], absl::StrCat("answer:", i));
}

TEST_F(ServerTest, BlankLinesAndNotificationsHaveNoReply) {
  handle_ = [](std::string_view line, const Caller&) {
    return line == "notify" ? std::string() : "answer:" + std::string(line);
  };
  StartServer();
  TestClient client(path());
  EXPECT_THAT(Ask(client, "\n \t\n\r\nnotify\nx"), ElementsAre("answer:x"));
  EXPECT_EQ(lines_served_, 2u);
}

TEST_F(ServerTest, TooLongLineIsAnsweredAndSkipped) {
  options_.max_line_bytes = 100'000;
  StartServer();
  TestClient client(path());
  EXPECT_EQ(Ask(client, std::string(100'000, 'x')).size(), 1u);
  EXPECT_EQ(lines_served_, 1u);

  const std::vector<std::string> replies = Ask(client, std::string(100'001, 'x') + "\nnext");
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_THAT(replies[0], HasSubstr(R"("id":null,"error":{"code":-32600)"));
  EXPECT_THAT(replies[0], HasSubstr("longer than 100000 bytes"));
  EXPECT_EQ(replies[1], "answer:next");

  // An endless one costs one reply and no memory.
  for (int i = 0; i < 100; ++i) {
    client.Send(std::string(100'000, 'y'));
    Pump();
  }
  EXPECT_EQ(client.Lines().size(), 1u);
  EXPECT_THAT(Ask(client, "\nafter"), ElementsAre("answer:after"));
}

TEST_F(ServerTest, EndOfInputIsAnsweredFirst) {
  StartServer();
  TestClient client(path());
  client.Send("one\ntwo");
  client.EndSending();
  Pump();
  EXPECT_TRUE(client.Closed());
  EXPECT_THAT(client.Lines(), ElementsAre("answer:one", "answer:two"));
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(ServerTest, EndOfInputDoesNotCutALongReply) {
  constexpr size_t kReplyBytes = 5'000'000;
  handle_ = [](std::string_view, const Caller&) { return std::string(kReplyBytes, 'r'); };
  StartServer();
  TestClient client(path());
  client.Send("x\n");
  client.EndSending();
  size_t replies = 0;
  EXPECT_TRUE(PumpUntil([&] {
    for (const std::string& line : client.Lines()) replies += line.size() == kReplyBytes;
    return client.Closed();
  }));
  EXPECT_EQ(replies, 1u);
}

TEST_F(ServerTest, PeersUidIsPassedOn) {
  handle_ = [](std::string_view, const Caller& caller) { return StrCat(caller.uid); };
  StartServer();
  TestClient client(path());
  EXPECT_THAT(Ask(client, "who"), ElementsAre(StrCat(getuid())));
}

TEST_F(ServerTest, ReplyIsSentBeforeTheHandlersExitTakesEffect) {
  handle_ = [this](std::string_view, const Caller&) {
    loop_->Exit();
    return std::string("bye");
  };
  StartServer();
  TestClient client(path());
  client.Send("exit\n");
  EXPECT_TRUE(loop_->Run().ok());
  EXPECT_THAT(client.Lines(), ElementsAre("bye"));
}

TEST_F(ServerTest, DestructionClosesConnectionsAndRemovesTheSocket) {
  StartServer();
  TestClient client(path());
  Ask(client, "x");
  server_.reset();
  EXPECT_TRUE(client.Closed());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(ServerTest, ClientsThatVanishDoNoHarm) {
  handle_ = [](std::string_view, const Caller&) { return std::string(1'000'000, 'r'); };
  StartServer();
  for (int round = 0; round < 100; ++round) {
    TestClient client(path());
    client.Send("1\n2\n3\nhalf a li");
    if (round % 3 == 0) Pump();
    if (round % 3 == 1) loop_->Turn(0);
    client.Close();
    Pump();
    EXPECT_EQ(server_->connections(), 0u);
  }
  TestClient client(path());
  client.Send("x\n");
  EXPECT_TRUE(PumpUntil([&] { return !client.Lines().empty(); }));
}

TEST_F(ServerTest, FileDescriptorsSentAlongAreClosed) {
  StartServer();
  TestClient client(path());
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  ASSERT_TRUE(SendWithFd(client.fd(), "x\n", writer.get()));
  writer.Reset();
  Pump();
  EXPECT_THAT(client.Lines(), ElementsAre("answer:x"));
  pollfd poll_fd = {.fd = reader.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&poll_fd, 1, 0), 1);
  EXPECT_EQ(poll_fd.revents & POLLHUP, POLLHUP) << "the server still holds the pipe";
}

TEST_F(ServerTest, SecondServerIsRefused) {
  StartServer();
  const auto second = RpcServer::Start(loop_.get(), options_, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  TestClient client(path());
  EXPECT_THAT(Ask(client, "x"), ElementsAre("answer:x"));
}

// Connects as another user and returns what he reads, "connect: ..." or "cannot be ...".
class ServerPeerTest : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    handle_ = [](std::string_view, const Caller& caller) { return StrCat("served ", caller.uid); };
  }

  std::string AskAs(uid_t uid, gid_t gid, const std::vector<gid_t>& groups) {
    int ends[2];
    if (pipe(ends) != 0) return "pipe failed";
    const pid_t child = fork();
    if (child == 0) {
      const std::string answer = BeAndAsk(uid, gid, groups);
      if (write(ends[1], answer.data(), answer.size()) < 0) _exit(1);
      _exit(0);
    }
    close(ends[1]);
    PumpUntil([&] {
      pollfd poll_fd = {.fd = ends[0], .events = POLLIN, .revents = 0};
      return poll(&poll_fd, 1, 0) > 0;
    });
    char text[4096];
    const ssize_t size = read(ends[0], text, sizeof(text));
    close(ends[0]);
    waitpid(child, nullptr, 0);
    Pump();
    return size > 0 ? std::string(text, static_cast<size_t>(size)) : "nothing";
  }

 private:
  std::string BeAndAsk(uid_t uid, gid_t gid, const std::vector<gid_t>& groups) {
    if (setgroups(groups.size(), groups.data()) != 0 || setgid(gid) != 0 || setuid(uid) != 0) {
      return "cannot be another user";
    }
    alarm(10);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      return StrCat("connect: ", strerror(errno));
    }
    if (send(fd, "x\n", 2, MSG_NOSIGNAL) < 0 && errno != EPIPE) return "cannot send";
    std::string answer;
    char chunk[4096];
    while (answer.find('\n') == std::string::npos) {
      const ssize_t size = recv(fd, chunk, sizeof(chunk), 0);
      if (size <= 0) return answer + "(closed)";
      answer.append(chunk, static_cast<size_t>(size));
    }
    return answer;
  }
};

constexpr uid_t kNobody = 65534;
constexpr gid_t kGroup = 54321;

#define SKIP_UNLESS_ROOT()                                                              \
  if (geteuid() != 0 || AskAs(kNobody, kNobody, {}).starts_with("cannot be")) {         \
    GTEST_SKIP() << "being another user takes root, and a namespace that knows others"; \
  }

TEST_F(ServerPeerTest, StrangersAreKeptOutByTheMode) {
  StartServer();
  SKIP_UNLESS_ROOT();
  EXPECT_EQ(AskAs(kNobody, kNobody, {}), "connect: Permission denied");
}

TEST_F(ServerPeerTest, StrangersAreKeptOutWhateverTheMode) {
  StartServer();
  SKIP_UNLESS_ROOT();
  ASSERT_EQ(chmod(path().c_str(), 0666), 0);
  const std::string answer = AskAs(kNobody, kNobody, {kGroup, kGroup + 1});
  EXPECT_THAT(answer,
              HasSubstr(R"({"jsonrpc":"2.0","id":null,"error":{"code":7,"message":"user )"));
  EXPECT_THAT(answer, HasSubstr("may not control the switch"));
  EXPECT_THAT(answer, HasSubstr("PERMISSION_DENIED"));
  EXPECT_EQ(lines_served_, 0u);
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(ServerPeerTest, MembersOfTheGroupAreServed) {
  options_.socket_group = absl::StrCat(kGroup);
  if (geteuid() != 0) GTEST_SKIP() << "giving a file to another group needs root";
  auto server = RpcServer::Start(
      loop_.get(), options_,
      [this](std::string_view line, const Caller& caller) { return handle_(line, caller); });
  if (absl::IsUnavailable(server.status())) GTEST_SKIP() << "no second group in this namespace";
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  EXPECT_EQ(AskAs(kNobody, kGroup, {}), "served 65534\n");
  EXPECT_EQ(AskAs(kNobody, kNobody, {kGroup}), "served 65534\n");
  // As one of more groups than the first question asks for.
  std::vector<gid_t> many;
  for (gid_t i = 0; i < 1000; ++i) many.push_back(100'000 + i);
  many.push_back(kGroup);
  EXPECT_EQ(AskAs(kNobody, kNobody, many), "served 65534\n");
  EXPECT_EQ(AskAs(kNobody, kNobody, {kGroup + 1}), "connect: Permission denied");
  EXPECT_EQ(AskAs(0, kNobody, {}), "served 0\n");
}

}  // namespace
}  // namespace vswitch
