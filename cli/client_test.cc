#include "cli/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "cli/exit_code.h"
#include "cli/json.h"
#include "cli/testing/fake_daemon.h"
#include "cli/testing/unprivileged.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

// Long enough never to pass in a test that expects an answer.
constexpr absl::Duration kPatient = absl::Seconds(60);
constexpr absl::Duration kImpatient = absl::Milliseconds(5);

absl::StatusOr<Json> CallOnce(const std::string& path, absl::Duration timeout = kPatient) {
  Json params = Json::object();
  params["port"] = "vm0";
  return Client({.socket_path = path, .timeout = timeout}).Call("test", std::move(params));
}

void ExpectError(const absl::StatusOr<Json>& result, absl::StatusCode code, ExitCode exit_code,
                 const std::string& words) {
  EXPECT_EQ(result.status().code(), code) << result.status();
  EXPECT_EQ(ExitCodeOf(result.status()), exit_code) << result.status();
  EXPECT_THAT(std::string(result.status().message()), HasSubstr(words));
}

TEST(ClientTest, SendsOneRequestAndReturnsTheResult) {
  FakeDaemon daemon(FakeDaemon::WithResult(ParseJson("{\"b\":[1],\"a\":2}").value()));
  const auto result = CallOnce(daemon.socket_path());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(ToLine(*result), "{\"b\":[1],\"a\":2}");
  ASSERT_EQ(daemon.requests().size(), 1u);
  EXPECT_EQ(ToLine(daemon.requests()[0]),
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test\",\"params\":{\"port\":\"vm0\"}}");
}

TEST(ClientTest, ReadsALongReply) {
  const std::string text(3'000'000, 'x');
  FakeDaemon daemon(FakeDaemon::WithResult(Json(text)));
  const auto result = CallOnce(daemon.socket_path());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, Json(text));
}

TEST(ClientTest, SendsALongRequest) {
  FakeDaemon daemon(FakeDaemon::WithResult(Json::object()));
  const std::string text(1'000'000, 'x');
  const auto result =
      Client({.socket_path = daemon.socket_path(), .timeout = kPatient}).Call("test", Json(text));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Field(daemon.requests().at(0), "params"), Json(text));
}

TEST(ClientTest, TheDaemonsErrorsKeepCodeAndMessage) {
  struct {
    int code;
    absl::StatusCode expected;
    ExitCode exit_code;
  } const kCases[] = {
      {3, absl::StatusCode::kInvalidArgument, ExitCode::kFailed},
      {5, absl::StatusCode::kNotFound, ExitCode::kNotFound},
      {6, absl::StatusCode::kAlreadyExists, ExitCode::kAlreadyExists},
      {7, absl::StatusCode::kPermissionDenied, ExitCode::kFailed},
      {14, absl::StatusCode::kUnavailable, ExitCode::kFailed},
      {16, absl::StatusCode::kUnauthenticated, ExitCode::kFailed},
      {17, absl::StatusCode::kInternal, ExitCode::kFailed},
      {0, absl::StatusCode::kInternal, ExitCode::kFailed},
      {-32601, absl::StatusCode::kUnimplemented, ExitCode::kFailed},
      {-32602, absl::StatusCode::kInvalidArgument, ExitCode::kFailed},
      {-32603, absl::StatusCode::kInternal, ExitCode::kFailed},
  };
  for (const auto& c : kCases) {
    FakeDaemon daemon(FakeDaemon::WithError(c.code, "X", "no port 'vm0'"));
    ExpectError(CallOnce(daemon.socket_path()), c.expected, c.exit_code, "no port 'vm0'");
  }
}

TEST(ClientTest, AnErrorWithoutWordsIsStillAnError) {
  FakeDaemon daemon([](const std::string&) { return "{\"id\":null,\"error\":{}}\n"; });
  ExpectError(CallOnce(daemon.socket_path()), absl::StatusCode::kInternal, ExitCode::kFailed,
              "no reason");
}

TEST(ClientTest, RefusesRepliesThatAreNotOfThisProtocol) {
  for (const std::string line :
       {"", "hello", "HTTP/1.1 400 Bad Request", "{", "[]", "null", "{}", "{\"result\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}", "{\"jsonrpc\":\"2.0\",\"id\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":\"x\"}", "{\"id\":1,\"result\":\"\xff\"}",
        "{\"id\":1,\"result\":{}} trailing"}) {
    FakeDaemon daemon([line](const std::string&) { return line + "\n"; });
    ExpectError(CallOnce(daemon.socket_path()), absl::StatusCode::kInternal, ExitCode::kFailed,
                "did not answer as vswitchd does");
  }
}

TEST(ClientTest, RefusesADeepReply) {
  FakeDaemon daemon([](const std::string&) {
    return "{\"id\":1,\"result\":" + std::string(200'000, '[') + std::string(200'000, ']') + "}\n";
  });
  ExpectError(CallOnce(daemon.socket_path()), absl::StatusCode::kInternal, ExitCode::kFailed,
              "did not answer as vswitchd does");
}

TEST(ClientTest, RefusesALongReplyWithAndWithoutItsEnd) {
  for (const char* end : {"\n", ""}) {
    FakeDaemon daemon([end](const std::string&) { return std::string(300'000, ' ') + end; });
    const Client client(
        {.socket_path = daemon.socket_path(), .timeout = kPatient, .max_reply_bytes = 200'000});
    ExpectError(client.Call("test", Json::object()), absl::StatusCode::kResourceExhausted,
                ExitCode::kFailed, "longer than 200000 bytes");
  }
}

TEST(ClientTest, ADaemonThatClosesBeforeItHasAnswered) {
  for (const std::string start : {"", "{\"jsonrpc\":\"2.0\",\"id\":1,\"res"}) {
    FakeDaemon daemon([start](const std::string&) { return start; });
    ExpectError(CallOnce(daemon.socket_path()), absl::StatusCode::kUnavailable,
                ExitCode::kUnreachable, "closed the connection");
  }
}

TEST(ClientTest, ADaemonThatNeverAnswers) {
  FakeDaemon daemon([](const std::string&) { return std::nullopt; });
  ExpectError(CallOnce(daemon.socket_path(), kImpatient), absl::StatusCode::kDeadlineExceeded,
              ExitCode::kUnreachable, "did not answer within 5ms");
}

TEST(ClientTest, ADaemonThatNeverAccepts) {
  const TempFolder folder;
  const std::string path = folder / "socket";
  const BoundSocket socket(path, /*backlog=*/0);
  ExpectError(CallOnce(path, kImpatient), absl::StatusCode::kDeadlineExceeded,
              ExitCode::kUnreachable, "did not answer");
}

TEST(ClientTest, ADaemonWhoseBacklogIsFull) {
  const TempFolder folder;
  const std::string path = folder / "socket";
  const BoundSocket socket(path, /*backlog=*/0);
  const BlockedClients blocked(path);
  ExpectError(CallOnce(path, kImpatient), absl::StatusCode::kDeadlineExceeded,
              ExitCode::kUnreachable, "did not answer");
}

TEST(ClientTest, ADaemonThatDoesNotReadTheRequest) {
  const TempFolder folder;
  const std::string path = folder / "socket";
  const BoundSocket socket(path, /*backlog=*/8);
  const Client client({.socket_path = path, .timeout = kImpatient});
  ExpectError(client.Call("test", Json(std::string(4'000'000, 'x'))),
              absl::StatusCode::kDeadlineExceeded, ExitCode::kUnreachable, "did not answer");
}

TEST(ClientTest, NoDaemon) {
  const TempFolder folder;
  const std::string absent = folder / "absent.sock";
  ExpectError(CallOnce(absent), absl::StatusCode::kUnavailable, ExitCode::kUnreachable,
              "no vswitchd listens on " + absent +
                  ": start it with 'sudo vswitchd', or name its socket with --socket");
  ExpectError(CallOnce("/dev/null/x"), absl::StatusCode::kUnavailable, ExitCode::kUnreachable,
              "no vswitchd listens");
  // What a daemon leaves behind that was killed.
  const std::string stale = folder / "stale.sock";
  { const BoundSocket socket(stale, std::nullopt); }
  ExpectError(CallOnce(stale), absl::StatusCode::kUnavailable, ExitCode::kUnreachable,
              "no vswitchd listens on " + stale);
}

// As after `vswitchd &`: nothing is at the path yet, or what a killed daemon left.
TEST(ClientTest, ADaemonThatIsAboutToServeIsWaitedFor) {
  for (const bool stale : {false, true}) {
    const TempFolder folder;
    const std::string path = folder / "socket";
    if (stale) const BoundSocket left(path, std::nullopt);
    std::unique_ptr<FakeDaemon> daemon;
    std::thread start([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      unlink(path.c_str());
      daemon = std::make_unique<FakeDaemon>(FakeDaemon::WithResult(Json("here")), path);
    });
    const auto result = CallOnce(path);
    start.join();
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(*result, Json("here"));
    EXPECT_EQ(daemon->requests().size(), 1u);
  }
}

TEST(ClientTest, ADaemonThatNobodyStartsIsNotWaitedForLong) {
  const TempFolder folder;
  const std::string absent = folder / "absent.sock";
  struct {
    absl::Duration timeout;
    absl::Duration least;
    absl::Duration most;
  } const kCases[] = {
      {kPatient, absl::Seconds(2), absl::Seconds(20)},
      {kImpatient, kImpatient, absl::Seconds(1.5)},
  };
  for (const auto& c : kCases) {
    const auto start = std::chrono::steady_clock::now();
    ExpectError(CallOnce(absent, c.timeout), absl::StatusCode::kUnavailable, ExitCode::kUnreachable,
                "no vswitchd listens on " + absent);
    const auto passed = absl::FromChrono(std::chrono::steady_clock::now() - start);
    EXPECT_GE(passed, c.least);
    EXPECT_LE(passed, c.most);
  }
}

TEST(ClientTest, SocketPathsThatCannotBe) {
  for (const std::string& path : {std::string(), "/" + std::string(107, 'x')}) {
    ExpectError(CallOnce(path), absl::StatusCode::kInvalidArgument, ExitCode::kUsage,
                "1 to 107 bytes");
  }
  // The longest that can.
  ExpectError(CallOnce("/" + std::string(106, 'x')), absl::StatusCode::kUnavailable,
              ExitCode::kUnreachable, "no vswitchd listens");
}

absl::StatusOr<Json> CallUnprivileged(const std::string& path) {
  const Unprivileged unprivileged;
  return CallOnce(path);
}

TEST(ClientTest, PermissionDeniedOnTheDirectory) {
  const TempFolder folder;
  const std::string path = folder / "socket";
  const BoundSocket socket(path, /*backlog=*/8);
  ASSERT_EQ(chmod(folder.path().c_str(), 0), 0);
  ExpectError(CallUnprivileged(path), absl::StatusCode::kPermissionDenied, ExitCode::kPermission,
              "this user may not use " + path + ": use sudo");
  ASSERT_EQ(chmod(folder.path().c_str(), 0700), 0);
}

TEST(ClientTest, PermissionDeniedOnTheSocketNamesItsGroup) {
  const TempFolder folder;
  const std::string path = folder / "socket";
  const BoundSocket socket(path, /*backlog=*/8);
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  ExpectError(CallUnprivileged(path), absl::StatusCode::kPermissionDenied, ExitCode::kPermission,
              "use sudo, or ");
  if (geteuid() != 0) GTEST_SKIP() << "only root can give the socket to another group";
  ExpectError(CallUnprivileged(path), absl::StatusCode::kPermissionDenied, ExitCode::kPermission,
              "use sudo, or let a group in: start vswitchd with --socket_group=GROUP");
  ASSERT_EQ(chown(path.c_str(), 0, 1), 0);  // daemon, everywhere.
  ExpectError(CallUnprivileged(path), absl::StatusCode::kPermissionDenied, ExitCode::kPermission,
              "'sudo usermod -aG daemon $USER'");
  ASSERT_EQ(chown(path.c_str(), 0, 987654), 0);  // A group without a name.
  ExpectError(CallUnprivileged(path), absl::StatusCode::kPermissionDenied, ExitCode::kPermission,
              "-aG 987654");
}

// The daemon looks at the peer too, and says so before it has read a request.
TEST(ClientTest, AConnectionThatTheDaemonRefuses) {
  FakeDaemon daemon([](const std::string&) {
    return "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":7,\"message\":\"user bob may "
           "not\"}}\n";
  });
  ExpectError(CallOnce(daemon.socket_path()), absl::StatusCode::kPermissionDenied,
              ExitCode::kPermission, "user bob may not");
}

}  // namespace
}  // namespace vswitch
