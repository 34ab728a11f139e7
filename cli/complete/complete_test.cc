// What is offered for a word, by a daemon that has two bridges.
#include "cli/complete/complete.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "cli/json.h"
#include "cli/testing/fake_daemon.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

using Words = std::vector<std::string>;

std::optional<std::string> Answer(const std::string& line) {
  const std::string method = TextField(ParseJson(line).value(), "method");
  std::string result =
      R"({"bridges":[{"name":"br0","ageing_s":60,"ports":[{"name":"vm0","type":"tap",)"
      R"("state":"up","mtu":9000,"learning":"off","tag":10},{"name":"vm1","type":"tap",)"
      R"("state":"down"}]},{"name":"br1","ports":[{"name":"up0","type":"netdev"}]}]})";
  if (method == "fdb_show") {
    result = R"({"entries":[{"mac":"52:54:00:00:00:01","vlan":0,"port":"vm0","kind":"learned"}]})";
  } else if (method == "mirror_show") {
    result = R"({"mirrors":[{"name":"m1","to":"vm1"}]})";
  }
  return StrCat(R"({"jsonrpc":"2.0","id":1,"result":)", result, "}\n");
}

class CompleteTest : public ::testing::Test {
 protected:
  // The last of the words is completed; the line ends with a space where that is empty.
  std::string Lines(const std::string& line) {
    Words words = absl::StrSplit(line, ' ');
    words.insert(words.begin(), "--socket=" + daemon_.socket_path());
    return Complete(words);
  }

  Words Texts(const std::string& line) {
    Words texts;
    for (const absl::string_view each : absl::StrSplit(Lines(line), '\n', absl::SkipEmpty())) {
      texts.emplace_back(each.substr(0, each.find('\t')));
    }
    return texts;
  }

  FakeDaemon daemon_{Answer};
};

TEST_F(CompleteTest, VerbsWithWhatTheyDo) {
  EXPECT_THAT(Texts(""), AllOf(Contains("add-br"), Contains("fdb"), Contains("show"),
                               Not(Contains("fdb show")), Not(Contains("__complete"))));
  EXPECT_THAT(Texts("add-"), ElementsAre("add-br", "add-port"));
  EXPECT_EQ(Lines("list-p"), "list-ports\tlist the names of a bridge's ports\n");
  EXPECT_THAT(Texts("fdb "), ElementsAre("show", "get", "add", "del", "flush", "stats"));
  EXPECT_THAT(Texts("set "), UnorderedElementsAre("port", "br"));
  EXPECT_THAT(Texts("help fdb f"), ElementsAre("flush"));
  EXPECT_THAT(Texts("nonsense "), IsEmpty());
}

TEST_F(CompleteTest, NamesOfTheDaemonWhereTheySuit) {
  EXPECT_THAT(Texts("list-ports "), ElementsAre("br0", "br1"));
  EXPECT_EQ(Lines("get port vm0"), "vm0\ttap on br0, up\n");
  EXPECT_THAT(Texts("del-port "), ElementsAre("br0", "br1", "vm0", "vm1", "up0"));
  EXPECT_THAT(Texts("del-port br0 "), ElementsAre("vm0", "vm1"));
  EXPECT_THAT(Texts("move-port "), ElementsAre("vm0", "vm1", "up0"));
  EXPECT_THAT(Texts("move-port vm0 "), ElementsAre("br0", "br1"));
  EXPECT_THAT(Texts("add-br "), IsEmpty());
  EXPECT_THAT(Texts("add-port "), ElementsAre("br0", "br1"));
  EXPECT_THAT(Texts("add-port br0 "), IsEmpty());
  EXPECT_THAT(Texts("fdb add br0 "), ElementsAre("52:54:00:00:00:01"));
  EXPECT_THAT(Texts("fdb add br0 52:54:00:00:00:01 "), ElementsAre("vm0", "vm1"));
  EXPECT_THAT(Texts("fdb add br0 52:54:00:00:00:01 vm0 "), ElementsAre("sticky", "vlan="));
  EXPECT_THAT(Texts("fdb flush br0 port="), ElementsAre("port=vm0", "port=vm1"));
  EXPECT_THAT(Texts("fdb flush br0 vlan="), ElementsAre("vlan=10"));
  EXPECT_THAT(Texts("mirror del br0 "), ElementsAre("m1"));
  EXPECT_THAT(Texts("mirror add br0 m2 src=vm0,v"), ElementsAre("src=vm0,vm0", "src=vm0,vm1"));
  EXPECT_THAT(Texts("mirror add br0 m2 dir="),
              ElementsAre("dir=ingress", "dir=egress", "dir=both"));
  EXPECT_THAT(Texts("vlan add vm0 "), ElementsAre("vid"));
  EXPECT_THAT(Texts("vlan add vm0 vid 10 pvid "), ElementsAre("untagged"));
  EXPECT_THAT(Texts("log set w"), ElementsAre("warning"));
  EXPECT_THAT(Texts("capture vm0 v"), ElementsAre("vm0", "vm1"));
}

TEST_F(CompleteTest, KeysAndValues) {
  EXPECT_THAT(Texts("get br br0 "), ElementsAre("name", "ageing_s"));
  EXPECT_THAT(Texts("get port vm0 st"), ElementsAre("state"));
  EXPECT_THAT(Texts("set port vm0 "), AllOf(Contains("mtu="), Contains("tag="),
                                            Not(Contains("queues=")), Not(Contains("ageing_s="))));
  EXPECT_THAT(Texts("set br br0 age"), ElementsAre("ageing_s="));
  EXPECT_THAT(Texts("add-port br0 vm9 queues=2 q"), IsEmpty());
  EXPECT_THAT(Texts("add-port br0 vm9 type=netdev "),
              AllOf(Not(Contains("owner=")), Not(Contains("queues="))));
  EXPECT_THAT(Texts("add-port br0 vm9 type="),
              ElementsAre("type=tap", "type=internal", "type=netdev"));
  EXPECT_EQ(Lines("set port vm0 learning="), "learning=on\nlearning=off\tas it is now\n");
  EXPECT_EQ(Lines("set port vm0 mtu="), "mtu=9000\tas it is now\n");
  EXPECT_EQ(Lines("set br br0 ageing_s=6"), "ageing_s=60\tas it is now\n");
  EXPECT_THAT(Texts("set port vm0 vlan_mode=a"), ElementsAre("vlan_mode=access"));
  EXPECT_THAT(Texts("set port vm0 guard=mac,"), Contains("guard=mac,ip"));
  EXPECT_THAT(Texts("set br br0 forward_reserved=l"), Contains("forward_reserved=lldp"));
}

TEST_F(CompleteTest, FlagsAndFiles) {
  EXPECT_THAT(Texts("--ti"), ElementsAre("--timeout="));
  EXPECT_THAT(Texts("add-br --"),
              AllOf(Contains("--may-exist"), Contains("--json"), Not(Contains("--force"))));
  EXPECT_THAT(Texts("--color=a"), ElementsAre("--color=auto", "--color=always"));
  EXPECT_THAT(Texts("--color "), ElementsAre("auto", "always", "never"));
  EXPECT_THAT(Texts("-b "), ElementsAre(":files"));
  EXPECT_THAT(Texts("capture vm0 -w "), ElementsAre(":files"));
}

TEST_F(CompleteTest, CommandsBehindDashes) {
  EXPECT_THAT(Texts("add-br br9 -- list-p"), ElementsAre("list-ports"));
  EXPECT_THAT(Texts("add-br br9 -- add-port "), ElementsAre("br0", "br1"));
  EXPECT_THAT(Texts("add-br br9 -- add-port --"), ElementsAre("--may-exist"));
  EXPECT_THAT(Texts("run vm0 -- "), ElementsAre(":command 4"));  // --socket is the first word.
  EXPECT_THAT(Texts("run vm0 -- qemu-system-x86_64 -m"), ElementsAre(":command 4"));
}

TEST(CompleteAloneTest, IsSilentWithoutADaemon) {
  EXPECT_EQ(Complete(Words{"--socket=/dev/null/none", "list-ports", ""}), "");
  EXPECT_EQ(Complete(Words{"--socket", "/dev/null/none", "del-port", ""}), "");
  EXPECT_THAT(Complete(Words{"--socket=/dev/null/none", "set", "port", "vm0", "learning="}),
              HasSubstr("learning=on\nlearning=off\n"));
  EXPECT_EQ(Complete({}), "");
}

TEST(CompleteAloneTest, SurvivesAnyWords) {
  std::mt19937 random(7);
  const Words kWords = {"",          "--",   "-",    "=",        "a=",      "--socket",
                        "--socket=", "set",  "port", "-w",       "run",     "mirror",
                        "add",       "src=", "fdb",  "--color=", "capture", "-b"};
  for (int round = 0; round < 3000; ++round) {
    Words words = {"--socket=/dev/null/none"};
    for (size_t i = random() % 6; i > 0; --i) words.push_back(kWords[random() % kWords.size()]);
    const std::string text = Complete(words);
    EXPECT_TRUE(text.empty() || text.ends_with('\n'));
  }
}

}  // namespace
}  // namespace vswitch
