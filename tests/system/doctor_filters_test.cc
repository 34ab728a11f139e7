// What `vswitchctl doctor` says of others' tc filters on a kernel without tcx, such as Debian 12's.
#include <algorithm>
#include <csignal>

#include "tests/harness/system_test.h"
#include "tests/without_tcx.h"

namespace vswitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// There our own filter is among them. The daemon, which would put it back, stands still meanwhile.
TEST(DoctorWithoutTcxTest, TheCureOfFiltersLeavesTheSwitchsOwn) {
  if (const std::string why = WhyNotRunnable("auto"); !why.empty()) GTEST_SKIP() << why;
  WithoutTcx([] {
    SwitchUnderTest old;
    old.ctl().Ok("add-br br0");
    old.ctl().Ok("add-port br0 vm0 owner=0");
    const auto run = [&](const std::string& line) {
      const CommandResult done = RunCommand({.argv = {"sh", "-c", line}, .netns = old.net().fd()});
      EXPECT_EQ(done.status, 0) << line << ": " << done.errors;
      return done.output;
    };
    const auto find = [&] {
      const Json checks = Json::parse(old.ctl().Try("--json doctor vm0").output).at("checks");
      return *std::ranges::find(checks, "filters", [](const Json& row) { return row.at("check"); });
    };
    ASSERT_THAT(run("tc filter show dev vm0 ingress"), HasSubstr(" pref 1 bpf "));
    EXPECT_EQ(find().at("status"), "ok") << "ours is no foreign one";
    const std::string add = "tc filter add dev vm0 ingress ";
    const std::string u32 = " protocol ip u32 match u32 0 0 flowid 1:1";
    run(add + "pref 10" + u32 + " && " + add + "pref 20 chain 3" + u32);
    run(add + "pref 1 protocol all handle 2 bpf bytecode '1,6 0 0 0' flowid 1:1");
    const Json sick = find();
    EXPECT_EQ(sick.at("status"), "warning");
    old.daemon().Signal(SIGSTOP);
    run(sick.at("cure"));
    const std::string left = run("tc filter show dev vm0 ingress");
    old.daemon().Signal(SIGCONT);
    EXPECT_THAT(left, AllOf(HasSubstr("vsw_"), Not(HasSubstr("u32")), Not(HasSubstr("bytecode"))));
    EXPECT_EQ(find().at("status"), "ok");
  });
}

}  // namespace
}  // namespace vswitch::testing
