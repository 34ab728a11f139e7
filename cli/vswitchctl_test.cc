// The program itself: flags, exit codes, its output, what becomes of the words after "--".
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "cli/format.h"
#include "cli/json.h"
#include "cli/testing/fake_daemon.h"
#include "switch/base/str_cat.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kProgram[] = "cli/vswitchctl";  // In the runfiles, where a test starts.

struct Result {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class VswitchctlTest : public ::testing::Test {
 protected:
  Result RunProgram(std::vector<std::string> words) {
    words.insert(words.begin(), kProgram);
    return RunShell(ShellLine(words));
  }

  Result RunShell(const std::string& command) {
    const std::string out = folder_ / "out";
    const std::string err = folder_ / "err";
    const int status =
        system(("{ " + command + "; } >" + out + " 2>" + err + " </dev/null").c_str());
    return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            .out = ReadFile(out),
            .err = ReadFile(err)};
  }

  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  TempFolder folder_;
};

TEST_F(VswitchctlTest, FlagsMayStandAnywhereAndBeSpeltBothWays) {
  const std::string request = R"({"name":"br0","settings":{"ageing_s":"60"},"may_exist":true})";
  for (const int variant : {0, 1, 2, 3}) {
    FakeDaemon daemon(FakeDaemon::WithResult(Json::object()));
    const std::string path = daemon.socket_path();
    const std::vector<std::string> kCommandLines[] = {
        {"--socket=" + path, "--json", "--may-exist", "add-br", "br0", "ageing_s=60"},
        {"add-br", "br0", "ageing_s=60", "--may_exist", "--json", "--socket", path},
        {"add-br", "--json", "br0", "--may-exist", "ageing_s=60", "-socket=" + path},
        {"--timeout", "30", "--socket", path, "--json", "--may_exist", "--", "add-br", "br0",
         "ageing_s=60"},
    };
    const Result result = RunProgram(kCommandLines[variant]);
    EXPECT_EQ(result.exit_code, 0) << variant << result.err;
    EXPECT_EQ(result.out, "{}\n") << variant;
    ASSERT_EQ(daemon.requests().size(), 1u) << variant;
    EXPECT_EQ(ToLine(Field(daemon.requests()[0], "params")), request) << variant;
  }
}

TEST_F(VswitchctlTest, ExitCodes) {
  struct {
    int code;
    int exit_code;
  } const kCases[] = {{3, 1}, {5, 5}, {6, 6}, {13, 1}};
  for (const auto& c : kCases) {
    FakeDaemon daemon(FakeDaemon::WithError(c.code, "X", "no"));
    const Result result = RunProgram({"--socket=" + daemon.socket_path(), "del-br", "br0"});
    EXPECT_EQ(result.exit_code, c.exit_code) << c.code;
    EXPECT_EQ(result.err, "vswitchctl: no\n");
  }
  EXPECT_EQ(RunProgram({"--socket=" + folder_ / "none", "show"}).exit_code, 3);
}

TEST_F(VswitchctlTest, ADaemonThatNeverAnswers) {
  FakeDaemon daemon([](const std::string&) { return std::nullopt; });
  const Result result = RunProgram({"--socket=" + daemon.socket_path(), "--timeout=0.005", "show"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("did not answer within 5ms"));
}

TEST_F(VswitchctlTest, UsageErrorsOfFlags) {
  for (const std::string flag : {"--jsn", "--timeout=soon", "--timeout=0", "--timeout=-1",
                                 "--timeout=nan", "--json=maybe", "-nographic"}) {
    const Result result = RunProgram({"list-br", flag});
    EXPECT_EQ(result.exit_code, 2) << flag;
    EXPECT_EQ(result.out, "") << flag;
    EXPECT_THAT(result.err, HasSubstr("'vswitchctl help' lists the flags")) << flag;
  }
  EXPECT_THAT(RunProgram({"list-br", "--timeout=0"}).err,
              HasSubstr("--timeout=0: give more than 0 and at most 1000000 seconds"));
  EXPECT_EQ(RunProgram({}).exit_code, 2);
  EXPECT_EQ(RunProgram({"nonsense"}).exit_code, 2);
}

// They are no long flags cut short, and what stands behind one that takes a file is its name.
TEST_F(VswitchctlTest, Letters) {
  EXPECT_THAT(RunProgram({"-f", "del-br", "br0"}).err, HasSubstr("unknown flag '-f'"));
  EXPECT_THAT(RunProgram({"show", "-hxV"}).err, HasSubstr("unknown flag '-hxV'"));
  EXPECT_THAT(RunProgram({"-bforce_of_b"}).err, HasSubstr("the commands of force_of_b: "));
}

TEST_F(VswitchctlTest, ErrorsOfFlagsAreJsonToo) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--json", "--bogus"}, {"show", "--bogus", "--json"}}) {
    const Result result = RunProgram(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.out, HasSubstr(R"({"error":{"status":"INVALID_ARGUMENT")"));
  }
}

TEST_F(VswitchctlTest, SettingsThatAreTypedAsFlags) {
  const struct {
    std::string word, message;
  } kCases[] = {
      {"--mtu=9000", "'--mtu=9000' is no flag but a setting: write 'mtu=9000' behind the names\n"},
      {"-owner", "write 'owner' behind the names, with '=' and a value\n"},
  };
  for (const auto& c : kCases) {
    const Result result = RunProgram({"add-port", "br0", "vm0", c.word});
    EXPECT_EQ(result.exit_code, 2) << c.word;
    EXPECT_THAT(result.err, HasSubstr(c.message));
  }
}

TEST_F(VswitchctlTest, Help) {
  const Result verb = RunProgram({"help"});
  EXPECT_EQ(verb.exit_code, 0);
  EXPECT_THAT(verb.out, HasSubstr("usage: vswitchctl"));
  for (const char* flag : {"--help", "-help", "-h"}) {
    EXPECT_EQ(RunProgram({flag}).out, verb.out) << flag;
  }
  EXPECT_THAT(RunProgram({"add-port", "--help"}).out, HasSubstr("example: vswitchctl add-port"));
  for (const char* flag : {"--version", "-V"}) {
    const Result version = RunProgram({flag});
    EXPECT_EQ(version.exit_code, 0) << flag;
    EXPECT_THAT(version.out, HasSubstr("vswitchctl ")) << flag;
  }
}

// Also where whoever started it ignores the signal.
TEST_F(VswitchctlTest, AReaderThatHasGoneIsNoError) {
  for (const char* trap : {"", "trap '' PIPE; "}) {
    int pipe_fds[2];
    ASSERT_EQ(pipe(pipe_fds), 0);
    close(pipe_fds[0]);
    const Result result = RunShell(StrCat(trap, kProgram, " help >&", pipe_fds[1]));
    close(pipe_fds[1]);
    // As the shell tells of a signal.
    EXPECT_EQ(result.exit_code, 128 + SIGPIPE);
    EXPECT_EQ(result.err, "");
  }
}

TEST_F(VswitchctlTest, ColoursAreForTerminalsOrOnRequest) {
  FakeDaemon daemon(FakeDaemon::WithResult(
      ParseJson(R"({"version":"1","bridges":[{"name":"br0","ports":[{"name":"vm0",)"
                R"("state":"up"}]}]})")
          .value()));
  const std::string show = StrCat(kProgram, " --socket=", daemon.socket_path(), " show");
  const std::string up = "\x1b[32mup\x1b[0m";
  EXPECT_THAT(RunShell(show).out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(RunShell(show + " --color=always").out, HasSubstr(up));
  EXPECT_THAT(RunShell(show + " --color=always --json").out, Not(HasSubstr("\x1b")));
  // script gives it a terminal.
  const auto on_terminal = [&](const std::string& environment, const std::string& flags) {
    return RunShell("env " + environment + " script -qec '" + show + flags + "' /dev/null").out;
  };
  EXPECT_THAT(on_terminal("-u NO_COLOR TERM=xterm", ""), HasSubstr(up));
  EXPECT_THAT(on_terminal("TERM=xterm NO_COLOR=1", ""), Not(HasSubstr("\x1b")));
  EXPECT_THAT(on_terminal("-u NO_COLOR TERM=dumb", ""), Not(HasSubstr("\x1b")));
  EXPECT_THAT(on_terminal("-u NO_COLOR TERM=xterm", " --color=never"), Not(HasSubstr("\x1b")));
  EXPECT_EQ(RunShell(show + " --color=red").exit_code, 2);
}

TEST_F(VswitchctlTest, OutputThatCannotBeWrittenIsAnError) {
  EXPECT_EQ(RunShell(std::string(kProgram) + " help >/dev/full").exit_code, 1);
}

// A port on the one netdev that exists everywhere, so that the real checks of `run` find it.
class VswitchctlRunTest : public VswitchctlTest {
 protected:
  VswitchctlRunTest()
      : daemon_(FakeDaemon::WithResult(
            ParseJson(R"({"bridges":[{"name":"br0","ports":[{"name":"lo","type":"tap",)"
                      R"("state":"down","owner":")" +
                      std::to_string(geteuid()) + R"("}]}]})")
                .value())) {}

  void SetUp() override {
    if (access("/dev/net/tun", R_OK | W_OK) != 0) GTEST_SKIP() << "/dev/net/tun is not to be had";
  }

  Result RunCommand(const std::vector<std::string>& command) {
    std::vector<std::string> words = {"run", "lo", "--socket=" + daemon_.socket_path(),
                                      "mac=52:54:00:01:02:03", "--"};
    words.insert(words.end(), command.begin(), command.end());
    return RunProgram(words);
  }

  FakeDaemon daemon_;
};

TEST_F(VswitchctlRunTest, TheCommandGetsItsWordsUntouchedAndOursBehindThem) {
  const Result result = RunCommand({"/bin/sh", "-c", "printf '%s\\n' \"$@\"", "sh", "-nographic",
                                    "--json", "--", "a b", "", "--socket=x", "run"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "-nographic\n--json\n--\na b\n\n--socket=x\nrun\n"
            "-netdev\ntap,id=lo,ifname=lo,script=no,downscript=no\n"
            "-device\nvirtio-net-pci,netdev=lo,mac=52:54:00:01:02:03\n");
  EXPECT_EQ(result.err, "");
}

TEST_F(VswitchctlRunTest, TheCommandsExitCodeIsOurs) {
  EXPECT_EQ(RunCommand({"/bin/sh", "-c", "exit 42"}).exit_code, 42);
}

TEST_F(VswitchctlRunTest, CommandsThatCannotBeRun) {
  Result result = RunCommand({"no-such-command-anywhere"});
  EXPECT_EQ(result.exit_code, 127);
  EXPECT_THAT(result.err, HasSubstr("cannot run 'no-such-command-anywhere'"));
  result = RunCommand({"/dev/null"});
  EXPECT_EQ(result.exit_code, 126);
}

}  // namespace
}  // namespace vswitch
