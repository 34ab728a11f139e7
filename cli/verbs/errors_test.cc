// What a user reads when a verb does not do what was typed, and the exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "cli/testing/fake_daemon.h"
#include "cli/verbs/testing/verbs_fixture.h"
#include "cli/verbs/verbs.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using ErrorsTest = VerbsTest;

TEST_F(ErrorsTest, WhatIsNotThereIsNamedWithItsNearest) {
  struct {
    std::string line, message;
  } const kCases[] = {
      {"get port vm1", "no port 'vm1': did you mean 'vm0'?"},
      {"get port vm0 staet", "no key 'staet': did you mean 'state'?"},
      {"get br br00", "no bridge 'br00': did you mean 'br0'?"},
      {"get br br0 ageing", "no key 'ageing': did you mean 'ageing_s'?"},
      {"qemu-args eth0", "no port 'eth0': did you mean 'eth1'?"},
  };
  for (const auto& c : kCases) {
    const Result result = RunWithResult(kShow, c.line);
    EXPECT_EQ(result.outcome.exit_code, ExitCode::kNotFound) << c.line;
    EXPECT_EQ(result.outcome.err, "vswitchctl: " + c.message + "\n");
    EXPECT_EQ(result.outcome.out, "");
  }
}

TEST_F(ErrorsTest, TheDaemonsErrorGoesToStderrAndWithJsonToStdoutToo) {
  const auto answer = FakeDaemon::WithError(6, "ALREADY_EXISTS", "bridge 'br0' exists");
  Result result = RunAgainst(answer, {"add-br", "br0"});
  EXPECT_EQ(result.outcome.exit_code, ExitCode::kAlreadyExists);
  EXPECT_EQ(result.outcome.err, "vswitchctl: bridge 'br0' exists\n");
  EXPECT_EQ(result.outcome.out, "");
  options_.json = true;
  result = RunAgainst(answer, {"add-br", "br0"});
  EXPECT_EQ(result.outcome.exit_code, ExitCode::kAlreadyExists);
  EXPECT_EQ(result.outcome.err, "vswitchctl: bridge 'br0' exists\n");
  EXPECT_EQ(result.outcome.out,
            R"({"error":{"status":"ALREADY_EXISTS","message":"bridge 'br0' exists"}})"
            "\n");
}

TEST_F(ErrorsTest, TheDaemonsErrorEndsWithAHintInOurWords) {
  const struct {
    int code;
    std::string message, line, hint;
  } kCases[] = {
      {5, "there is no bridge 'br9': did you mean 'br0'?", "add-port br9 vm0",
       " 'vswitchctl list-br' lists all"},
      {5, "there is no bridge 'x'", "fdb flush x", "; 'vswitchctl list-br' lists all"},
      {5, "there is no port 'vm1': did you mean 'vm0'?", "del-port vm1",
       " 'vswitchctl show' lists them"},
      {5, "there is no bridge 'vm0', but a bridge 'br0': the bridge comes first, then the port",
       "add-port vm0 br0", "; did you mean 'add-port br0 vm0'?"},
      {5, "there is no bridge 'vm0', but a bridge 'br0': the bridge comes first, then the port",
       "del-port vm0 br0", "; did you mean 'del-port br0 vm0'?"},
      {5, "there is no port 'else'", "set port else mtu=0", "; 'vswitchctl show' lists them"},
      {6, "bridge 'br0' exists already", "add-br br0", "; --may-exist accepts that"},
      {6, "bridge 'br0' exists already, but has ageing_s=300 and not ageing_s=60: change that",
       "add-br br0 ageing_s=60", "; 'vswitchctl set br br0 key=value' does"},
      {6, "port 'vm0' exists already, but has mtu=1500 and not mtu=9000: change that",
       "add-port br0 vm0 mtu=9000", "; 'vswitchctl set port vm0 key=value' does"},
      {6, "port 'vm0' exists already, but has type=tap and not type=netdev: remove it",
       "add-port br0 vm0 type=netdev", ""},
      {9, "bridge 'br0' still has 1 port(s): vm0", "del-br br0",
       "; 'vswitchctl --force del-br br0' takes them along"},
      {8, "the table of 'br0' has no room for another static entry", "fdb add br0 x vm0",
       "; raise it with 'vswitchctl set br br0 fdb_entries=N'"},
      {8, "bridge 'br0' has 17 static entries: give fdb_entries at least as many, or delete some",
       "set br br0 fdb_entries=16", ""},
      {9, "learn_limit=1 is below what bridge 'br0' has learned, 2 addresses", "set br br0 a=1",
       "; 'vswitchctl fdb flush br0' does"},
      {9, "learn_limit=1 is below what port 'vm0' has learned, 2 addresses", "set port vm0 a=1",
       "; 'vswitchctl fdb flush' does"},
      // The same codes for other reasons.
      {5, "there is no device 'absent0'", "add-port br0 absent0", ""},
      {6, "port 'vm0' exists already on bridge 'br1'", "add-port br0 vm0", ""},
      {8, "cannot write the state file: No space left on device", "fdb add br0 x vm0", ""},
      {9, "the state file is not a regular file", "del-br br0", ""},
  };
  for (const auto& c : kCases) {
    const auto answer = FakeDaemon::WithError(c.code, "", c.message);
    EXPECT_EQ(RunAgainst(answer, Words(c.line)).outcome.err,
              "vswitchctl: " + c.message + c.hint + "\n");
  }
}

TEST_F(ErrorsTest, UsageErrorsAreFoundWithoutADaemon) {
  options_.socket_path = "/dev/null/none";
  struct {
    std::vector<std::string> words;
    std::string message;
  } const kCases[] = {
      {{}, "a verb is missing"},
      {{"ad-port"}, "unknown verb 'ad-port': did you mean 'add-port'?"},
      {{"list_br"}, "unknown verb 'list_br': did you mean 'list-br'?"},
      {{"hlep", "exit"}, "unknown verb 'hlep': did you mean 'help'?"},
      {{"fdb"}, "a word is missing: fdb show, fdb get, fdb add, fdb del, fdb flush, fdb stats"},
      {{"fdb", "shwo"}, "unknown verb 'fdb shwo': did you mean 'fdb show'?"},
      {{"get", "prot", "vm0"}, "unknown verb 'get prot': did you mean 'get port'?"},
      {{"\x1b[2J"}, "unknown verb '\\x1b[2J'"},
      {{"add-port", "br0"}, "add-port: PORT is missing\nusage:   vswitchctl add-port "},
      {{"add-port", "br0", "vm0", "mtu"}, "'mtu' is no key=value"},
      {{"set", "br", "br0"}, "set br: a key=value is missing"},
      {{"fdb", "flush", "br0", "vlan=x"}, "vlan=x is no number"},
      {{"fdb", "flush", "br0", "vlna=1"}, "did you mean 'vlan'?"},
      {{"set", "vm0", "mtu=1500"}, "unknown verb 'set vm0': did you mean 'set port vm0 mtu=1500'?"},
      {{"set", "br0", "ageing_s=60"}, "did you mean 'set br br0 ageing_s=60'?"},
      {{"set", "prot", "vm0", "mtu=1500"}, "did you mean 'set port'?"},
      {{"get", "vm0"}, "did you mean 'get port vm0'?"},
      {{"get", "br0"}, "did you mean 'get br br0'?"},
      {{"get", "vm0", "state"}, "did you mean 'get port vm0 state'?"},
      {{"get", "br0", "ageing_s"}, "did you mean 'get br br0 ageing_s'?"},
      {{"fdb", "br0"}, "unknown verb 'fdb br0'; there are fdb show, fdb get, fdb add,"},
      {{"br0", "add-port", "vm0", "mtu=9000"}, "did you mean 'add-port br0 vm0 mtu=9000'?"},
      {{"vm0", "set", "port", "mtu=9000"}, "did you mean 'set port vm0 mtu=9000'?"},
      {{"add", "port", "br0", "vm0"}, "did you mean 'add-port br0 vm0'?"},
      {{"port", "add", "br0", "vm0"}, "did you mean 'add-port br0 vm0'?"},
      {{"port", "set", "vm0", "mtu=9000"}, "did you mean 'set port vm0 mtu=9000'?"},
      {{"br", "del", "br0"}, "did you mean 'del-br br0'?"},
      {{"add", "vm0"}, "unknown verb 'add': 'add-port BR PORT' adds a port, 'add-br BR' a bridge"},
      {{"rm", "vm0"}, "'del-port PORT' deletes a port"},
      {{"status"}, "'show' shows bridges and ports"},
      {{"show", "fdb"}, "'fdb' is one argument too many: did you mean 'fdb show'?\nusage: "},
      {{"show", "fdb", "br0"}, "did you mean 'fdb show br0'?"},
      {{"show", "log"}, "did you mean 'log show'?"},
      {{"show", "stats"}, "did you mean 'stats'?"},
      {{"show", "br0"},
       "'br0' is one argument too many; 'get br br0' shows a bridge, 'list-ports br0' its ports, "
       "'get port br0' a port\nusage: "},
      {{"show", "port", "vm0"}, "'get port vm0' a port"},
      {{"list-br", "vm0"}, "list-br: 'vm0' is one argument too many\nusage: "},
      {{"run", "vm0"}, "run: '--' and a command are missing\nusage: "},
      {{"help", "shwo"}, "did you mean 'show'?"},
  };
  for (const auto& c : kCases) {
    const Outcome outcome = RunVerb(options_, host_, c.words, std::nullopt);
    EXPECT_EQ(outcome.exit_code, ExitCode::kUsage) << c.message;
    EXPECT_THAT(outcome.err, HasSubstr(c.message));
    EXPECT_THAT(outcome.err, Not(HasSubstr("\n\n")));
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(ErrorsTest, NoDaemon) {
  options_.socket_path = "/dev/null/none";
  options_.json = true;
  const Outcome outcome = RunVerb(options_, host_, Words("show"), std::nullopt);
  EXPECT_EQ(outcome.exit_code, ExitCode::kUnreachable);
  EXPECT_THAT(outcome.err, StartsWith("vswitchctl: no vswitchd listens on /dev/null/none: start"));
  EXPECT_THAT(outcome.out, StartsWith(R"({"error":{"status":"UNAVAILABLE","message":"no vsw)"));
}

}  // namespace
}  // namespace vswitch
