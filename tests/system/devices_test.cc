// What others do to the devices behind ports, under a running switch and while none runs: each is
// followed, mended or shown as what it is, and its cure works.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/harness/system_test.h"
#include "tests/tcx.h"

namespace vswitch::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Deed {
  const char* description;
  // A shell's; $OTHER and $OURS are namespaces, as `ip link set ... netns` and nsenter take them.
  const char* deed;
  const char* state;  // Of vm0.
  const char* words;  // In its detail.
  bool passes;        // Whether vm0's guest can still talk.
  const char* cure;
};

// The tap port vm0, whose guest holds its TAP all the time, and two that see what it sends.
class DevicesTest : public SystemTest {
 protected:
  void SetUp() override {
    SystemTest::SetUp();
    if (IsSkipped()) return;
    guests_ = AddGuests(3);
  }

  // `tc` takes no alternative names.
  static std::string WithTwin(const std::string& line) {
    return "twin() { ip -o link show vswitch-twin-of-vm0 | cut -d: -f2; }; " + line;
  }

  std::string Shell(const std::string& line) {
    const auto result =
        RunCommand({.argv = {"sh", "-ec", WithTwin(line)},
                    .netns = net().fd(),
                    .environment = {{"OTHER", other_->path()}, {"OURS", net().path()}}});
    if (result.status != 0) throw Error(line + ": " + result.errors);
    return result.output;
  }

  // Of ours on vm0.
  std::string Programs() {
    std::string names = Shell("tc filter show dev vm0 ingress; tc filter show dev vm0 egress");
    net().Run([&] {
      for (const TcDirection hook : {TcDirection::kIngress, TcDirection::kEgress}) {
        for (const std::string& name : TcxPrograms("vm0", hook)) names += " " + name;
      }
    });
    return names;
  }

  // Whether vm0 has all that it had when it was added. (The twin may just be being made again.)
  bool IsWhole() {
    try {
      const std::string kept = Shell(
          "tc filter show dev $(twin) ingress; tc filter show dev $(twin) egress; "
          "ip link show vswitch-port-vm0; ip link show vswitch-twin-of-vm0");
      return ctl().PortState("vm0") == "up" && ctl().Port("vm0").at("detail") == "" &&
             kept.find("vsw_redirect") != kept.npos && kept.find("vsw_guard") != kept.npos &&
             Programs().find("theirs") == std::string::npos &&
             (Programs().find("vsw_forward") != std::string::npos ||
              Programs().find("vsw_redirect") != std::string::npos) &&
             Programs().find("vsw_guard") != std::string::npos &&
             kept.find(" master ") == std::string::npos &&
             kept.find("alias vswitch twin of vm0") != std::string::npos;
    } catch (const Error&) {
      return false;
    }
  }

  // Whether frames cross between the guests of vm0 and vm1, each way.
  bool Passes() {
    ++number_;
    // Down: the TAP takes nothing.
    guests_[0]->Send(NumberedFrame(kBroadcast, Station(0), number_));
    guests_[1]->Send(NumberedFrame(kBroadcast, Station(1), number_));
    // Behind both, from a third: when it has arrived, they have or never will.
    guests_[2]->Send(NumberedFrame(kBroadcast, Station(2), number_ + kLast));
    const auto heard = guests_[1]->ReceiveUntil(number_ + kLast);
    const auto heard_by_third = guests_[2]->ReceiveUntil(number_);
    const auto heard_by_vm0 = guests_[0]->DrainNumbers();
    return std::ranges::count(heard, number_) == 1 && std::ranges::count(heard_by_vm0, number_) > 0;
  }
  void ExpectPasses() {
    Expect("frames pass", [&] { return Passes(); });
  }

  void ExpectShown(const std::string& state, const std::string& words) {
    Expect("vm0 is " + state + ", " + words, [&] {
      const Json port = ctl().Port("vm0");
      return port.at("state") == state &&
             port.at("detail").get<std::string>().find(words) != std::string::npos;
    });
  }

  void ExpectCured(const Deed& row) {
    Shell(row.cure);
    ExpectShown("up", "");
    Expect("nothing is told of it any more", [&] { return ctl().Port("vm0").at("detail") == ""; });
    ExpectPasses();
  }

  // What the host's own stack has been given.
  std::string HostReceived() { return net().Command("grep -A1 -m1 Ip: /proc/net/snmp").output; }

  static constexpr uint64_t kLast = 1 << 20;
  std::optional<NetNamespace> other_{std::in_place};
  std::vector<std::unique_ptr<FakeGuest>> guests_;
  uint64_t number_ = 0;
};

constexpr char kAnotherTap[] = "ip link set vm0 name web2; ip tuntap add vm0 mode tap";
constexpr char kEnslave[] = "ip link add lbr0 type bridge; ip link set vm0 master lbr0";

constexpr Deed kShown[] = {
    {"renamed", "ip link set vm0 name web2", "up", "renamed to web2: 'ip link set web2 name vm0'",
     true, "ip link set web2 name vm0"},
    {"renamed, and another made", kAnotherTap, "up", "renamed to web2", true,
     "ip link del vm0; ip link set web2 name vm0"},
    {"moved", "ip link set vm0 netns $OTHER", "missing",
     "'vm0' was moved to another network namespace: there, 'ip link set vm0 netns ", false,
     "nsenter --net=$OTHER ip link set vm0 netns $OURS"},
    {"moved and renamed there",
     "ip link set vm0 netns $OTHER; nsenter --net=$OTHER ip link set vm0 name eth0", "missing",
     "'eth0' was moved to another network namespace", false,
     "nsenter --net=$OTHER sh -c 'ip link set eth0 name vm0; ip link set vm0 netns $OURS'"},
    {"made a port of a bridge", kEnslave, "broken",
     "vm0 is a port of lbr0 (bridge); take it out first: ip link set vm0 nomaster", false,
     "ip link set vm0 nomaster; ip link del lbr0"},
    {"set down", "ip link set vm0 down", "down", "'ip link set vm0 up'", false,
     "ip link set vm0 up"},
    {"renamed and set down", "ip link set vm0 down; ip link set vm0 name web2", "down",
     "'ip link set web2 up' sets it up; its device was renamed to web2", false,
     "ip link set web2 name vm0; ip link set vm0 up"},
};

TEST_F(DevicesTest, AreFollowedOrShownAsWhatTheyAre) {
  for (const Deed& row : kShown) {
    SCOPED_TRACE(row.description);
    Shell(row.deed);
    ExpectShown(row.state, row.words);
    EXPECT_EQ(Passes(), row.passes);
    ExpectCured(row);
  }
  ExpectBalance();
}

TEST_F(DevicesTest, AreFoundByTheNextDaemon) {
  for (const Deed& row : kShown) {
    // The next daemon sets up what was set down.
    if (std::string(row.deed).find("down") != std::string::npos) continue;
    for (const bool killed : {true, false}) {
      SCOPED_TRACE(std::string(row.description) + (killed ? ", killed" : ", ended"));
      killed ? vswitch().Kill() : static_cast<void>(vswitch().Terminate());
      Shell(row.deed);
      vswitch().Start();
      Expect("the others are up",
             [&] { return ctl().PortState("vm1") == "up" && ctl().PortState("vm2") == "up"; });
      ExpectShown(row.state, row.words);
      EXPECT_EQ(Passes(), row.passes);
      ExpectCured(row);
    }
  }
}

TEST_F(DevicesTest, AreMadeAgainWhenTheirNamespaceEnds) {
  Shell("ip link set vm0 netns $OTHER");
  ExpectShown("missing", "was moved");
  EXPECT_FALSE(net().HasLink("vm0"));
  other_.reset();
  ExpectShown("down", "no guest has the TAP open");
  EXPECT_TRUE(net().HasLink("vm0"));
}

TEST_F(DevicesTest, AreReplaced) {
  const std::string replace =
      "index=$(ip -o link show vm0 | cut -d: -f1); ip link del vm0; ip link add vm0 index $index ";
  Shell(replace + "type bridge");
  ExpectShown("broken", "vm0 exists and is no TAP but a bridge device");
  Shell("ip link del vm0");
  ExpectShown("down", "no guest has the TAP open");
  // By one of its own kind: the port takes it, whoever has it open.
  Shell("ip link del vm0; ip tuntap add vm0 mode tap");
  guests_[0] = std::make_unique<FakeGuest>(net(), "vm0");
  ExpectShown("up", "");
  ExpectPasses();
}

TEST_F(DevicesTest, AreKnownByTheirFirstNameOnly) {
  Shell("ip tuntap add tap9 mode tap; ip link property add dev tap9 altname web");
  const CommandResult refused = ctl().Try("add-port br0 web");
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.errors, HasSubstr("'web' is another name of the device 'tap9'"));
  Shell("ip link set vm0 name web2");
  ExpectShown("up", "renamed to web2");
  const CommandResult taken = ctl().Try("add-port br0 web2");
  EXPECT_NE(taken.status, 0);
  EXPECT_THAT(taken.errors, HasSubstr("web2 is the device of port 'vm0', renamed"));
}

// Ours alone: nobody else has a word in it, so it is put back.
constexpr const char* kMended[] = {
    "ip link del vswitch-twin-of-vm0",
    "ip link set vswitch-twin-of-vm0 down",
    "ip link set vswitch-twin-of-vm0 txqueuelen 0",
    "ip link set vm0 txqueuelen 0",
    "ip link set vswitch-twin-of-vm0 netns $OTHER",
    "ip link add lbr1 type bridge; ip link set vswitch-twin-of-vm0 master lbr1",
    "ip link set vswitch-twin-of-vm0 alias mine",
    "tc qdisc add dev vm0 ingress; tc qdisc del dev vm0 ingress",
    "tc qdisc add dev vm0 clsact; tc qdisc del dev vm0 clsact",
    "tc qdisc replace dev vm0 root tbf rate 1gbit burst 1m limit 1m; tc qdisc del dev vm0 root",
    "ip link property del dev vm0 altname vswitch-port-vm0",
    "ip link set vm0 netns $OTHER; nsenter --net=$OTHER ip link set vm0 netns $OURS",
};
// Until it is put back, what the switch sends to the guest reaches the host.
constexpr const char* kMendedOnTwin[] = {
    "tc qdisc del dev $(twin) clsact",
    "tc filter del dev $(twin) ingress",
    "tc filter del dev $(twin) egress",
};

TEST_F(DevicesTest, AreMendedWhereTheyAreOurs) {
  for (const std::span<const char* const> deeds :
       {std::span<const char* const>(kMended), std::span<const char* const>(kMendedOnTwin)}) {
    for (const char* deed : deeds) {
      SCOPED_TRACE(deed);
      Shell(deed);
      ExpectPasses();
      Expect("all is as it was", [&] { return IsWhole(); });
    }
  }
  ExpectPasses();
  ExpectBalance();
}

TEST_F(DevicesTest, AreMendedWhereNoEventTells) {
  net().Run([] {
    if (!HasTcx()) GTEST_SKIP() << "needs tcx hooks, of kernel 6.6";
  });
  if (IsSkipped()) return;
  uint64_t repairs = ctl().Port("vm0").at("repairs");
  using Deed = bool (*)(const std::string&, TcDirection);
  for (const Deed deed : {Deed(ClearTcx), Deed(ReplaceTcx)}) {
    for (const TcDirection hook : {TcDirection::kIngress, TcDirection::kEgress}) {
      net().Run([&] { ASSERT_TRUE(deed("vm0", hook)); });
      ++repairs;
      Expect("it is noticed", [&] { return ctl().Port("vm0").at("repairs") == repairs; });
      net().Run([&] {
        const std::vector<std::string> programs = TcxPrograms("vm0", hook);
        EXPECT_FALSE(programs.empty() || programs.front() == "theirs");
      });
      ExpectPasses();
    }
  }
  Expect("logged", [&] {
    return vswitch().daemon().Errors().find("a program was taken off vm0; it was put back") !=
           std::string::npos;
  });
  ExpectBalance();
}

TEST_F(DevicesTest, MayHaveAQueueOfAnOperatorsWhoseDropsCount) {
  constexpr uint64_t kFrames = 100;
  const auto egress = [&] {
    return ctl().PortStats("vm1").at("egress").at("frames").get<uint64_t>();
  };
  ExpectPasses();
  SettledStats(ctl());
  guests_[1]->DrainNumbers();
  const uint64_t before = egress();
  Shell("tc qdisc replace dev vm1 root tbf rate 8kbit burst 1540 limit 5000");
  for (uint64_t i = 1; i <= kFrames; ++i) {
    guests_[0]->Send(NumberedFrame(Station(1), Station(0), i, 1000));
  }
  SettledStats(ctl());
  Shell("tc qdisc change dev vm1 root tbf rate 1gbit burst 1m limit 5000");
  uint64_t received = 0;
  Expect("the rest has arrived", [&] {
    received += guests_[1]->DrainNumbers().size();
    return received == egress() - before;
  });
  EXPECT_LT(received, kFrames);
  EXPECT_GT(received, 0u);
  Shell("tc qdisc del dev vm1 root");
  Expect("it is without a queue",
         [&] { return Shell("tc qdisc show dev vm1").find("noqueue") != std::string::npos; });
  EXPECT_EQ(egress() - before, received);
  ExpectBalance();
}

TEST_F(DevicesTest, NeverReachTheHost) {
  const auto packet = FrameBuilder().From(Station(0)).To(kBroadcast).Udp({}, 100).BuildEthernet();
  const std::string before = HostReceived();
  {
    Loop load([&] { guests_[0]->Send(packet); });
    Loop load_of_another([&] { guests_[1]->Send(packet); });
    for (int i = 0; i < 3; ++i) {
      for (const char* deed : kMended) {
        SCOPED_TRACE(deed);
        try {
          Shell(deed);
        } catch (const Error&) {
          // The twin is just being made again.
        }
      }
      Shell(kEnslave);
      ExpectShown("broken", "is a port of lbr0");
      Shell("ip link del lbr0; ip link del lbr1");
      ExpectShown("up", "");
    }
  }
  EXPECT_EQ(HostReceived(), before);
  net().Run([] {
    if (!HasTcx()) GTEST_SKIP() << "the rest needs tcx hooks, of kernel 6.6";
  });
  if (IsSkipped()) return;
  // Not even while nobody can mend it, or nobody is there.
  vswitch().daemon().Signal(SIGSTOP);
  Shell("tc qdisc add dev vm0 clsact; tc qdisc del dev vm0 clsact");
  for (int i = 0; i < 100; ++i) guests_[0]->Send(packet);
  EXPECT_EQ(HostReceived(), before);
  vswitch().Kill();
  for (int i = 0; i < 100; ++i) guests_[0]->Send(packet);
  EXPECT_EQ(HostReceived(), before);
  // What was looked for can be seen.
  net().Run([] { EXPECT_TRUE(ClearTcx("vm0", TcDirection::kIngress)); });
  for (int i = 0; i < 100; ++i) guests_[0]->Send(packet);
  EXPECT_NE(HostReceived(), before);
}

TEST_F(DevicesTest, OfTypeNetdevAreFollowed) {
  net().AddVeth("up0", "far0");
  ctl().Ok("add-port br0 up0 type=netdev");
  ExpectState("up0", "up");
  const auto expect_leaves = [&] {
    const auto received = [&] { return net().Ip("-s -j link show far0"); };
    const std::string before = received();
    Expect("frames leave", [&] { return Passes() && received() != before; });
  };
  const auto detail = [&] { return ctl().Port("up0").at("detail").get<std::string>(); };
  Shell("ip link set up0 name wan0");
  Expect("told", [&] { return detail().find("renamed to wan0") != std::string::npos; });
  expect_leaves();
  vswitch().Kill();
  vswitch().Start();
  ExpectState("up0", "up");
  expect_leaves();
  Shell("ip link add lbr0 type bridge; ip link set wan0 master lbr0");
  ExpectState("up0", "broken");
  EXPECT_THAT(detail(), HasSubstr("ip link set wan0 nomaster"));
  Shell("ip link set wan0 nomaster");
  ExpectState("up0", "up");
  Shell("ip link set wan0 netns $OTHER");
  ExpectState("up0", "missing");
  EXPECT_THAT(detail(), HasSubstr("was moved to another network namespace"));
  Shell("nsenter --net=$OTHER ip link set wan0 name up0");
  Shell("nsenter --net=$OTHER ip link set up0 netns $OURS");
  ExpectState("up0", "up");
  EXPECT_EQ(detail(), "");
  expect_leaves();
  Shell("ip link del vswitch-twin-of-up0");
  expect_leaves();
}

}  // namespace
}  // namespace vswitch::testing
