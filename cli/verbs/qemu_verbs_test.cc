// `qemu-args` and `run` against a scripted daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"
#include "cli/qemu_args.h"
#include "cli/testing/fake_daemon.h"
#include "cli/verbs/verbs.h"
#include "tests/temp_folder.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kShow[] =
    R"({"bridges":[{"name":"br0","ports":[)"
    R"({"name":"vm0","type":"tap","state":"down","owner":"alice","mtu":1500,"queues":1},)"
    R"({"name":"vm4","type":"tap","state":"down","owner":"alice","mtu":9000,"queues":4},)"
    R"({"name":"vm1","type":"tap","state":"down","owner":"alice","queues":1,"device":"web2"},)"
    R"({"name":"used","type":"tap","state":"up","owner":"alice","mtu":1500,"queues":1},)"
    R"({"name":"host0","type":"internal","state":"up","owner":"","mtu":1500,"queues":1}]}]})";

class QemuVerbsTest : public ::testing::Test {
 protected:
  QemuVerbsTest() : daemon_(FakeDaemon::WithResult(ParseJson(kShow).value())) {
    options_.socket_path = daemon_.socket_path();
    options_.timeout = absl::Seconds(60);
    host_ = {.euid = 1000,
             .user = "alice",
             .tun_path = folder_ / "tun",
             .proc_path = folder_ / "proc",
             .has_netdev = [](const std::string&) { return true; }};
    std::ofstream(host_.tun_path) << "";
  }

  Outcome RunWords(const std::vector<std::string>& words,
                   const std::optional<std::vector<std::string>>& after_dashes = std::nullopt) {
    return RunVerb(options_, host_, words, after_dashes);
  }

  TempFolder folder_;
  FakeDaemon daemon_;
  Options options_;
  Host host_;
};

TEST_F(QemuVerbsTest, ArgumentsOnOneLine) {
  EXPECT_EQ(RunWords({"qemu-args", "vm0"}).out,
            "-netdev tap,id=vm0,ifname=vm0,script=no,downscript=no -device "
            "virtio-net-pci,netdev=vm0,mac=" +
                MacForPort("vm0") + "\n");
  EXPECT_EQ(RunWords({"qemu-args", "vm4", "mac=52:54:00:01:02:03"}).out,
            "-netdev tap,id=vm4,ifname=vm4,script=no,downscript=no,queues=4 -device "
            "virtio-net-pci,netdev=vm4,mac=52:54:00:01:02:03,mq=on,vectors=10,host_mtu=9000\n");
  EXPECT_EQ(RunWords({"qemu-args", "vm0", "model=e1000", "mac=52:54:00:01:02:03"}).out,
            "-netdev tap,id=vm0,ifname=vm0,script=no,downscript=no -device "
            "e1000,netdev=vm0,mac=52:54:00:01:02:03\n");
}

// Its own name may be another port's device by now: two that swapped names.
TEST_F(QemuVerbsTest, ARenamedTapIsOpenedByTheNameThatItHas) {
  EXPECT_EQ(RunWords({"qemu-args", "vm1", "mac=52:54:00:01:02:03"}).out,
            "-netdev tap,id=vm1,ifname=web2,script=no,downscript=no -device "
            "virtio-net-pci,netdev=vm1,mac=52:54:00:01:02:03\n");
}

TEST_F(QemuVerbsTest, ArgumentsAsJson) {
  options_.json = true;
  EXPECT_EQ(RunWords({"qemu-args", "vm0", "mac=52:54:00:01:02:03"}).out,
            R"({"args":["-netdev","tap,id=vm0,ifname=vm0,script=no,downscript=no","-device",)"
            R"("virtio-net-pci,netdev=vm0,mac=52:54:00:01:02:03"]})"
            "\n");
}

TEST_F(QemuVerbsTest, OnlyATapIsForAGuest) {
  const Outcome outcome = RunWords({"qemu-args", "host0"});
  EXPECT_EQ(outcome.exit_code, ExitCode::kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("port host0 is of type internal"));
  EXPECT_EQ(outcome.out, "");
}

TEST_F(QemuVerbsTest, TwoNamesWithTheSameMacAreTold) {
  // Found by search; MacForPort never changes.
  const std::string one = "vm2429", two = "vm8972";
  ASSERT_EQ(MacForPort(one), MacForPort(two));
  FakeDaemon daemon(FakeDaemon::WithResult(
      ParseJson(R"({"bridges":[{"ports":[{"name":")" + one + R"(","type":"tap"}]},)" +
                R"({"ports":[{"name":")" + two + R"(","type":"tap"}]}]})")
          .value()));
  options_.socket_path = daemon.socket_path();
  const Outcome outcome = RunWords({"qemu-args", two});
  EXPECT_EQ(outcome.exit_code, ExitCode::kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("give the same MAC: choose one with mac="));
  EXPECT_EQ(RunWords({"qemu-args", two, "mac=52:54:00:01:02:03"}).exit_code, ExitCode::kDone);
}

TEST_F(QemuVerbsTest, RunBecomesTheCommandWithTheArgumentsBehindItsOwn) {
  const Outcome outcome =
      RunWords({"run", "vm0", "mac=52:54:00:01:02:03"},
               std::vector<std::string>{"qemu-system-x86_64", "-nographic", "--", "a=b", ""});
  EXPECT_EQ(outcome.exit_code, ExitCode::kDone) << outcome.err;
  EXPECT_THAT(outcome.exec,
              ElementsAre("qemu-system-x86_64", "-nographic", "--", "a=b", "", "-netdev",
                          "tap,id=vm0,ifname=vm0,script=no,downscript=no", "-device",
                          "virtio-net-pci,netdev=vm0,mac=52:54:00:01:02:03"));
  EXPECT_EQ(outcome.out, "");
}

TEST_F(QemuVerbsTest, RunExplainsWhyQemuWouldFail) {
  const std::vector<std::string> command = {"qemu-system-x86_64"};
  Outcome outcome = RunWords({"run", "used"}, command);
  EXPECT_EQ(outcome.exit_code, ExitCode::kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("port used is in use"));
  EXPECT_THAT(outcome.exec, IsEmpty());

  outcome = RunWords({"run", "host0"}, command);
  EXPECT_THAT(outcome.err, HasSubstr("of type internal"));
  EXPECT_THAT(outcome.exec, IsEmpty());

  host_.user = "bob";
  host_.euid = 1001;
  outcome = RunWords({"run", "vm0"}, command);
  EXPECT_EQ(outcome.exit_code, ExitCode::kFailed);
  EXPECT_THAT(outcome.err, HasSubstr("belongs to alice, not to bob"));
  EXPECT_THAT(outcome.exec, IsEmpty());
}

}  // namespace
}  // namespace vswitch
