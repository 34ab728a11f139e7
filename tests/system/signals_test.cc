// Signals and a log that nobody reads: whatever a service is sent, it goes on or ends in order.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class SignalsTest : public SystemTest {};

TEST_F(SignalsTest, AreIgnoredOrEndTheDaemonInOrder) {
  struct {
    int number;
    bool ends;
  } const kCases[] = {
      {SIGHUP, false},  {SIGUSR1, false}, {SIGUSR2, false},   {SIGALRM, false},   {SIGXFSZ, false},
      {SIGPIPE, false}, {SIGPROF, false}, {SIGVTALRM, false}, {SIGIO, false},     {SIGPWR, false},
      {SIGTTIN, false}, {SIGTTOU, false}, {SIGCHLD, false},   {SIGSTKFLT, false}, {64, false},
      {SIGTERM, true},  {SIGINT, true},   {SIGQUIT, true},    {SIGXCPU, true},
  };
  net().AddVeth("up0", "far0");
  const auto guests = AddGuests(2);
  ctl().Ok("add-port br0 up0 type=netdev");
  uint64_t number = 0;
  for (const auto& c : kCases) {
    SCOPED_TRACE(strsignal(c.number));
    vswitch().daemon().Signal(c.number);
    if (c.ends) {
      EXPECT_EQ(vswitch().daemon().Wait(), 0);
      EXPECT_THAT(net().Links(), UnorderedElementsAre("vm0", "vm1", "up0", "far0"));
      ExpectNoPrograms();
      EXPECT_FALSE(std::filesystem::exists(vswitch().socket()));
      vswitch().Start();
    }
    for (const char* port : {"vm0", "vm1", "up0"}) ExpectState(port, "up");
    guests[0]->Send(NumberedFrame(kBroadcast, Station(0), ++number));
    guests[1]->ReceiveUntil(number);
  }
  EXPECT_EQ(vswitch().Terminate(), 0);
}

TEST_F(SignalsTest, HangUpSaysThatThereIsNothingToReadAgain) {
  vswitch().daemon().Signal(SIGHUP);
  Expect("logged", [&] {
    return vswitch().daemon().Errors().find("SIGHUP: there is nothing to read again") !=
           std::string::npos;
  });
}

// SIGXFSZ is what the kernel sends for it.
TEST_F(SignalsTest, AStateFileThatMayNotGrowRefusesTheChange) {
  ctl().Ok("add-br br1");
  const rlimit none{.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
  rlimit before{};
  ASSERT_EQ(prlimit(vswitch().daemon().pid(), RLIMIT_FSIZE, &none, &before), 0);
  const CommandResult refused = ctl().Try("add-br br2");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("File too large"));
  ASSERT_EQ(prlimit(vswitch().daemon().pid(), RLIMIT_FSIZE, &before, nullptr), 0);
  ctl().Ok("add-br br2");
}

TEST_F(SignalsTest, ALogThatNobodyReadsLosesLinesAndNothingElse) {
  for (const bool socket : {false, true}) {
    SCOPED_TRACE(socket ? "socket" : "pipe");
    int fds[2];
    ASSERT_EQ(
        socket ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) : pipe2(fds, O_CLOEXEC),
        0);
    const UniqueFd reader(fds[0]);
    const UniqueFd writer(fds[1]);
    // Filled without a change of the flags that the daemon inherits.
    fcntl(writer.get(), F_SETFL, O_NONBLOCK);
    while (write(writer.get(), "x", 1) == 1) {
    }
    fcntl(writer.get(), F_SETFL, 0);

    SwitchUnderTest vswitch({.process = {.errors = writer.get()}});
    vswitch.ctl().Ok("add-br br0");
    for (int i = 0; i < 100; ++i) {
      vswitch.daemon().Signal(SIGHUP);
      // Each logs that its device does not exist any more, or is there.
      vswitch.net().AddVeth("up0", "far0");
      vswitch.ctl().Ok("--may-exist add-port br0 up0 type=netdev");
      vswitch.net().Ip("link del up0");
      vswitch.ctl().Ok("show");
    }
    EXPECT_EQ(fcntl(writer.get(), F_GETFL) & O_NONBLOCK, 0) << "the flags are the parent's";

    // What comes next finds room, and tells.
    fcntl(reader.get(), F_SETFL, O_NONBLOCK);
    std::string text;
    Expect("the loss is told", [&] {
      char chunk[65536];
      for (ssize_t n; (n = read(reader.get(), chunk, sizeof(chunk))) > 0;) text.append(chunk, n);
      vswitch.daemon().Signal(SIGHUP);
      return text.find("log messages were lost") != std::string::npos;
    });
    EXPECT_EQ(vswitch.Terminate(), 0);
  }
}

}  // namespace
}  // namespace vswitch::testing
