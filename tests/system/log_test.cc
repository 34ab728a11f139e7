// What an operator finds in the log: who did what, and what became of the ports.
#include <unistd.h>

#include <csignal>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kNobody = 65534;

class LogTest : public SystemTest {
 protected:
  void SetUp() override { SetUpSwitch("auto", {"--socket_group=nogroup"}); }

  std::string Log() { return vswitch().daemon().Errors(); }
  void ExpectLogged(const std::string& text) {
    Expect("the log says " + text, [&] { return Log().find(text) != std::string::npos; });
  }
};

TEST_F(LogTest, TellsOfStartAndEnd) {
  const std::string pid = std::to_string(vswitch().daemon().pid());
  ExpectLogged("(pid " + pid + ") serves " + vswitch().socket() +
               ": 0 bridge(s) and 0 port(s) of " + vswitch().state_file() + ", 1 worker(s)");
  ctl().Ok("add-port br0 vm0");
  vswitch().daemon().Signal(SIGTERM);
  EXPECT_EQ(vswitch().daemon().Wait(), 0);
  EXPECT_THAT(Log(),
              HasSubstr("ending: SIGTERM (sent by uid 0, pid " + std::to_string(getpid()) + ")"));
  EXPECT_THAT(Log(), HasSubstr("] ended\n"));
  vswitch().Start();
  ExpectLogged(": 1 bridge(s) and 1 port(s) of ");
  ctl().Ok("exit");
  EXPECT_EQ(vswitch().daemon().Wait(), 0);
  EXPECT_THAT(Log(), HasSubstr("): exit: done"));
}

TEST_F(LogTest, TellsWhoAskedForEachChangeAndWhatBecameOfIt) {
  ctl().Ok("add-port br0 vm0 mtu=9000");
  ExpectLogged("uid 0 (pid ");
  ExpectLogged(R"(): add_port {"bridge":"br0","port":"vm0","settings":{"mtu":"9000"}}: done)");
  EXPECT_EQ(ctl().Try("set port vm0 mtu=1400", kNobody).status, 0);
  ExpectLogged("uid 65534 (pid ");
  EXPECT_EQ(ctl().Try("del-br br0", kNobody).status, 1);
  ExpectLogged(R"(): del_br {"name":"br0"}: refused: bridge 'br0' still has 1 port(s): vm0)");
  // Who only looks changes nothing.
  ctl().Ok("show");
  ctl().Ok("stats");
  ctl().Ok("fdb flush br0");
  ExpectLogged("fdb_flush");
  EXPECT_EQ(Log().find("): show"), std::string::npos);
  EXPECT_EQ(Log().find("): stats"), std::string::npos);
}

TEST_F(LogTest, TellsOfPortsThatComeAndGo) {
  net().AddVeth("up0", "far0");
  ctl().Ok("add-port br0 up0 type=netdev");
  ExpectLogged("port up0 is up");
  net().Ip("link set far0 down");
  ExpectLogged("port up0 is down: it has no carrier");
  net().Ip("link del up0");
  ExpectLogged("port up0: the device 'up0' was deleted");
  net().AddVeth("up0", "far0");
  ExpectLogged("port up0 is back");
  {
    auto guest = AddGuest("vm0");
    ExpectLogged("port vm0 is up");
  }
  ExpectLogged("port vm0 is down: no guest has the TAP open");
}

// A guest may open and close its TAP as often as it likes, and send what it likes.
TEST_F(LogTest, IsNotTheGuestsToFill) {
  ctl().Ok("add-port br0 vm0");
  auto other = AddGuest("other");
  for (int i = 0; i < 40; ++i) {
    FakeGuest guest(net(), "vm0");
    ExpectState("vm0", "up");
    for (int frame = 0; frame < 100; ++frame) {
      guest.Send(NumberedFrame(kBroadcast, Station(1), frame));
    }
  }
  ExpectState("vm0", "down");
  size_t lines = 0;
  const std::string log = Log();
  for (size_t at = 0; (at = log.find("port vm0 is ", at)) != std::string::npos; ++at) ++lines;
  EXPECT_GE(lines, 10u);
  EXPECT_LT(lines, 40u);
}

// A member of the socket's group may ask for nonsense in a loop.
TEST_F(LogTest, IsNotTheCallersToFill) {
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(ctl().Try("del-br absent" + std::to_string(i), kNobody).status, 5);
  }
  ctl().Ok("add-br last");
  ExpectLogged(R"(add_br {"name":"last"}: done)");
  size_t lines = 0;
  const std::string log = Log();
  for (size_t at = 0; (at = log.find(": refused: ", at)) != std::string::npos; ++at) ++lines;
  EXPECT_GE(lines, 10u);
  EXPECT_LT(lines, 40u);
  EXPECT_THAT(log, HasSubstr(R"(del_br {"name":"absent9"}: refused)"));
}

TEST_F(LogTest, LevelIsSetWhileItRuns) {
  EXPECT_EQ(ctl().Ok("log show"), "info\n");
  ctl().Ok("log set warning");
  EXPECT_EQ(ctl().Query("log show").at("level"), "warning");
  ctl().Ok("add-br silent");
  ctl().Ok("log set verbose");
  ctl().Ok("add-br told");
  ExpectLogged(R"(add_br {"name":"told"}: done)");
  EXPECT_EQ(Log().find("silent"), std::string::npos);
  const CommandResult result = ctl().Try("log set loud");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("'loud' is no log level"));
}

}  // namespace
}  // namespace vswitch::testing
