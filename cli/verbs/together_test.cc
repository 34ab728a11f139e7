// Several commands as one: what is asked of the daemon, and what is said of what cannot be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "cli/testing/fake_daemon.h"
#include "cli/verbs/testing/verbs_fixture.h"
#include "cli/verbs/verbs.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kTwoCalls[] =
    R"(transaction {"calls":[{"method":"add_br","params":{"name":"br0","may_exist":true}},)"
    R"({"method":"add_port","params":{"bridge":"br0","port":"vm0","settings":{"mtu":"9000"}}}]})";

class TogetherTest : public VerbsTest {
 protected:
  // As on a command line, whose flags before the first "--" were read.
  Result RunLine(const FakeDaemon::Answer& answer, const std::string& line) {
    const size_t dashes = line.find(" -- ");
    if (dashes == line.npos) return RunAgainst(answer, Words(line));
    return RunAgainst(answer, Words(line.substr(0, dashes)), Words(line.substr(dashes + 4)));
  }

  Result RunBatch(const FakeDaemon::Answer& answer, const std::string& text) {
    options_.batch = folder_ / "batch";
    std::ofstream(options_.batch) << text;
    return RunAgainst(answer, {});
  }

  const FakeDaemon::Answer kDone =
      FakeDaemon::WithResult(ParseJson(R"({"results":[{},{}]})").value());
  TempFolder folder_;
};

TEST_F(TogetherTest, CommandsWithDashesBetweenAreOneTransaction) {
  for (const char* line : {" -- --may-exist add-br br0 -- add-port br0 vm0 mtu=9000",
                           " -- add-br br0 --may_exist -- add-port br0 vm0 mtu=9000"}) {
    const Result result = RunLine(kDone, line);
    EXPECT_THAT(result.requests, ElementsAre(kTwoCalls)) << line;
    EXPECT_EQ(result.outcome.exit_code, ExitCode::kDone) << result.outcome.err;
    EXPECT_EQ(result.outcome.out, "");
  }
  options_.may_exist = true;  // Of the first command alone.
  EXPECT_THAT(RunLine(kDone, "add-br br0 -- add-port br0 vm0 mtu=9000").requests,
              ElementsAre(kTwoCalls));
  // With one command "--" only ends the flags.
  options_.may_exist = false;
  EXPECT_THAT(RunLine(kDone, " -- del-br br0").requests, ElementsAre(R"(del_br {"name":"br0"})"));
}

TEST_F(TogetherTest, ABatchIsOneTransaction) {
  const Result result = RunBatch(kDone,
                                 "# a switch\n\n  --may-exist add-br 'br0'\t# one\n"
                                 "add-port br0 \"vm0\" mtu=9000");
  EXPECT_THAT(result.requests, ElementsAre(kTwoCalls)) << result.outcome.err;
  options_.json = true;
  const Result nothing = RunBatch(kDone, "# nothing\n\n");
  EXPECT_THAT(nothing.requests, IsEmpty());
  EXPECT_EQ(nothing.outcome.out, "{\"results\":[]}\n");
}

TEST_F(TogetherTest, EachResultIsTold) {
  const auto answer = FakeDaemon::WithResult(
      ParseJson(R"({"results":[{"kept":"vm0","holder":null},{}],"warnings":["odd"]})").value());
  const Result result = RunLine(answer, "del-port vm0 -- del-br br0");
  EXPECT_THAT(result.outcome.out, HasSubstr("vm0: kept, set down"));
  EXPECT_EQ(result.outcome.err, "vswitchctl: warning: odd\n");
}

TEST_F(TogetherTest, TheDaemonsErrorNamesTheCommand) {
  const auto answer = [](const std::string&) {
    return std::string(
        R"({"jsonrpc":"2.0","id":1,"error":{"code":5,"message":"there is no bridge 'br9'",)"
        R"("data":{"status":"NOT_FOUND","call":1}}})"
        "\n");
  };
  Result result = RunLine(answer, "add-br br0 -- add-port br9 vm0");
  EXPECT_EQ(result.outcome.exit_code, ExitCode::kNotFound);
  EXPECT_EQ(result.outcome.err,
            "vswitchctl: command 2: there is no bridge 'br9'; 'vswitchctl list-br' lists all; "
            "nothing was changed\n");
  options_.json = true;
  result = RunBatch(answer, "add-br br0\n\nadd-port br9 vm0\n");
  EXPECT_THAT(result.outcome.err, HasSubstr("batch, line 3: there is no bridge 'br9'"));
  EXPECT_THAT(result.outcome.out, HasSubstr(R"("call":1)"));
}

TEST_F(TogetherTest, NothingIsSentUnlessAllCanBeRead) {
  const struct {
    std::string line, message;
  } kCases[] = {
      {"add-br br0 -- add-prot br0 vm0", "command 2: unknown verb 'add-prot'"},
      {"add-br br0 -- add-port br0", "command 2: add-port: PORT is missing"},
      {"add-br br0 -- ", "command 2: a verb is missing"},
      {"add-br -- br0", "command 1: add-br: BR is missing"},
      {"add-br br0 -- --json list-br", "command 2: --json is of all commands together"},
      {"add-br br0 -- --if-exists add-br br1", "command 2: --if-exists means nothing to add-br"},
      {"add-br br0 -- --nonsense", "command 2: unknown flag '--nonsense'"},
      {"add-br br0 -- show", "command 2: 'show' cannot be one of several commands"},
      {"show -- add-br br0", "command 1: 'show' cannot be one of several commands"},
      {"add-br br0 -- run vm0 -- true", "command 2: run: '--' and a command are missing"},
  };
  for (const auto& c : kCases) {
    const Result result = RunLine(kDone, c.line);
    EXPECT_THAT(result.requests, IsEmpty()) << c.line;
    EXPECT_EQ(result.outcome.exit_code, ExitCode::kUsage) << c.line;
    EXPECT_THAT(result.outcome.err, HasSubstr(c.message)) << c.line;
  }
  const std::pair<std::string, std::string> kBatches[] = {
      {"add-br br0\nadd-port 'br0\n", "batch, line 2: a ' is not closed"},
      {"add-br br0 -- add-br br1\n", "batch, line 1: '--' joins commands"},
      {"--socket=x add-br br0\n", "batch, line 1: --socket is of all commands together"},
      {std::string("add-br \0br0", 11), "batch, line 1: there is a NUL byte"},
      {"\nset port vm0\n", "batch, line 2: set port: a key=value is missing"},
      {"add-port br0 vm0 --mtu=9000\n", "is no flag but a setting: write 'mtu=9000'"},
  };
  for (const auto& [text, message] : kBatches) {
    const Result result = RunBatch(kDone, text);
    EXPECT_THAT(result.requests, IsEmpty()) << text;
    EXPECT_EQ(result.outcome.exit_code, ExitCode::kUsage) << text;
    EXPECT_THAT(result.outcome.err, HasSubstr(message)) << text;
  }
}

TEST_F(TogetherTest, MoreThanTheDaemonTakesAtOnce) {
  std::string many;
  for (size_t i = 0; i <= kMaxCallsPerTransaction; ++i) many += "add-br br0\n";
  std::string wide = "add-br br0";
  for (int i = 0; i < 10; ++i) wide += StrCat(" ", i, "=", std::string(110'000, 'x'));
  for (const std::string& text : {many, wide}) {
    const Result result = RunBatch(kDone, text);
    EXPECT_THAT(result.requests, IsEmpty());
    EXPECT_EQ(result.outcome.exit_code, ExitCode::kFailed);
    EXPECT_THAT(result.outcome.err, HasSubstr("split them into several"));
  }
}

TEST_F(TogetherTest, ABatchThatCannotBeRead) {
  options_.batch = folder_ / "absent";
  Result result = RunAgainst(kDone, {});
  EXPECT_EQ(result.outcome.exit_code, ExitCode::kFailed);
  EXPECT_THAT(result.outcome.err, HasSubstr("absent: No such file or directory"));
  options_.batch = "/dev/zero";
  EXPECT_THAT(RunAgainst(kDone, {}).outcome.err, HasSubstr("/dev/zero is longer than"));
  options_.batch = folder_ / "batch";
  result = RunAgainst(kDone, {"show"});
  EXPECT_THAT(result.outcome.err, HasSubstr("-b takes its commands from a file"));
}

}  // namespace
}  // namespace vswitch
