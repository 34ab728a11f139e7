// Each check of the machine, failing: with facts that are made up, and where a cure writes a file,
// on files of the test's own. What the kernel has once only for the whole machine
// (kernel.io_uring_disabled, net.core.*, the services of the host) is no test's to change.
#include "cli/doctor/machine_checks.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "cli/doctor/doctor.h"
#include "cli/doctor/port_checks.h"
#include "cli/doctor/services.h"
#include "cli/testing/unprivileged.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr uint64_t kAllCapabilities = ~uint64_t{0};

uint64_t Without(int capability) { return kAllCapabilities & ~(uint64_t{1} << capability); }

Judgement Judge(std::string_view name, const MachineFacts& facts) {
  for (const MachineCheck& check : MachineChecks()) {
    if (check.name == name) return check.judge(facts);
  }
  ADD_FAILURE() << "no check " << name;
  return {};
}

// A machine with which all is well, and its files.
class MachineTest : public ::testing::Test {
 protected:
  MachineTest() {
    host_.capabilities = kAllCapabilities;
    host_.has_net_admin = true;
    host_.user = "root";
    host_.tun_path = folder_ / "dev/net/tun";
    facts_.host = &host_;
    facts_.files.root = folder_.path();
    facts_.kernel = "6.18.0-1-amd64";
    facts_.has_tcx = true;
    facts_.daemon.show["version"] = std::string(kVersion);
    facts_.daemon.pid = 4711;
    facts_.daemon.capabilities = kAllCapabilities;
    facts_.daemon.open_files = uint64_t{65536};
    facts_.daemon.locked_memory = uint64_t{8} << 20;
    facts_.daemon.is_here = true;
  }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(folder_ / path).parent_path());
    std::ofstream(folder_ / path) << text << "\n";
  }
  // Runs the command with the paths of the system below the test's folder, and without what only a
  // host with that service has.
  void RunCure(std::string cure) {
    cure = absl::StrReplaceAll(cure, {{"/etc/", folder_ / "etc/"}});
    const size_t reload = std::min(cure.find(" && networkctl"), cure.find(" && systemctl"));
    cure = cure.substr(0, reload);
    EXPECT_EQ(system(StrCat("(", cure, ") > /dev/null").c_str()), 0) << cure;
  }
  // "sysctl -w KEY=VALUE", on the test's files.
  void RunSysctl(const std::string& cure) {
    constexpr std::string_view kCommand = "sysctl -w ";
    ASSERT_TRUE(cure.starts_with(kCommand)) << cure;
    const size_t equals = cure.find('=');
    std::string key = cure.substr(kCommand.size(), equals - kCommand.size());
    Write(StrCat("proc/sys/", absl::StrReplaceAll(key, {{".", "/"}})), cure.substr(equals + 1));
  }

  Host host_;
  TempFolder folder_;
  MachineFacts facts_;
};

TEST_F(MachineTest, AllIsWell) {
  for (const MachineCheck& check : MachineChecks()) {
    EXPECT_EQ(check.judge(facts_).verdict, Verdict::kOk)
        << check.name << ": " << check.judge(facts_).detail;
    EXPECT_EQ(check.judge(facts_).cure, "") << check.name;
  }
}

struct Case {
  const char* check;
  std::function<void(MachineFacts*)> make;
  Verdict verdict;
  const char* detail;
  const char* cure;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"kernel", [](auto* f) { f->kernel = "5.10.0-9-amd64"; }, Verdict::kProblem, "older than 6.1",
       "apt-get install linux-image"},
      {"kernel", [](auto* f) { f->kernel = "plan9"; }, Verdict::kUnknown, "'plan9'", ""},
      {"kernel", [](auto* f) { f->kernel = "6.1.0"; }, Verdict::kOk, "multishot", ""},
      {"io_uring", [](auto* f) { f->io_uring_disabled = "2"; }, Verdict::kProblem, "everybody",
       "sysctl -w kernel.io_uring_disabled=0"},
      {"io_uring",
       [](auto* f) {
         f->io_uring_disabled = "1";
         f->daemon.capabilities = Without(CAP_SYS_ADMIN);
       },
       Verdict::kProblem, "its next start fails", "sysctl -w kernel.io_uring_disabled=0"},
      {"io_uring",
       [](auto* f) {
         f->io_uring_disabled = "1";
         f->io_uring_error = EPERM;
       },
       Verdict::kOk, "CAP_SYS_ADMIN alone", ""},
      {"io_uring",
       [](auto* f) {
         f->io_uring_error = EPERM;
         f->has_seccomp_filter = true;
       },
       Verdict::kProblem, "seccomp filter", "--security-opt seccomp=unconfined"},
      {"io_uring", [](auto* f) { f->io_uring_error = ENOSYS; }, Verdict::kProblem,
       "Function not implemented", "CONFIG_IO_URING"},
      {"io_uring", [](auto* f) { f->io_uring_error = ENOMEM; }, Verdict::kProblem,
       "Cannot allocate memory", "ulimit -l"},
      {"bpf", [](auto* f) { f->bpf_error = EPERM; }, Verdict::kProblem, "does not load",
       "CONFIG_(BPF_SYSCALL"},
      {"tcx", [](auto* f) { f->has_tcx = false; }, Verdict::kWarning, "no tcx", "linux-image"},
      {"tcx", [](auto* f) { f->has_tcx.reset(); }, Verdict::kUnknown, "CAP_NET_ADMIN", "doctor"},
      {"daemon", [](auto* f) { f->daemon.answered = absl::UnavailableError("nobody listens"); },
       Verdict::kProblem, "nobody listens", "vswitchd"},
      {"daemon", [](auto* f) { f->daemon.answered = absl::PermissionDeniedError("not for you"); },
       Verdict::kUnknown, "not for you", "sudo vswitchctl doctor"},
      {"daemon", [](auto* f) { f->daemon.show["version"] = "0.0.9"; }, Verdict::kWarning,
       "vswitchd is 0.0.9", "systemctl restart vswitchd"},
      {"namespace", [](auto* f) { f->daemon.is_here = false; }, Verdict::kWarning,
       "another network namespace", "nsenter -t 4711 -n vswitchctl doctor"},
      {"capabilities", [](auto* f) { f->daemon.capabilities = Without(CAP_NET_ADMIN); },
       Verdict::kProblem, "without CAP_NET_ADMIN it makes no device", "CAP_NET_ADMIN"},
      {"capabilities", [](auto* f) { f->daemon.capabilities = Without(CAP_NET_RAW); },
       Verdict::kWarning, "serves no port of type netdev", "CAP_NET_RAW"},
      {"open_files", [](auto* f) { f->daemon.open_files = uint64_t{1024}; }, Verdict::kWarning,
       "enough for some 192 ports", "prlimit --pid 4711 --nofile=16640:16640"},
      {"locked_memory",
       [](auto* f) {
         f->daemon.locked_memory = uint64_t{65536};
         f->daemon.capabilities = Without(CAP_IPC_LOCK);
       },
       Verdict::kWarning, "65536 bytes", "prlimit --pid 4711 --memlock="},
  };
  return cases;
}

TEST_F(MachineTest, EachCheckFails) {
  const MachineFacts well = facts_;
  for (const Case& c : Cases()) {
    facts_ = well;
    c.make(&facts_);
    const Judgement found = Judge(c.check, facts_);
    EXPECT_EQ(found.verdict, c.verdict) << c.check << ": " << found.detail;
    EXPECT_THAT(found.detail, HasSubstr(c.detail)) << c.check;
    EXPECT_THAT(found.cure, HasSubstr(c.cure)) << c.check;
  }
}

TEST_F(MachineTest, WhatCannotBeSeenIsNeverWell) {
  host_.euid = 1000;
  host_.capabilities = 0;
  const absl::Status denied = absl::PermissionDeniedError("not for you");
  facts_.bpf_error = EPERM;
  facts_.has_tcx.reset();
  facts_.bpf_jit = denied;
  facts_.backlog = denied;
  facts_.daemon.is_here = denied;
  facts_.daemon.capabilities = denied;
  facts_.daemon.open_files = denied;
  facts_.daemon.locked_memory = denied;
  for (const char* check : {"bpf", "tcx", "bpf_jit", "backlog", "namespace", "capabilities",
                            "open_files", "locked_memory"}) {
    EXPECT_EQ(Judge(check, facts_).verdict, Verdict::kUnknown) << check;
    EXPECT_EQ(Judge(check, facts_).cure, "sudo vswitchctl doctor") << check;
  }
}

TEST_F(MachineTest, OfADaemonInAnotherPidNamespaceNothingIsClaimed) {
  const DaemonFacts daemon = ReadDaemon(facts_.files, Json::object(), 0);
  EXPECT_TRUE(daemon.answered.ok());
  facts_.daemon = daemon;
  for (const MachineCheck& check : MachineChecks()) {
    if (!check.needs_daemon) continue;
    EXPECT_EQ(check.judge(facts_).verdict, Verdict::kUnknown) << check.name;
  }
}

// ---- Cures ----

TEST_F(MachineTest, SysctlsAreCured) {
  Write("proc/sys/kernel/io_uring_disabled", "2");
  Write("proc/sys/net/core/bpf_jit_enable", "0");
  Write("proc/sys/net/core/netdev_max_backlog", "1000");
  Write("proc/net/softnet_stat", "00000010 00000000 00000000\n00000020 0000000a 00000000");
  // What is really tried is of the real machine.
  const auto read = [&](std::string_view check) {
    MachineFacts facts = ReadMachine(host_, facts_.files, facts_.daemon);
    facts.io_uring_error = 0;
    return Judge(check, facts);
  };
  for (const char* check : {"io_uring", "bpf_jit", "backlog"}) {
    const Judgement sick = read(check);
    EXPECT_GE(sick.verdict, Verdict::kWarning) << check;
    RunSysctl(sick.cure);
    EXPECT_EQ(read(check).verdict, Verdict::kOk) << check << ": " << sick.cure;
  }
  EXPECT_THAT(read("backlog").detail, HasSubstr("10 frames"));
}

TEST_F(MachineTest, TunDeviceOfRootOnlyIsCured) {
  Write("dev/net/tun", "");
  fs::permissions(host_.tun_path, fs::perms::none);
  Judgement sick;
  {
    const Unprivileged unprivileged;
    sick = Judge("tun", ReadMachine(host_, facts_.files, facts_.daemon));
  }
  EXPECT_EQ(sick.verdict, Verdict::kProblem) << sick.detail;
  EXPECT_EQ(sick.cure, StrCat("chmod 0666 ", host_.tun_path));
  RunCure(sick.cure);
  const Unprivileged unprivileged;
  EXPECT_EQ(Judge("tun", ReadMachine(host_, facts_.files, facts_.daemon)).verdict, Verdict::kOk);
}

TEST_F(MachineTest, ACureIsForWhoIsNotRootToo) {
  facts_.io_uring_disabled = "2";
  host_.euid = 1000;
  EXPECT_EQ(Judge("io_uring", facts_).cure, "sudo sysctl -w kernel.io_uring_disabled=0");
}

// ---- Services ----

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

// ---- Ports ----

// Here it is made up: no virtual device that a test can make has it.
TEST_F(MachineTest, LargeReceiveOffloadOfAnUplinkIsAProblem) {
  PortFacts port;
  port.machine = &facts_;
  port.link = LinkInfo{.ifindex = 7, .name = "eth0"};
  for (const PortCheck& check : PortChecks()) {
    if (check.name != "lro") continue;
    port.lro = true;
    EXPECT_EQ(check.judge(port).verdict, Verdict::kProblem);
    EXPECT_EQ(check.judge(port).cure, "ethtool -K eth0 lro off");
    port.lro = absl::PermissionDeniedError("not for you");
    EXPECT_EQ(check.judge(port).verdict, Verdict::kUnknown);
  }
}

// ---- The tables ----

TEST(DoctorTableTest, NamesDifferAndHelpHasThem) {
  std::set<std::string_view> names;
  const std::string help = DoctorChecksHelp();
  for (const MachineCheck& check : MachineChecks()) {
    EXPECT_TRUE(names.insert(check.name).second) << check.name;
    EXPECT_THAT(help, HasSubstr(StrCat("  ", check.name, " ")));
  }
  for (const PortCheck& check : PortChecks()) {
    EXPECT_TRUE(names.insert(check.name).second) << check.name;
    EXPECT_THAT(help, HasSubstr(StrCat("  ", check.name, " ")));
  }
}

}  // namespace
}  // namespace vswitch
