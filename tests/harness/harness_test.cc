// The harness itself: what the system tests rely on when they say "nothing is left behind".
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/harness/fake_guest.h"
#include "tests/harness/files.h"
#include "tests/harness/net_namespace.h"
#include "tests/harness/process.h"
#include "tests/temp_folder.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool Alive(pid_t pid) { return kill(pid, 0) == 0; }

TEST(ProcessTest, CapturesOutputAndStatus) {
  const CommandResult result = RunCommand({.argv = {"sh", "-c", "echo out; echo err >&2; exit 7"}});
  EXPECT_EQ(result.status, 7);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
}

TEST(ProcessTest, TellsTheSignalThatEndedIt) {
  Process process({.argv = {"sleep", "1000"}});
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 128 + SIGTERM);
}

TEST(ProcessTest, EndsWithTheObject) {
  pid_t pid;
  {
    Process process({.argv = {"sleep", "1000"}});
    pid = process.pid();
    EXPECT_TRUE(process.Running());
  }
  EXPECT_FALSE(Alive(pid));
}

TEST(ProcessTest, EndsWithItsParent) {
  // A child of a child, started as Process starts: it must not outlive a parent that is killed.
  const pid_t parent = fork();
  if (parent == 0) {
    Process* child = new Process({.argv = {"sleep", "1000"}});
    std::ofstream("/proc/self/comm") << "c" << child->pid();
    pause();
  }
  pid_t child = 0;
  Expect("the child tells its pid", [&] {
    const std::string name = ReadFile("/proc/" + std::to_string(parent) + "/comm");
    if (name[0] == 'c') child = std::atoi(name.c_str() + 1);
    return child != 0;
  });
  EXPECT_TRUE(Alive(child));
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  // Dead is enough: whoever adopts it may be slow to reap it.
  Expect("the child is dead", [&] {
    const std::filesystem::path status = "/proc/" + std::to_string(child) + "/status";
    return !std::filesystem::exists(status) ||
           ReadFile(status).find("State:\tZ") != std::string::npos;
  });
}

TEST(ProcessTest, GivesUpWithAnError) {
  EXPECT_THROW(RunCommand({.argv = {"no-such-program"}}), Error);
  EXPECT_THROW(RunCommand({.argv = {"sleep", "1000"}}, std::chrono::milliseconds(20)), Error);
}

TEST(ProcessTest, RunsAsAnotherUserWithoutCapabilities) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const Process::Options options = {.argv = {"grep", "-E", "Uid|CapEff", "/proc/self/status"},
                                    .user = 65534};
  EXPECT_THAT(RunCommand(options).output, HasSubstr("Uid:\t65534"));
  EXPECT_THAT(RunCommand(options).output, HasSubstr("CapEff:\t0000000000000000"));
}

TEST(ProcessTest, DropsCapabilitiesAndStaysRoot) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const Process::Options options = {.argv = {"grep", "-E", "Uid|CapEff", "/proc/self/status"},
                                    .drop_capabilities = true};
  EXPECT_THAT(RunCommand(options).output, HasSubstr("Uid:\t0"));
  EXPECT_THAT(RunCommand(options).output, HasSubstr("CapEff:\t0000000000000000"));
}

TEST(ProcessTest, ShowsItsOwnTunNode) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::vector<std::string> look = {"stat", "-c", "%a", "/dev/net/tun"};
  EXPECT_EQ(RunCommand({.argv = look, .tun_node = TunNode::kOpenToAll}).output, "666\n");
  EXPECT_NE(RunCommand({.argv = look, .tun_node = TunNode::kMissing}).status, 0);
  EXPECT_TRUE(std::filesystem::exists("/dev/net/tun")) << "the change was to be the child's only";
}

TEST(NetNamespaceTest, IsEmptyAndApart) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  NetNamespace left;
  NetNamespace right;
  EXPECT_THAT(left.Links(), IsEmpty());
  left.Ip("link add left0 type veth peer name right0 netns " + right.path());
  EXPECT_TRUE(left.HasLink("left0"));
  EXPECT_TRUE(right.HasLink("right0"));
  EXPECT_FALSE(left.HasLink("right0"));
}

TEST(FakeGuestTest, OpensATapAsQemuDoes) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  NetNamespace net;
  net.Ip("tuntap add dev vm0 mode tap user 65534 vnet_hdr");
  net.Ip("link set vm0 up");
  {
    FakeGuest guest(net, "vm0");
    EXPECT_EQ(FakeGuest::TryOpen(net, "vm0", {}), EBUSY);
    EXPECT_TRUE(guest.Send(NumberedFrame(kBroadcast, Station(1), 1)));
    net.Ip("link set vm0 down");
    EXPECT_FALSE(guest.Send(NumberedFrame(kBroadcast, Station(1), 1)));
  }
  EXPECT_EQ(FakeGuest::TryOpen(net, "vm0", {.user = 12345}), EPERM);
  EXPECT_EQ(FakeGuest::TryOpen(net, "vm0", {.user = 65534}), 0);
}

TEST(FakeGuestTest, NumbersItsFrames) {
  EXPECT_EQ(NumberOf(NumberedFrame(kBroadcast, Station(1), 0x123456789)), 0x123456789u);
  EXPECT_EQ(NumberOf(FrameBuilder().Udp({}, 100).BuildEthernet()), std::nullopt);
}

TEST(SysctlGuardTest, PutsTheOldValueBack) {
  const TempFolder folder;
  std::ofstream(folder / "knob") << "old";
  {
    SysctlGuard guard(folder / "knob", "new");
    EXPECT_EQ(ReadFile(folder / "knob"), "new");
  }
  EXPECT_EQ(ReadFile(folder / "knob"), "old");
}

}  // namespace
}  // namespace vswitch::testing
