// For tests of checks: a machine with which all is well, made up, with files of the test's own.
#ifndef VSWITCH_CLI_TESTING_MACHINE_FIXTURE_H_
#define VSWITCH_CLI_TESTING_MACHINE_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "absl/strings/str_replace.h"
#include "cli/doctor/machine.h"
#include "cli/doctor/machine_checks.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"
#include "tests/temp_folder.h"

namespace vswitch {

inline constexpr uint64_t kAllCapabilities = ~uint64_t{0};

inline uint64_t Without(int capability) { return kAllCapabilities & ~(uint64_t{1} << capability); }

inline Judgement Judge(std::string_view name, const MachineFacts& facts) {
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
    std::filesystem::create_directories(std::filesystem::path(folder_ / path).parent_path());
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

}  // namespace vswitch

#endif  // VSWITCH_CLI_TESTING_MACHINE_FIXTURE_H_
