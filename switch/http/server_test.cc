// What is checked, with plain sockets: who is answered, for what, with which headers; and that no
// client keeps the others from being answered.
#include "switch/http/server.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "switch/base/loop_caller.h"
#include "switch/base/str_cat.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A server at a free port of 127.0.0.1, or at a Unix socket, with a loop that turns.
class HttpServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loop = EventLoop::New();
    ASSERT_TRUE(loop.ok()) << loop.status();
    loop_ = *std::move(loop);
    auto caller = LoopCaller::New(loop_.get());
    ASSERT_TRUE(caller.ok()) << caller.status();
    caller_ = *std::move(caller);
  }

  void TearDown() override {
    stop_ = true;
    if (turner_.joinable()) turner_.join();
    caller_->End();
    server_.reset();
  }

  void Serve(const std::string& address) {
    auto listener = HttpListener::Listen(address, "");
    ASSERT_TRUE(listener.ok()) << listener.status();
    auto server = HttpServer::Start(
        loop_.get(), *std::move(listener),
        [this](const HttpRequest& request) { return Tell(request); }, kLimits);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    turner_ = std::thread([this] {
      while (!stop_) loop_->Turn(10'000);
    });
  }
  void ServeUnix() { Serve("unix:" + socket_path_); }
  void ServeTcp() {
    // The kernel's choice of a free port, let go again.
    UniqueFd probe(socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(any);
    ASSERT_EQ(bind(probe.get(), reinterpret_cast<sockaddr*>(&any), size), 0);
    ASSERT_EQ(getsockname(probe.get(), reinterpret_cast<sockaddr*>(&any), &size), 0);
    tcp_ = any;
    const int port = ntohs(any.sin_port);
    probe.Reset();
    Serve(StrCat("127.0.0.1:", port));
  }

  HttpReply Tell(const HttpRequest& request) {
    if (request.path == "/large") return {.body = std::make_shared<std::string>(kLarge, 'x')};
    if (request.path == "/loop") {
      int turn = 0;
      if (!caller_->Run([&] { turn = 1; })) return HttpReply::Error(503, "ending");
      return HttpReply::Error(200, StrCat("turn ", turn));
    }
    std::string text = request.path;
    for (const auto& [name, value] : request.query) text += StrCat(" ", name, "=", value);
    return {.body = std::make_shared<const std::string>(text)};
  }

  UniqueFd Connect() const {
    if (tcp_.sin_port != 0) {
      UniqueFd fd(socket(AF_INET, SOCK_STREAM, 0));
      EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&tcp_), sizeof(tcp_)), 0);
      return fd;
    }
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
    socket_path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }
  // All that comes until the server ends the connection.
  static std::string ReadAll(const UniqueFd& fd) {
    std::string text;
    char buffer[65536];
    for (ssize_t n; (n = read(fd.get(), buffer, sizeof(buffer))) > 0;) text.append(buffer, n);
    return text;
  }
  std::string Ask(const std::string& request) const {
    const UniqueFd fd = Connect();
    EXPECT_EQ(send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    return ReadAll(fd);
  }
  std::string Get(const std::string& path, const std::string& host = "localhost") const {
    return Ask(StrCat("GET ", path, " HTTP/1.1\r\nHost: ", host, "\r\n\r\n"));
  }

  static constexpr HttpServer::Limits kLimits = {.connections = 8, .seconds = 2};
  static constexpr size_t kLarge = 8 << 20;  // More than sockets hold.
  const TempFolder folder_;
  const std::string socket_path_ = folder_ / "page.sock";
  sockaddr_in tcp_ = {};
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<LoopCaller> caller_;
  std::unique_ptr<HttpServer> server_;
  std::atomic<bool> stop_ = false;
  std::thread turner_;
};

TEST_F(HttpServerTest, AnswersGetWithHeadersThatKeepBrowsersSafe) {
  ServeTcp();
  const std::string reply = Get("/a?b=1&c=%20x");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply, EndsWith("\r\n\r\n/a b=1 c= x"));
  for (const char* header :
       {"Content-Security-Policy: default-src 'none'; script-src 'self'", "frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff\r\n", "X-Frame-Options: DENY\r\n",
        "Cross-Origin-Resource-Policy: same-origin\r\n", "Cache-Control: no-store\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n", "Connection: close\r\n"}) {
    EXPECT_THAT(reply, HasSubstr(header));
  }
  EXPECT_THAT(reply, Not(HasSubstr("unsafe")));
  EXPECT_THAT(reply, Not(HasSubstr("Access-Control")));
}

TEST_F(HttpServerTest, HeadHasNoBody) {
  ServeTcp();
  EXPECT_THAT(Ask("HEAD /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
              testing::AllOf(HasSubstr("Content-Length: 2\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(HttpServerTest, OnlyThoseWhoAskForThisMachineAreAnswered) {
  ServeTcp();
  for (const char* host : {"evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", ""}) {
    EXPECT_THAT(Get("/a", host), StartsWith("HTTP/1.1 421 ")) << host;
  }
  EXPECT_THAT(Ask("GET /a HTTP/1.0\r\n\r\n"), HasSubstr(" 421 "));
  EXPECT_THAT(Get("/a", "127.0.0.1:1234"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, AUnixSocketIsAskedByAnyName) {
  ServeUnix();
  EXPECT_THAT(Get("/a", "metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, NothingButReadingIsAnswered) {
  ServeTcp();
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"}) {
    const std::string reply =
        Ask(StrCat(method, " /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(reply, HasSubstr("Allow: GET, HEAD\r\n")) << method;
  }
}

TEST_F(HttpServerTest, NonsenseHarmsNobody) {
  ServeTcp();
  const std::string long_line(100'000, 'a');
  for (const std::string& nonsense :
       {std::string("\r\n\r\n\r\n"), std::string("GET\r\n\r\n"), std::string(1000, '\0'),
        StrCat("GET /", long_line, " HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        StrCat("GET / HTTP/1.1\r\nHost: localhost\r\nX: ", long_line, "\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz"),
        std::string("GET /%00%ff%zz?%=&=&a HTTP/1.1\r\nHost: localhost\r\n\r\n")}) {
    const UniqueFd fd = Connect();
    static_cast<void>(send(fd.get(), nonsense.data(), nonsense.size(), MSG_NOSIGNAL));
    shutdown(fd.get(), SHUT_WR);
    EXPECT_THAT(ReadAll(fd), Not(HasSubstr(" 500 ")));
    EXPECT_THAT(Get("/a"), EndsWith("/a"));
  }
}

TEST_F(HttpServerTest, AHandlerMayWaitForTheLoop) {
  ServeTcp();
  EXPECT_THAT(Get("/loop"), EndsWith("turn 1\n"));
}

TEST_F(HttpServerTest, EndsWhileSomebodyWaitsForTheLoop) {
  ServeUnix();
  stop_ = true;
  turner_.join();
  const UniqueFd fd = Connect();
  const std::string request = "GET /loop HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(write(fd.get(), request.data(), request.size()), static_cast<ssize_t>(request.size()));
  caller_->End();
  server_.reset();  // Would wait for ever.
}

// As many as may be connected say nothing, or ask for much and do not read. They lose their
// connections after a time, whoever comes then is answered.
TEST_F(HttpServerTest, ThoseWhoHoldConnectionsLoseThem) {
  ServeTcp();
  std::vector<UniqueFd> silent;
  for (unsigned i = 0; i < kLimits.connections; ++i) {
    UniqueFd& fd = silent.emplace_back(Connect());
    const std::string begin =
        i % 2 == 0 ? "GET /a HT" : "GET /large HTTP/1.1\r\nHost: [::1]\r\n\r\n";
    static_cast<void>(send(fd.get(), begin.data(), begin.size(), MSG_NOSIGNAL));
  }
  EXPECT_THAT(Get("/a"), EndsWith("/a"));
}

TEST_F(HttpServerTest, LargeRepliesArriveWhole) {
  ServeTcp();
  const std::string reply = Get("/large");
  EXPECT_EQ(reply.size() - reply.find("\r\n\r\n") - 4, kLarge);
}

}  // namespace
}  // namespace vswitch
