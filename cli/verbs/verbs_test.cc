// Every verb against a scripted daemon: what it asks, what it prints, how it ends.
#include "cli/verbs/verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/format.h"
#include "cli/json.h"
#include "cli/testing/fake_daemon.h"
#include "cli/verbs/testing/verbs_fixture.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct RequestCase {
  std::string line;
  std::string request;  // As in Result.
};

// These verbs have no result: they ask, and are silent.
TEST_F(VerbsTest, SilentVerbsAskForWhatWasTyped) {
  const RequestCase kCases[] = {
      {"add-br br0", R"(add_br {"name":"br0"})"},
      {"add-br br0 ageing_s=60 fdb_entries=16",
       R"(add_br {"name":"br0","settings":{"ageing_s":"60","fdb_entries":"16"}})"},
      {"del-br br0", R"(del_br {"name":"br0"})"},
      {"set br br0 ageing_s=60", R"(set_br {"name":"br0","settings":{"ageing_s":"60"}})"},
      {"add-port br0 vm0", R"(add_port {"bridge":"br0","port":"vm0"})"},
      {"add-port br0 vm0 type=internal mtu=9000",
       R"(add_port {"bridge":"br0","port":"vm0","settings":{"type":"internal","mtu":"9000"}})"},
      {"del-port vm0", R"(del_port {"port":"vm0"})"},
      {"del-port br0 vm0", R"(del_port {"bridge":"br0","port":"vm0"})"},
      {"move-port vm0 br1", R"(move_port {"port":"vm0","bridge":"br1"})"},
      {"set port vm0 mtu=9000 owner=bob",
       R"(set_port {"port":"vm0","settings":{"mtu":"9000","owner":"bob"}})"},
      {"fdb add br0 52:54:00:00:00:01 vm0",
       R"(fdb_add {"bridge":"br0","mac":"52:54:00:00:00:01","port":"vm0"})"},
      {"fdb add br0 52:54:00:00:00:01 vm0 vlan=7",
       R"(fdb_add {"bridge":"br0","mac":"52:54:00:00:00:01","port":"vm0","vlan":7})"},
      {"fdb add br0 52:54:00:00:00:01 vm0 sticky vlan=7",
       R"(fdb_add {"bridge":"br0","mac":"52:54:00:00:00:01","port":"vm0","vlan":7,"sticky":true})"},
      {"fdb del br0 52:54:00:00:00:01", R"(fdb_del {"bridge":"br0","mac":"52:54:00:00:00:01"})"},
      {"fdb del br0 52:54:00:00:00:01 vlan=0",
       R"(fdb_del {"bridge":"br0","mac":"52:54:00:00:00:01","vlan":0})"},
      {"vlan add vm0 vid 10", R"(vlan_add {"port":"vm0","vid":"10"})"},
      {"vlan add vm0 vid 10 untagged pvid",
       R"(vlan_add {"port":"vm0","vid":"10","untagged":true,"pvid":true})"},
      {"vlan del vm0 vid 20-30", R"(vlan_del {"port":"vm0","vid":"20-30"})"},
      {"fdb flush br0", R"(fdb_flush {"bridge":"br0"})"},
      {"fdb flush br0 port=vm0 vlan=7", R"(fdb_flush {"bridge":"br0","vlan":7,"port":"vm0"})"},
      {"fdb flush br0 mac=52:54:00:00:00:01",
       R"(fdb_flush {"bridge":"br0","mac":"52:54:00:00:00:01"})"},
      {"exit", "exit {}"},
  };
  for (const RequestCase& c : kCases) {
    for (const bool json : {false, true}) {
      options_.json = json;
      const Result result = RunWithResult("{}", c.line);
      EXPECT_THAT(result.requests, ElementsAre(c.request)) << c.line;
      EXPECT_EQ(result.outcome.exit_code, ExitCode::kDone) << c.line;
      EXPECT_EQ(result.outcome.out, json ? "{}\n" : "") << c.line;
      EXPECT_EQ(result.outcome.err, "") << c.line;
    }
  }
}

TEST_F(VerbsTest, MayExistAndIfExistsAreSent) {
  options_.may_exist = true;
  EXPECT_THAT(RunWithResult("{}", "add-br br0").requests,
              ElementsAre(R"(add_br {"name":"br0","may_exist":true})"));
  EXPECT_THAT(RunWithResult("{}", "add-port br0 vm0").requests,
              ElementsAre(R"(add_port {"bridge":"br0","port":"vm0","may_exist":true})"));
  options_.may_exist = false;
  options_.if_exists = true;
  EXPECT_THAT(RunWithResult("{}", "del-br br0").requests,
              ElementsAre(R"(del_br {"name":"br0","if_exists":true})"));
  EXPECT_THAT(RunWithResult("{}", "del-port vm0").requests,
              ElementsAre(R"(del_port {"port":"vm0","if_exists":true})"));
  options_.if_exists = false;
  options_.force = true;
  EXPECT_THAT(RunWithResult("{}", "del-port vm0").requests,
              ElementsAre(R"(del_port {"port":"vm0","force":true})"));
  EXPECT_THAT(RunWithResult("{}", "del-br br0").requests,
              ElementsAre(R"(del_br {"name":"br0","force":true})"));
  options_.force = false;
  options_.keep_forwarding = true;
  EXPECT_THAT(RunWithResult("{}", "exit").requests,
              ElementsAre(R"(exit {"keep_forwarding":true})"));
}

TEST_F(VerbsTest, DelPortTellsOfATapThatIsKept) {
  const std::pair<const char*, const char*> kCases[] = {
      {R"({"kept":"vm0","holder":{"pid":4711,"command":"qemu-system-x86","user":"alice"}})",
       "vm0: kept, set down: process 4711 (qemu-system-x86) of alice has it open. It goes when "
       "that "
       "lets go; 'vswitchctl --force del-port vm0' deletes it at once\n"},
      {R"({"kept":"vm0","holder":null})",
       "vm0: kept, set down: a process that vswitchd cannot see has it open. It goes when that "
       "lets "
       "go; 'vswitchctl --force del-port vm0' deletes it at once\n"},
  };
  for (const auto& [reply, text] : kCases) {
    options_.json = false;
    EXPECT_EQ(RunWithResult(reply, "del-port br0 vm0").outcome.out, text);
    options_.json = true;
    EXPECT_EQ(RunWithResult(reply, "del-port br0 vm0").outcome.out, std::string(reply) + "\n");
  }
}

TEST_F(VerbsTest, FlagsThatMeanNothingToAVerbAreUsageErrors) {
  options_.may_exist = true;
  Result result = RunWithResult("{}", "del-br br0");
  EXPECT_EQ(result.outcome.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.outcome.err, HasSubstr("--may-exist means nothing to del-br"));
  EXPECT_THAT(result.requests, IsEmpty());
  options_.may_exist = false;
  options_.if_exists = true;
  result = RunWithResult("{}", "add-br br0");
  EXPECT_THAT(result.outcome.err, HasSubstr("--if-exists means nothing to add-br"));
}

TEST_F(VerbsTest, UnderSudoThePortBelongsToWhoTypedIt) {
  host_.sudo_uid = 1000;
  const RequestCase kCases[] = {
      {"add-port br0 vm0", R"(add_port {"bridge":"br0","port":"vm0","as_user":"1000"})"},
      {"add-port br0 vm0 mtu=9000",
       R"(add_port {"bridge":"br0","port":"vm0","as_user":"1000","settings":{"mtu":"9000"}})"},
      {"add-port br0 vm0 owner=root",
       R"(add_port {"bridge":"br0","port":"vm0","settings":{"owner":"root"}})"},
  };
  for (const RequestCase& c : kCases) {
    EXPECT_THAT(RunWithResult("{}", c.line).requests, ElementsAre(c.request)) << c.line;
  }
}

TEST_F(VerbsTest, WarningsGoToStderr) {
  const Result result =
      RunWithResult(R"({"warnings":["up0 has \u001b[2J","and more"]})", "add-port br0 up0");
  EXPECT_EQ(result.outcome.exit_code, ExitCode::kDone);
  EXPECT_EQ(result.outcome.out, "");
  EXPECT_EQ(result.outcome.err,
            "vswitchctl: warning: up0 has \\x1b[2J\nvswitchctl: warning: and more\n");
}

struct OutputCase {
  std::string line;
  std::string request;
  std::string result;  // The daemon's.
  std::string text;    // Printed for people.
};

TEST_F(VerbsTest, ResultsAreShownAsTablesAndPassedOnAsJson) {
  const OutputCase kCases[] = {
      {"list-br", "list_br {}", R"({"bridges":["br0","br1"]})", "br0\nbr1\n"},
      {"list-ports br0", R"(list_ports {"bridge":"br0"})", R"({"ports":["vm0"]})", "vm0\n"},
      {"show", "show {}", kShow,
       "vswitchd 0.1.0\n"
       "bridge br0  ageing_s=300 fdb_entries=65536 group_fwd_mask=0\n"
       "  PORT  TYPE    STATE  OWNER   MTU  QUEUES  TXQUEUELEN  DETAIL\n"
       "  vm0   tap     down   alice  1500       1        1000  no guest\n"
       "  eth1  netdev  up     -      9000       1        1000\n"
       "bridge br1  ageing_s=60 fdb_entries=16 group_fwd_mask=0\n"
       "  no ports\n"},
      {"show", "show {}", R"({"version":"0.1.0","bridges":[]})",
       "vswitchd 0.1.0\nno bridges; 'vswitchctl add-br br0' makes one\n"},
      {"fdb show", "fdb_show {}",
       R"({"entries":[{"bridge":"br0","mac":"52:54:00:00:00:01","vlan":0,"port":"vm0",)"
       R"("kind":"learned","age_s":12}]})",
       "BRIDGE  MAC                VLAN  PORT  KIND     AGE_S\n"
       "br0     52:54:00:00:00:01     0  vm0   learned     12\n"},
      {"fdb show br1", R"(fdb_show {"bridge":"br1"})", R"({"entries":[]})",
       "BRIDGE  MAC  VLAN  PORT  KIND  AGE_S\n"},
      {"fdb get br0 52:54:00:00:00:01 vlan=7",
       R"(fdb_get {"bridge":"br0","mac":"52:54:00:00:00:01","vlan":7})",
       R"({"bridge":"br0","mac":"52:54:00:00:00:01","vlan":7,"port":"vm0","kind":"static",)"
       R"("age_s":0})",
       "BRIDGE  MAC                VLAN  PORT  KIND    AGE_S\n"
       "br0     52:54:00:00:00:01     7  vm0   static      0\n"},
      {"fdb stats br0", R"(fdb_stats {"bridge":"br0"})",
       R"({"bridges":[{"name":"br0","entries":2,"static_entries":1,"capacity":65536,"learned":3,)"
       R"("moved":4,"aged_out":5,"evicted":6,"learn_failed":7,"learn_limited":8,)"
       R"("held":9,"holds":10}]})",
       "BRIDGE  ENTRIES  STATIC  CAPACITY  LEARNED  MOVED  AGED_OUT  EVICTED  LEARN_FAILED  "
       "LEARN_LIMITED  HELD  HOLDS\n"
       "br0           2       1     65536        3      4         5        6             7  "
       "            8     9     10\n"},
      {"fdb stats", "fdb_stats {}", R"({"bridges":[]})",
       "BRIDGE  ENTRIES  STATIC  CAPACITY  LEARNED  MOVED  AGED_OUT  EVICTED  LEARN_FAILED  "
       "LEARN_LIMITED  HELD  HOLDS\n"},
      {"vlan show", "vlan_show {}", R"({"ports":[]})", "PORT  BRIDGE  MODE  TAG  TRUNKS\n"},
      {"vlan show br0", R"(vlan_show {"bridge":"br0"})", R"({"ports":[]})",
       "PORT  BRIDGE  MODE  TAG  TRUNKS\n"},
      {"rstp show", "rstp_show {}", R"({"bridges":[]})", ""},
      {"rstp show br0", R"(rstp_show {"bridge":"br0"})",
       R"({"bridges":[{"bridge":"br0","bridge_id":"8000.02:00:00:00:00:01",)"
       R"("root_id":"1000.02:00:00:00:00:02","root_port":"vm0","root_path_cost":2000,)"
       R"("topology_changes":3,"ports":[{"port":"vm0","port_id":"8001","role":"root",)"
       R"("state":"forwarding","path_cost":2000,"edge":false,"protocol":"rstp",)"
       R"("designated_bridge":"1000.02:00:00:00:00:02","designated_port":"8002",)"
       R"("ingress_bpdus":7,"egress_bpdus":5}]}]})",
       "bridge br0  id 8000.02:00:00:00:00:01  root 1000.02:00:00:00:00:02 by vm0, cost 2000  "
       "topology changes 3\n"
       "PORT  ROLE  STATE       COST  EDGE  PROTOCOL  DESIGNATED                   IN  OUT\n"
       "vm0   root  forwarding  2000  no    rstp      1000.02:00:00:00:00:02 8002   7    5\n"},
      {"log show", "log_show {}", R"({"level":"info"})", "info\n"},
      {"log set warning", R"(log_set {"level":"warning"})", "{}", ""},
      {"version", "version {}", R"({"version":"9.9.9"})",
       "vswitchctl " + std::string(kVersion) + "\nvswitchd   9.9.9\n"},
  };
  for (const OutputCase& c : kCases) {
    options_.json = false;
    const Result text = RunWithResult(c.result, c.line);
    EXPECT_THAT(text.requests, ElementsAre(c.request)) << c.line;
    EXPECT_EQ(text.outcome.out, c.text) << c.line;
    EXPECT_EQ(text.outcome.exit_code, ExitCode::kDone) << c.line;
    options_.json = true;
    const Result json = RunWithResult(c.result, c.line);
    EXPECT_EQ(json.outcome.out, c.result + "\n") << c.line;
  }
}

TEST_F(VerbsTest, Stats) {
  const std::string stats =
      R"({"ports":[{"name":"vm0","bridge":"br0","ingress":{"frames":1,"bytes":60,"offloaded":2},)"
      R"("egress":{"frames":3,"bytes":180},"flood_copies":4,"drops":{"runt":0,"egress_down":5}}],)"
      R"("workers":[{"wakeups":1,"batches":22222222,"new":3,"sizes":{"0":7,"1":10}}]})";
  const Result result = RunWithResult(stats, "stats");
  EXPECT_THAT(result.requests, ElementsAre("stats {}"));
  EXPECT_EQ(result.outcome.out,
            "PORT  BRIDGE  INGRESS_FRAMES  BYTES  OFFLOADED  EGRESS_FRAMES  BYTES  FLOOD_COPIES\n"
            "vm0   br0                  1     60          2              3    180             4\n"
            "\n"
            "PORT  DROP_REASON  FRAMES\n"
            "vm0   egress_down       5\n"
            "\n"
            "WORKER  WAKEUPS   BATCHES  NEW\n"
            "     0        1  22222222    3\n\n"
            "WORKER  HISTOGRAM  0   1\n"
            "     0  sizes      7  10\n");
  options_.json = true;
  EXPECT_EQ(RunWithResult(stats, "stats").outcome.out, stats + "\n");
  options_.json = false;
  EXPECT_THAT(RunWithResult(R"({"ports":[],"workers":[]})", "stats").outcome.out,
              HasSubstr("no drops\n"));
  // Of a daemon that counts what this program has never heard of.
  EXPECT_THAT(RunWithResult(R"({"ports":[{"name":"vm0","egress":{"new":7}, "newer":8}]})", "stats")
                  .outcome.out,
              HasSubstr("PORT  EGRESS_NEW  NEWER\nvm0            7      8\n"));
}

TEST_F(VerbsTest, StatsOfSomePortsAndReset) {
  const std::string stats =
      R"({"ports":[{"name":"vm0","ingress":{"frames":1}},{"name":"vm1","ingress":{"frames":2}}],)"
      R"("workers":[]})";
  options_.json = true;
  EXPECT_EQ(RunWithResult(stats, "stats vm1").outcome.out,
            R"({"ports":[{"name":"vm1","ingress":{"frames":2}}],"workers":[]})"
            "\n");
  const Result absent = RunWithResult(stats, "stats vm2");
  EXPECT_EQ(absent.outcome.exit_code, ExitCode::kNotFound);
  EXPECT_THAT(absent.outcome.err, HasSubstr("no port 'vm2': did you mean"));
  options_.reset = true;
  EXPECT_THAT(RunWithResult("{}", "stats").requests, ElementsAre("stats_reset {}"));
  const Result some = RunWithResult("{}", "stats vm1");
  EXPECT_THAT(some.requests, IsEmpty());
  EXPECT_THAT(some.outcome.err, HasSubstr("stats --reset is of all ports"));
}

TEST_F(VerbsTest, Get) {
  const OutputCase kCases[] = {
      {"port-to-br vm0", "", R"({"bridge":"br0"})", "br0\n"},
      {"get port vm0 state", "", R"({"state":"down"})", "down\n"},
      {"get port vm0 bridge", "", R"({"bridge":"br0"})", "br0\n"},
      {"get port eth1 detail", "", R"({"detail":""})", "\n"},
      {"get br br0 ageing_s", "", R"({"ageing_s":300})", "300\n"},
      {"get br br1", "",
       R"({"name":"br1","ageing_s":60,"fdb_entries":16,"group_fwd_mask":0,"ports":[]})",
       "KEY             VALUE\n"
       "name            br1\n"
       "ageing_s        60\n"
       "fdb_entries     16\n"
       "group_fwd_mask  0\n"},
      {"get port vm0", "",
       R"({"name":"vm0","type":"tap","state":"down","detail":"no guest","owner":"alice",)"
       R"("mtu":1500,"queues":1,"txqueuelen":1000,"bridge":"br0"})",
       "KEY         VALUE\n"
       "name        vm0\n"
       "type        tap\n"
       "state       down\n"
       "detail      no guest\n"
       "owner       alice\n"
       "mtu         1500\n"
       "queues      1\n"
       "txqueuelen  1000\n"
       "bridge      br0\n"},
  };
  for (const OutputCase& c : kCases) {
    options_.json = false;
    const Result text = RunWithResult(kShow, c.line);
    EXPECT_THAT(text.requests, ElementsAre("show {}"));
    EXPECT_EQ(text.outcome.out, c.text) << c.line;
    options_.json = true;
    EXPECT_EQ(RunWithResult(kShow, c.line).outcome.out, c.result + "\n") << c.line;
  }
}

TEST_F(VerbsTest, NothingOfTheDaemonsReachesTheTerminalRaw) {
  const std::string evil = R"("\u001b[2J\u009b")";
  const std::pair<std::string, std::string> kCases[] = {
      {"list-br", R"({"bridges":[)" + evil + "]}"},
      {"list-ports br0", R"({"ports":[)" + evil + "]}"},
      {"version", R"({"version":)" + evil + "}"},
      {"show", R"({"version":)" + evil + R"(,"bridges":[{"name":)" + evil + R"(,"x":)" + evil +
                   R"(,"ports":[{"name":)" + evil + "}]}]}"},
      {"fdb show", R"({"entries":[{"port":)" + evil + "}]}"},
      {"stats", R"({"ports":[{"name":)" + evil + R"(,"drops":{)" + evil + R"(:1}}],"workers":[{)" +
                    evil + ":1}]}"},
      {"get br b x", R"({"bridges":[{"name":"b","x":)" + evil + "}]}"},
      {"get br b", R"({"bridges":[{"name":"b",)" + evil + ":" + evil + "}]}"},
  };
  for (const auto& [line, result_json] : kCases) {
    for (const bool json : {false, true}) {
      options_.json = json;
      const std::string out = RunWithResult(result_json, line).outcome.out;
      EXPECT_EQ(TerminalSafe(out, /*keep_newlines=*/true), out) << line;
      EXPECT_THAT(out, HasSubstr("1b[2J")) << line;
    }
  }
  const Result error =
      RunAgainst(FakeDaemon::WithError(3, "INVALID_ARGUMENT", "\x1b[2J"), {"list-br"});
  EXPECT_EQ(error.outcome.err, "vswitchctl: \\x1b[2J\n");
}

TEST_F(VerbsTest, ResultsOfAnotherShapeAreSurvived) {
  for (const Verb& verb : Verbs()) {
    for (const char* odd : {"null", "3", "[]", "{\"bridges\":3,\"ports\":{},\"entries\":\"x\"}",
                            "{\"bridges\":[3,null,[]],\"ports\":[3],\"entries\":[[]],"
                            "\"workers\":[\"x\"]}",
                            "{\"ports\":[{\"drops\":3,\"ingress\":[]}]}"}) {
      std::vector<std::string> words = Words(std::string(verb.name));
      const Signature signature = ParseSignature(verb.signature);
      for (const std::string_view name : signature.required) {
        // What is not in capitals stands for itself.
        words.push_back(std::islower(name[0]) ? std::string(name) : "x");
      }
      if (signature.needs_setting) words.push_back("a=b");
      // Settings that are no less required.
      if (verb.name == "mirror add") words.insert(words.end(), {"src=x", "to=x"});
      std::optional<std::vector<std::string>> command;
      if (signature.takes_command) command = {"true"};
      const Result result =
          RunAgainst(FakeDaemon::WithResult(ParseJson(odd).value()), words, command);
      EXPECT_NE(result.outcome.exit_code, ExitCode::kUsage) << verb.name << result.outcome.err;
    }
  }
}

}  // namespace
}  // namespace vswitch
