// Each check of the machine, failing: with facts that are made up, and where a cure writes a file,
// on files of the test's own. What the kernel has once only for the whole machine
// (kernel.io_uring_disabled, net.core.*) is no test's to change.
#include "cli/doctor/machine_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "cli/doctor/doctor.h"
#include "cli/doctor/port_checks.h"
#include "cli/testing/machine_fixture.h"
#include "cli/testing/unprivileged.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

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
       "vswitchd is 0.0.9", "kill 4711"},
      {"backlog", [](auto* f) { f->backlog = absl::NotFoundError("none"); }, Verdict::kOk,
       "the host's own", ""},
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

TEST_F(MachineTest, AnEmptyFileIsRead) {
  Write("run/empty", "");
  fs::resize_file(folder_ / "run/empty", 0);
  EXPECT_EQ(facts_.files.Read("/run/empty").value_or("none"), "");
  EXPECT_TRUE(absl::IsNotFound(facts_.files.Read("/run/none").status()));
  EXPECT_THAT(facts_.files.Read("/run").status().message(), HasSubstr("Is a directory"));
}

// ---- Cures ----

// That of the unit listens on the default socket.
TEST_F(MachineTest, ADaemonIsStartedAsItWas) {
  const auto cure = [&](const char* make) {
    facts_.daemon.pid = make == std::string("old") ? 4711 : 0;
    facts_.daemon.show["version"] = "0.0.9";
    facts_.daemon.answered = make == std::string("hangs")   ? absl::DeadlineExceededError("hangs")
                             : make == std::string("ended") ? absl::UnavailableError("ended")
                                                            : absl::OkStatus();
    return Judge("daemon", facts_).cure;
  };
  EXPECT_EQ(cure("ended"), "vswitchd &");
  EXPECT_EQ(cure("hangs"), "") << "a second one helps nobody";
  EXPECT_THAT(Judge("daemon", facts_).detail, HasSubstr("kill PID"));
  EXPECT_EQ(cure("old"), "kill 4711");
  Write("lib/systemd/system/vswitchd.service", "[Service]");
  EXPECT_EQ(cure("ended"), "systemctl start vswitchd");
  EXPECT_EQ(cure("hangs"), "systemctl restart vswitchd");
  EXPECT_EQ(cure("old"), "systemctl restart vswitchd");
  facts_.socket_flag = " --socket=/tmp/s";
  EXPECT_EQ(cure("ended"), "vswitchd --socket=/tmp/s &");
  EXPECT_EQ(cure("hangs"), "");
}

TEST_F(MachineTest, ALimitIsRaisedForTheNextStartToo) {
  facts_.daemon.open_files = uint64_t{1024};
  facts_.daemon.locked_memory = uint64_t{65536};
  facts_.daemon.capabilities = Without(CAP_IPC_LOCK);
  EXPECT_THAT(Judge("open_files", facts_).detail, HasSubstr("next start: ulimit -n 16640"));
  EXPECT_THAT(Judge("locked_memory", facts_).detail, HasSubstr("next start: ulimit -l unlimited"));
  Write("lib/systemd/system/vswitchd.service", "[Service]");
  for (const char* check : {"open_files", "locked_memory"}) {
    const std::string cure = Judge(check, facts_).cure;
    EXPECT_TRUE(cure.starts_with("prlimit --pid 4711 ")) << cure;
    RunCure(cure.substr(cure.find("mkdir")));
  }
  EXPECT_EQ(facts_.files.Read("/etc/systemd/system/vswitchd.service.d/doctor.conf").value(),
            "[Service]\nLimitNOFILE=16640\n[Service]\nLimitMEMLOCK=infinity");
}

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
