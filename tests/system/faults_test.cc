// All or nothing, on the real kernel: calls by which a verb changes the machine fail in turn (in
// the long run each of them), and are in turn the last before kill -9. What can be seen of the
// switch afterwards, the kernel's devices and the state file included, is as before or as the verb
// was to make it, and guests go on talking.
#include <cerrno>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "tests/harness/fault_injector.h"
#include "tests/harness/system_test.h"
#include "tests/long_run.h"
#include "tests/tcx.h"

namespace vswitch::testing {
namespace {

struct Verb {
  const char* name;
  std::string prepare;  // Verbs, each ended by ';'.
  std::string verb;
  std::string take_back;  // Leads from after `verb` to before it; verbs as in `prepare`.
};

// So that gtest prints it.
std::ostream& operator<<(std::ostream& out, const Verb& verb) { return out << verb.name; }

class FaultsTest : public SystemTest, public ::testing::WithParamInterface<Verb> {
 protected:
  // More calls than any verb makes.
  static constexpr int kMostCalls = 400;
  // Of the calls at which the daemon is killed. Other verbs begin at other calls.
  const int kill_stride_ = UsualOrLong(16, 4);
  // Of those that fail; odd, so that they fail by either error.
  const int fail_stride_ = UsualOrLong(3, 1);

  void SetUp() override {
    if (const std::string why = WhyNotRunnable("auto"); !why.empty()) GTEST_SKIP() << why;
    switch_ = std::make_unique<SwitchUnderTest>(SwitchUnderTest::Options{
        .io_mode = "poll", .start = false, .process = {.supervised = true}});
    WriteLookScript();
    net().AddVeth("up0", "far0");
    Start();
    for (const char* verb : {"add-br br0", "add-br br1", "add-port br0 vm0", "add-port br0 vm1"}) {
      ctl().Ok(verb);
    }
    for (int i = 0; i < 2; ++i) {
      guests_[i] = std::make_unique<FakeGuest>(net(), "vm" + std::to_string(i));
    }
    RunAll(GetParam().prepare);
    ExpectUp();
    ExpectTraffic();
  }

  SwitchUnderTest& vswitch() const { return *switch_; }
  const NetNamespace& net() const { return switch_->net(); }
  const Ctl& ctl() const { return switch_->ctl(); }

  // The daemon asks before its first call, so somebody must answer from then on.
  void Start() {
    injector_.reset();
    vswitch().Start(
        [this](const Process& daemon) { injector_ = std::make_unique<FaultInjector>(daemon); });
  }

  void RunAll(const std::string& verbs) const {
    std::istringstream list(verbs);
    for (std::string verb; std::getline(list, verb, ';');) ctl().Ok(verb);
  }

  void ExpectUp() const {
    for (const char* port : {"vm0", "vm1"}) {
      Expect("up", [&] { return ctl().PortState(port) == "up"; });
    }
  }

  void ExpectTraffic() {
    ++number_;
    guests_[0]->Send(NumberedFrame(kBroadcast, Station(0), number_));
    guests_[1]->ReceiveUntil(number_);
    guests_[1]->Send(NumberedFrame(Station(0), Station(1), number_));
    guests_[0]->ReceiveUntil(number_);
  }

  // What the kernel has, without what is another with each device that is made.
  void WriteLookScript() const {
    std::ofstream(vswitch().folder() / "filters") << "filter show dev vm0 ingress\n"
                                                     "filter show dev up0 ingress\n"
                                                     "filter show dev x0 ingress\n";
    std::ofstream(vswitch().folder() / "look")
        << "{ ip -d -o link; tc qdisc; tc -force -batch " << (vswitch().folder() / "filters")
        << " 2>/dev/null; } | sed -E 's/^[0-9]+: //; s/NO-CARRIER,|,LOWER_UP| state [A-Z]+//g;"
           " s/link.ether [0-9a-f:]+//; s/ addrgenmode [^\\]*//; s/noqueue [0-9a-f]+:/noqueue/;"
           " s/vsw_(redirect|forward|guard).*//; s/ refcnt [0-9]+//; s/vsw[0-9]+/vsw/' | sort\n";
  }

  std::string Programs() const {
    std::string all;
    net().Run([&all] {
      for (const char* device : {"vm0", "up0", "x0"}) {
        for (const TcDirection direction : {TcDirection::kIngress, TcDirection::kEgress}) {
          for (const std::string& name : TcxPrograms(device, direction)) {
            all += std::string(device) + " " + name + "\n";
          }
        }
      }
    });
    return all;
  }

  // All that can be seen, carriers left out.
  std::string Whole() const {
    const CommandResult kernel = net().Command("sh " + (vswitch().folder() / "look"));
    Json show = ctl().Query("show").at("bridges");
    for (Json& bridge : show) {
      for (Json& port : bridge.at("ports")) {
        // A table of another size knows what was added, and learns the rest anew.
        port.erase("learned");
        // Whether a guest is there is none of the verb's doing.
        const std::string state = port.at("state");
        if (state == "up" || state == "down") port.erase("state"), port.erase("detail");
      }
    }
    return show.dump(1) + "\n" + ReadFile(vswitch().state_file()) + kernel.output + kernel.errors +
           Programs();
  }

  std::unique_ptr<SwitchUnderTest> switch_;
  std::unique_ptr<FaultInjector> injector_;
  std::unique_ptr<FakeGuest> guests_[2];
  uint64_t number_ = 0;
};

TEST_P(FaultsTest, EachCallThatFailsChangesNothing) {
  const Verb& verb = GetParam();
  const std::string before = Whole();
  ctl().Ok(verb.verb);
  const std::string after = Whole();
  ASSERT_NE(before, after);
  RunAll(verb.take_back);
  ASSERT_EQ(Whole(), before);

  int n = static_cast<int>(verb.verb.size() % fail_stride_);
  for (; n < kMostCalls; n += fail_stride_) {
    injector_->Arm(n, n % 2 == 0 ? EPERM : ENOMEM);
    const CommandResult result = ctl().Try(verb.verb);
    const std::string call = injector_->Disarm();
    if (call.empty()) {
      EXPECT_EQ(result.status, 0) << result.errors;
      break;
    }
    SCOPED_TRACE(verb.verb + ": call " + std::to_string(n) + ", " + call +
                 " failed: " + result.errors);
    EXPECT_TRUE(vswitch().daemon().Running());
    ExpectTraffic();
    // A step that may fail: then the verb has done all of its work.
    if (result.status == 0) {
      EXPECT_EQ(Whole(), after);
      RunAll(verb.take_back);
    } else {
      EXPECT_NE(result.errors, "");
    }
    ASSERT_EQ(Whole(), before);
  }
  EXPECT_LT(n, kMostCalls);
  EXPECT_GE(n, 4) << "no verb saves its state with fewer calls";
  EXPECT_EQ(Whole(), after);
}

TEST_P(FaultsTest, KilledInTheMidstItIsDoneOrNot) {
  const Verb& verb = GetParam();
  const std::string before = Whole();
  const std::string state_before = ReadFile(vswitch().state_file());
  ctl().Ok(verb.verb);
  const std::string after = Whole();
  RunAll(verb.take_back);

  // Not at each, as a start takes a second. Rows begin at different ones, and share most of their
  // way.
  int n = static_cast<int>(verb.verb.size() % kill_stride_);
  for (; n < kMostCalls; n += kill_stride_) {
    injector_->Arm(n, FaultInjector::kKill);
    ctl().Try(verb.verb);
    const std::string call = injector_->Disarm();
    if (call.empty()) break;
    SCOPED_TRACE(verb.verb + ": killed at call " + std::to_string(n) + ", " + call);
    vswitch().daemon().Wait();
    Start();
    ExpectUp();
    ExpectTraffic();
    const bool is_done = ReadFile(vswitch().state_file()) != state_before;
    const std::string& wanted = is_done ? after : before;
    // The kernel removes what a killed daemon held in its own time.
    WaitUntil([&] { return Whole() == wanted; });
    ASSERT_EQ(Whole(), wanted);
    if (is_done) RunAll(verb.take_back);
  }
  EXPECT_LT(n, kMostCalls);
}

INSTANTIATE_TEST_SUITE_P(
    Verbs, FaultsTest,
    ::testing::Values(
        Verb{"add_br", "", "add-br br9", "del-br br9;"},
        Verb{"del_br", "add-br br9;", "del-br br9", "add-br br9;"},
        Verb{"set_br", "", "set br br0 fdb_entries=64", "set br br0 fdb_entries=65536;"},
        Verb{"add_tap", "", "add-port br0 x0 mtu=1400", "del-port x0;"},
        Verb{"add_internal", "", "add-port br0 x0 type=internal", "del-port x0;"},
        Verb{"add_netdev", "", "add-port br0 up0 type=netdev", "del-port up0;"},
        Verb{"del_tap", "add-port br0 x0;", "del-port x0", "add-port br0 x0;"},
        Verb{"del_internal", "add-port br0 x0 type=internal;", "del-port x0",
             "add-port br0 x0 type=internal;"},
        Verb{"del_netdev", "add-port br0 up0 type=netdev;", "del-port up0",
             "add-port br0 up0 type=netdev;"},
        Verb{"move_port", "add-port br0 x0;", "move-port x0 br1", "move-port x0 br0;"},
        Verb{"set_mtu_and_owner", "add-port br0 x0 mtu=1500;", "set port x0 mtu=1400 owner=65534",
             "set port x0 mtu=1500 owner=0;"},
        Verb{"fdb_add", "", "fdb add br0 52:54:00:00:00:63 vm0", "fdb del br0 52:54:00:00:00:63;"},
        Verb{"fdb_del", "fdb add br0 52:54:00:00:00:63 vm0;", "fdb del br0 52:54:00:00:00:63",
             "fdb add br0 52:54:00:00:00:63 vm0;"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace vswitch::testing
