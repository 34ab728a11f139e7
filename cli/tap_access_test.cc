#include "cli/tap_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "cli/testing/unprivileged.h"
#include "switch/base/tap_holder.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A made-up /proc and /dev, in which nobody holds a TAP.
class TapAccessTest : public ::testing::Test {
 protected:
  TapAccessTest() {
    host_ = {.euid = 1000,
             .user = "alice",
             .tun_path = folder_ / "tun",
             .proc_path = folder_ / "proc",
             .has_netdev = [](const std::string& name) { return name == "vm0"; }};
    std::ofstream(host_.tun_path) << "";
    fs::create_directories(Proc() / "self/ns");
    fs::create_symlink("net:[1]", Proc() / "self/ns/net");
  }

  fs::path Proc() const { return host_.proc_path; }

  // A process with one fd, as /proc shows it.
  void AddProcess(const std::string& pid, const std::string& name_space, const std::string& target,
                  const std::string& fdinfo) {
    const fs::path process = Proc() / pid;
    for (const char* part : {"fd", "fdinfo", "ns"}) fs::create_directories(process / part);
    fs::create_symlink(name_space, process / "ns/net");
    fs::create_symlink(target, process / "fd/11");
    std::ofstream(process / "fdinfo/11") << fdinfo;
    std::ofstream(process / "comm") << "qemu-system-x86\n";
  }

  std::string Message(const ShownPort& port, absl::StatusCode code) {
    const absl::Status status = CheckTapAccess(port, host_);
    EXPECT_EQ(status.code(), code) << status;
    return std::string(status.message());
  }

  TempFolder folder_;
  Host host_;
  ShownPort port_ = {
      .name = "vm0", .device = "vm0", .state = "down", .detail = "no guest", .owner = "alice"};
};

TEST_F(TapAccessTest, TheOwnerMayOpenAFreeTap) {
  EXPECT_TRUE(CheckTapAccess(port_, host_).ok());
  port_.owner = "1000";  // A user without a name.
  EXPECT_TRUE(CheckTapAccess(port_, host_).ok());
}

TEST_F(TapAccessTest, AnotherUserMayNot) {
  port_.owner = "bob";
  const std::string message = Message(port_, absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(message, HasSubstr("belongs to bob, not to alice"));
  EXPECT_THAT(message, HasSubstr("'sudo vswitchctl set port vm0 owner=alice'"));
}

TEST_F(TapAccessTest, CapNetAdminMayOpenAnyTap) {
  port_.owner = "bob";
  host_.has_net_admin = true;
  EXPECT_TRUE(CheckTapAccess(port_, host_).ok());
}

TEST_F(TapAccessTest, NamesTheProcessThatHoldsTheTap) {
  // The made-up fd leads to the real device: its number tells what it is.
  if (!fs::exists("/dev/net/tun")) GTEST_SKIP() << "there is no /dev/net/tun here";
  AddProcess("4711", "net:[1]", "/dev/net/tun", "pos:\t0\nflags:\t0104002\niff:\tvm0\n");
  const std::string message = Message(port_, absl::StatusCode::kUnavailable);
  EXPECT_THAT(message, HasSubstr("process 4711 (qemu-system-x86) holds its TAP"));
}

TEST_F(TapAccessTest, ATapThatIsUpIsInUseThoughNobodyIsSeen) {
  port_.state = "up";
  port_.owner = "bob";
  EXPECT_THAT(Message(port_, absl::StatusCode::kUnavailable), HasSubstr("a guest of bob"));
}

TEST_F(TapAccessTest, OtherFdsDoNotCount) {
  AddProcess("1", "net:[2]", "/dev/net/tun", "iff:\tvm0\n");      // Another namespace.
  AddProcess("2", "net:[1]", "/dev/net/tun", "iff:\tvm01\n");     // Another TAP.
  AddProcess("3", "net:[1]", "/dev/null", "iff:\tvm0\n");         // No TAP at all.
  AddProcess("4", "net:[1]", "/dev/net/tun", "pos:\t0\n");        // Not attached yet.
  AddProcess("notes", "net:[1]", "/dev/net/tun", "iff:\tvm0\n");  // No process.
  fs::create_directories(Proc() / "5");                           // Gone, or not ours to see.
  EXPECT_FALSE(FindTapHolder("vm0", host_.proc_path).has_value());
  EXPECT_TRUE(CheckTapAccess(port_, host_).ok());
}

TEST_F(TapAccessTest, MissingDevice) {
  port_.state = "missing";
  port_.detail = "vm0 was deleted";
  const std::string message = Message(port_, absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(message, HasSubstr("vm0 was deleted"));
}

TEST_F(TapAccessTest, BrokenDevice) {
  port_.state = "broken";
  port_.detail = "vm0 is a port of lbr0";
  EXPECT_THAT(Message(port_, absl::StatusCode::kFailedPrecondition),
              HasSubstr("out of order: vm0 is a port of lbr0"));
}

TEST_F(TapAccessTest, ATapInAnotherNamespaceIsNotHere) {
  host_.has_netdev = [](const std::string&) { return false; };
  EXPECT_THAT(Message(port_, absl::StatusCode::kFailedPrecondition), HasSubstr("namespace"));
}

TEST_F(TapAccessTest, NoTunDevice) {
  fs::remove(host_.tun_path);
  EXPECT_THAT(Message(port_, absl::StatusCode::kFailedPrecondition), HasSubstr("modprobe tun"));
}

TEST_F(TapAccessTest, TunDeviceOfRootOnly) {
  fs::permissions(host_.tun_path, fs::perms::none);
  const Unprivileged unprivileged;
  const absl::Status status = CheckTapAccess(port_, host_);
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("sudo chmod 0666 " + host_.tun_path));
}

// The real /proc: the fields relied on are the kernel's own.
TEST(HostTest, ReadsThisProcess) {
  const Host host = ReadHost();
  EXPECT_EQ(host.euid, geteuid());
  EXPECT_FALSE(host.user.empty());
  EXPECT_TRUE(host.has_netdev("lo"));
  EXPECT_FALSE(host.has_netdev("no-such-netdev"));
  EXPECT_FALSE(FindTapHolder("no-such-netdev", host.proc_path).has_value());
}

TEST(HostTest, SudoUid) {
  EXPECT_EQ(ParseSudoUid(0, "1000"), uid_t{1000});
  EXPECT_EQ(ParseSudoUid(1000, "1001"), std::nullopt);  // Set by hand, without sudo.
  for (const char* text : {"", "0", "-1", "alice", "1000x", "99999999999"}) {
    EXPECT_EQ(ParseSudoUid(0, text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseSudoUid(0, nullptr), std::nullopt);
}

TEST(HostTest, NetAdminIsBit12) {
  EXPECT_TRUE(StatusHasNetAdmin("Name:\tx\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n"));
  EXPECT_TRUE(StatusHasNetAdmin("CapEff:\t0000000000001000\n"));
  EXPECT_FALSE(StatusHasNetAdmin("CapEff:\t0000000000002000\n"));
  EXPECT_FALSE(StatusHasNetAdmin("CapPrm:\t0000000000001000\nCapEff:\t0000000000000000\n"));
  EXPECT_FALSE(StatusHasNetAdmin(""));
}

}  // namespace
}  // namespace vswitch
