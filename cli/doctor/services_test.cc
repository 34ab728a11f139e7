// Whether services leave a device alone, by files of the test's own, on which the cures are run.
#include "cli/doctor/services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "cli/testing/machine_fixture.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ServicesTest : public MachineTest {
 protected:
  void AddProcess(int pid, const std::string& command, const std::string& net = "net:[1]") {
    Write(StrCat("proc/", pid, "/comm"), command);
    fs::create_directories(folder_ / StrCat("proc/", pid, "/ns"));
    fs::create_symlink(net, folder_ / StrCat("proc/", pid, "/ns/net"));
  }
  void SetUp() override {
    fs::create_directories(folder_ / "proc/self/ns");
    fs::create_symlink("net:[1]", folder_ / "proc/self/ns/net");
  }
  Judgement Of(const std::string& service, const Netdev& device = {"vm0", 7}) {
    return JudgeService(service, device, facts_);
  }
};

TEST_F(ServicesTest, AreFoundByTheirProcessesInThisNamespace) {
  AddProcess(10, "NetworkManager");
  AddProcess(11, "systemd-network");
  AddProcess(12, "dhcpcd");
  AddProcess(13, "connmand");
  AddProcess(14, "bash");
  EXPECT_THAT(RunningServices(facts_.files),
              ElementsAre("NetworkManager", "systemd-networkd", "dhcpcd", "connman"));
}

TEST_F(ServicesTest, OfAnotherNamespaceDoNotCount) {
  AddProcess(10, "NetworkManager", "net:[2]");
  EXPECT_THAT(RunningServices(facts_.files), IsEmpty());
}

TEST_F(ServicesTest, NetworkdTellsWhatItMakesOfADevice) {
  EXPECT_EQ(Of("systemd-networkd").verdict, Verdict::kUnknown);
  Write("run/systemd/netif/links/7",
        "# private\nADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/all.network");
  const Judgement sick = Of("systemd-networkd");
  EXPECT_EQ(sick.verdict, Verdict::kProblem);
  EXPECT_THAT(sick.detail, HasSubstr("by /etc/systemd/network/all.network"));
  fs::create_directories(folder_ / "etc/systemd/network");
  RunCure(sick.cure);
  EXPECT_EQ(facts_.files.Read("/etc/systemd/network/00-vswitch-vm0.network").value(),
            "[Match]\nName=vm0\n[Link]\nUnmanaged=yes");
  Write("run/systemd/netif/links/7", "ADMIN_STATE=unmanaged");
  EXPECT_EQ(Of("systemd-networkd").verdict, Verdict::kOk);
}

TEST_F(ServicesTest, NetworkManagerTellsToo) {
  EXPECT_EQ(Of("NetworkManager").verdict, Verdict::kUnknown);
  Write("run/NetworkManager/devices/7", "[device]\nmanaged=true");
  EXPECT_EQ(Of("NetworkManager").verdict, Verdict::kProblem);
  EXPECT_EQ(Of("NetworkManager").cure, "nmcli device set vm0 managed no");
  Write("run/NetworkManager/devices/7", "[device]\nmanaged=false");
  EXPECT_EQ(Of("NetworkManager").verdict, Verdict::kOk);
}

TEST_F(ServicesTest, DhcpcdAndConnmanAreCured) {
  Write("etc/dhcpcd.conf", "hostname\ndenyinterfaces eth* wlan0");
  fs::create_directories(folder_ / "etc/connman");
  for (const char* service : {"dhcpcd", "connman"}) {
    const Judgement sick = Of(service);
    EXPECT_EQ(sick.verdict, Verdict::kWarning) << service;
    RunCure(sick.cure);
    EXPECT_EQ(Of(service).verdict, Verdict::kOk) << service << ": " << sick.cure;
    EXPECT_EQ(Of(service, {"other0", 8}).verdict, Verdict::kWarning) << service;
  }
  EXPECT_EQ(Of("connman", {"virbr0", 9}).verdict, Verdict::kOk) << "its own default is kept";
  Write("etc/dhcpcd.conf", "allowinterfaces eth0");
  EXPECT_EQ(Of("dhcpcd").verdict, Verdict::kOk);
}

TEST_F(ServicesTest, AHostileNameIsQuotedInCures) {
  Write("etc/dhcpcd.conf", "");
  for (const char* service : {"dhcpcd", "connman", "NetworkManager", "systemd-networkd"}) {
    EXPECT_THAT(Of(service, {"a;reboot", 7}).cure, Not(HasSubstr(" a;reboot"))) << service;
  }
}

}  // namespace
}  // namespace vswitch
