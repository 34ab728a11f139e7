// What `vswitchctl doctor` says of ports that are broken, each in its way, on real devices; and
// that its cures, run as it prints them, cure.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <iterator>
#include <set>

#include "tests/harness/system_test.h"
#include "tests/tcx.h"

namespace vswitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kUnhealthy = 7;
constexpr uid_t kNobody = 65534;

Json Parse(const CommandResult& result) {
  if (result.output.empty()) throw Error("doctor: " + result.errors);
  return Json::parse(result.output).at("checks");
}

Json Find(const Json& checks, const std::string& check, const std::string& subject) {
  for (const Json& row : checks) {
    if (row.at("check") == check && row.at("subject") == subject) return row;
  }
  return Json({{"status", "absent"}, {"detail", checks.dump()}, {"cure", ""}});
}

class DoctorTest : public SystemTest {
 protected:
  // A guest's port, an uplink and a port of the host, and what doctor calls well.
  void AddPorts() {
    net().AddVeth("up0", "far0");
    guest_ = AddGuest("vm0", "owner=0");
    ctl().Ok("add-port br0 up0 type=netdev");
    ctl().Ok("add-port br0 in0 type=internal");
    net().Ip("link set in0 up");
    ExpectState("up0", "up");
    ExpectState("in0", "up");
  }

  Json Checks(const std::string& ports, std::optional<uid_t> user = std::nullopt) const {
    return Parse(ctl().Try("--json doctor " + ports, user));
  }
  Json Check(const std::string& check, const std::string& port) const {
    return Find(Checks(port), check, port);
  }

  CommandResult Shell(const std::string& line) const {
    return RunCommand(
        {.argv = {"sh", "-c", line}, .netns = net().fd(), .environment = Environment()});
  }
  // With our vswitchctl in reach.
  std::map<std::string, std::string> Environment() const {
    return {{"PATH", vswitch_folder() + ":/usr/sbin:/usr/bin:/sbin:/bin"}};
  }
  std::string vswitch_folder() const {
    return const_cast<DoctorTest*>(this)->vswitch().folder().path();
  }

  // Waits: what the kernel and the daemon make of a change takes a moment.
  Json ExpectSick(const std::string& check, const std::string& port, const std::string& status,
                  const std::string& words) {
    Json row;
    Expect(check + " of " + port + " is a " + status, [&] {
      row = Check(check, port);
      return row.at("status") == status;
    });
    EXPECT_THAT(row.at("detail").get<std::string>(), HasSubstr(words)) << check;
    EXPECT_NE(row.at("cure"), "") << check << " of " << port << " says not what to do";
    failed_.insert(check);
    return row;
  }
  void ExpectCured(const std::string& check, const std::string& port) {
    Expect(check + " of " + port + " is well",
           [&] { return Check(check, port).at("status") == "ok"; });
  }
  void ExpectCureWorks(const std::string& check, const std::string& port, const Json& row) {
    const std::string cure = row.at("cure");
    const CommandResult result = Shell(cure);
    EXPECT_EQ(result.status, 0) << cure << ": " << result.errors;
    ExpectCured(check, port);
  }

  std::unique_ptr<FakeGuest> guest_;
  std::set<std::string> failed_;
};

struct Case {
  const char* check;
  const char* port;
  const char* make;  // Breaks it.
  const char* status;
  const char* words;
  const char* clean_up = "true";
};

constexpr Case kCases[] = {
    {"link", "vm0", "ip link set vm0 down", "problem", "set down"},
    {"link", "up0", "ip link set far0 down", "warning", "its other end, far0, is set down"},
    {"device", "vm0", "ip link set vm0 name vm9", "warning", "renamed to vm9"},
    {"mtu", "vm0", "vswitchctl --socket=$SOCKET set port vm0 mtu=9000", "warning", "9000"},
    {"link", "free0", "vswitchctl --socket=$SOCKET add-port br0 free0", "warning", "no guest"},
    {"master", "vm0", "ip link add lbr type bridge && ip link set vm0 master lbr", "problem",
     "a port of lbr (bridge)", "ip link del lbr"},
    {"state", "vm0", "ip link add lbr type bridge && ip link set vm0 master lbr", "problem",
     "broken: ", "ip link del lbr"},
    {"filters", "vm0",
     "tc qdisc add dev vm0 clsact && tc filter add dev vm0 ingress protocol ip u32 match u32 0 0 "
     "flowid 1:1",
     "warning", "see no frame"},
    {"filters", "up0",
     "tc qdisc add dev up0 clsact && tc filter add dev up0 egress protocol ip u32 match u32 0 0 "
     "flowid 1:1",
     "warning", "see what the switch sends"},
    {"addresses", "up0", "ip addr add 10.9.0.1/24 dev up0 && ip addr add 10.9.1.1/24 dev up0",
     "problem", "10.9.0.1/24, 10.9.1.1/24"},
    {"addresses", "vm0", "ip addr add 10.8.0.1/24 dev vm0", "problem", "10.8.0.1/24"},
    {"uppers", "up0", "ip link add mv0 link up0 type macvlan", "problem", "mv0 (macvlan)"},
    {"ipv6", "vm0", "sysctl -qw net.ipv6.conf.vm0.disable_ipv6=0", "warning", "IPv6 is on"},
    {"br_netfilter", "in0",
     "ip link add lbr type bridge && ip link set in0 master lbr && "
     "sysctl -qw net.bridge.bridge-nf-call-iptables=1",
     "warning", "the Linux bridge lbr", "ip link del lbr"},
};

TEST_F(DoctorTest, EachFaultIsFoundAndItsCureCures) {
  AddPorts();
  const std::string socket = "SOCKET=" + vswitch().socket() + "; ";
  for (const Case& c : kCases) {
    const CommandResult made = Shell(socket + c.make);
    ASSERT_EQ(made.status, 0) << c.make << ": " << made.errors;
    const Json row = ExpectSick(c.check, c.port, c.status, c.words);
    if (std::string(c.words) == "no guest") {  // A guest comes, for which its cure needs an image.
      EXPECT_THAT(row.at("cure").get<std::string>(), HasSubstr("run free0 -- qemu-system"));
      FakeGuest guest(net(), c.port);
      ExpectCured(c.check, c.port);
      continue;
    }
    ExpectCureWorks(c.check, c.port, row);
    Shell(c.clean_up);
    ExpectState("vm0", "up");
  }
  // Now all is well again, and doctor says so. (Who has vm0 open is this test, which is in another
  // network namespace.)
  ctl().Ok("del-port free0");
  for (const char* port : {"vm0", "up0", "in0"}) {
    for (const Json& row : Checks(port)) {
      if (row.at("check") == "guest") continue;
      EXPECT_EQ(row.at("status"), "ok") << row;
    }
  }
  EXPECT_EQ(Check("services", "up0").at("status"), "ok");
  EXPECT_EQ(Check("services", "in0").at("status"), "absent") << "its user's end is the user's";
}

TEST_F(DoctorTest, XdpAndForeignProgramsAreFound) {
  AddPorts();
  net().Run([] {
    const bpf_insn pass[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT},
    };
    const UniqueFd program(
        bpf_prog_load(BPF_PROG_TYPE_XDP, "theirs", "GPL", pass, std::size(pass), nullptr));
    const int index = static_cast<int>(if_nametoindex("vm0"));
    ASSERT_EQ(bpf_xdp_attach(index, program.get(), 0, nullptr), 0);
  });
  ExpectCureWorks("xdp", "vm0", ExpectSick("xdp", "vm0", "problem", "sees its frames before"));
  ExpectState("vm0", "up");
  if (!HasTcx()) GTEST_SKIP() << "this kernel has no tcx";
  // In an empty hook: the egress of an uplink has none of ours.
  net().Run([] { ASSERT_TRUE(ReplaceTcx("up0", TcDirection::kEgress)); });
  const Json row = Check("programs", "up0");
  EXPECT_EQ(row.at("status"), "warning");
  EXPECT_THAT(row.at("detail").get<std::string>(), HasSubstr("theirs"));
  net().Run([] { ASSERT_TRUE(ClearTcx("up0", TcDirection::kEgress)); });
  ExpectCured("programs", "up0");
}

// ---- The guest ----

TEST_F(DoctorTest, AGuestWithoutOffloadsOrQueuesIsFound) {
  ctl().Ok("add-port br0 vm0");
  UniqueFd plain;
  net().Run([&] {
    plain = UniqueFd(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    ifreq request = {};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    std::string("vm0").copy(request.ifr_name, IFNAMSIZ - 1);
    ASSERT_EQ(ioctl(plain.get(), TUNSETIFF, &request), 0);
  });
  const Json header = ExpectSick("vnet_hdr", "vm0", "warning", "without vnet_hdr");
  EXPECT_THAT(Shell(header.at("cure")).output, HasSubstr("ifname=vm0"));
  ctl().Ok("add-port br0 vm1 queues=2");
  EXPECT_THAT(Check("queues", "vm1").at("detail").get<std::string>(), HasSubstr("with queues=2"));
  std::vector<std::unique_ptr<FakeGuest>> queues;
  const FakeGuest::Options options = {.multi_queue = true};
  queues.push_back(std::make_unique<FakeGuest>(net(), "vm1", options));
  const Json row = ExpectSick("queues", "vm1", "warning", "1 of 2 queues");
  EXPECT_THAT(Shell(row.at("cure")).output, HasSubstr("queues=2"));
  queues.push_back(std::make_unique<FakeGuest>(net(), "vm1", options));
  ExpectCured("queues", "vm1");
  ExpectCured("vnet_hdr", "vm1");
}

// The command of the cure, with the guest that it starts.
TEST_F(DoctorTest, NoGuestIsCuredByOne) {
  ctl().Ok("add-port br0 vm0");
  const Json row = ExpectSick("link", "vm0", "warning", "no guest has it open");
  const Process qemu({.argv = {"sh", "-c", "exec " + row.at("cure").get<std::string>()},
                      .netns = net().fd(),
                      .environment = Environment()});
  ExpectCured("link", "vm0");
  EXPECT_THAT(Check("guest", "vm0").at("detail").get<std::string>(), HasSubstr("qemu-system"));
  EXPECT_EQ(Check("vnet_hdr", "vm0").at("detail"), "the guest takes and gives offloads");
}

// ---- Devices that are gone ----

TEST_F(DoctorTest, AMovedDeviceIsBroughtBack) {
  AddPorts();
  NetNamespace other;
  const Process sleeper({.argv = {"sleep", "1000"}, .netns = other.fd()});
  net().Ip("link set up0 netns " + std::to_string(sleeper.pid()));
  ExpectState("up0", "missing");
  const Json row = ExpectSick("state", "up0", "problem", "moved to another network namespace");
  EXPECT_EQ(Check("device", "up0").at("status"), "absent") << "one fault is told once";
  EXPECT_EQ(Check("filters", "up0").at("status"), "absent") << "there is nothing to look at";
  ASSERT_EQ(Shell(row.at("cure")).status, 0) << row;
  ExpectCured("state", "up0");
}

TEST_F(DoctorTest, ATapOfOthersThatIsGoneIsMadeAgain) {
  net().Ip("tuntap add dev theirs mode tap user 0");
  ctl().Ok("add-port br0 theirs");
  net().Ip("link del theirs");
  ExpectState("theirs", "missing");
  const Json row = ExpectSick("state", "theirs", "problem", "the switch had not made it");
  ASSERT_EQ(Shell(row.at("cure")).status, 0) << row;
  ExpectCured("state", "theirs");
  // An internal port's device may be elsewhere.
  ctl().Ok("add-port br0 in0 type=internal");
  NetNamespace container;
  net().Ip("link set in0 netns " + container.path());
  Expect("it is no fault", [&] {
    return Check("device", "in0").at("detail") ==
           "in another network namespace, as an internal port's device may be";
  });
}

// ---- The daemon ----

TEST_F(DoctorTest, TheDaemonsLimitsAndPlaceAreFoundAndCured) {
  const std::string pid = std::to_string(vswitch().daemon().pid());
  ASSERT_EQ(Shell("prlimit --nofile=1000: --pid " + pid).status, 0);
  const Json files = Find(Checks(""), "open_files", "vswitchd");
  EXPECT_EQ(files.at("status"), "warning");
  ASSERT_EQ(Shell(files.at("cure")).status, 0) << files;
  EXPECT_EQ(Find(Checks(""), "open_files", "vswitchd").at("status"), "ok");

  const NetNamespace other;
  const Process::Options elsewhere = {
      .argv = {vswitch().folder() / "vswitchctl", "--socket=" + vswitch().socket(), "--json",
               "doctor"},
      .netns = other.fd()};
  const Json place = Find(Parse(RunCommand(elsewhere)), "namespace", "vswitchd");
  EXPECT_EQ(place.at("status"), "warning");
  const std::string cure = place.at("cure").get<std::string>() + " --json";
  const Json here = Parse(
      RunCommand({.argv = {"sh", "-c", cure}, .netns = other.fd(), .environment = Environment()}));
  EXPECT_EQ(Find(here, "namespace", "vswitchd").at("status"), "ok");
}

TEST(DoctorWithLessTest, ADaemonWithoutItsCapabilitiesIsFound) {
  if (const std::string why = WhyNotRunnable("auto"); !why.empty()) GTEST_SKIP() << why;
  SwitchUnderTest::Options options;
  options.process.argv = {"setpriv", "--bounding-set", "-net_raw,-ipc_lock",
                          Runfile("switch/vswitchd")};
  SwitchUnderTest less(options);
  const std::string pid = std::to_string(less.daemon().pid());
  ASSERT_EQ(less.net().Command("prlimit --memlock=65536: --pid " + pid).status, 0);
  const auto find = [&](const std::string& check) {
    return Find(Parse(less.ctl().Try("--json doctor")), check, "vswitchd");
  };
  EXPECT_EQ(find("capabilities").at("status"), "warning");
  EXPECT_THAT(find("capabilities").at("detail").get<std::string>(), HasSubstr("CAP_NET_RAW"));
  const Json row = find("locked_memory");
  EXPECT_EQ(row.at("status"), "warning");
  ASSERT_EQ(less.net().Command(row.at("cure")).status, 0) << row;
  EXPECT_EQ(find("locked_memory").at("status"), "ok");
}

// ---- For scripts, for who is not root, without a daemon ----

TEST_F(DoctorTest, ExitCodesAreForScripts) {
  ctl().Ok("add-port br0 vm0");
  // No guest: a warning.
  EXPECT_EQ(ctl().Try("doctor vm0").status, 0);
  EXPECT_EQ(ctl().Try("doctor --strict vm0").status, kUnhealthy);
  net().Ip("link set vm0 down");
  const CommandResult sick = ctl().Try("doctor vm0");
  EXPECT_EQ(sick.status, kUnhealthy);
  EXPECT_THAT(sick.output, AllOf(HasSubstr("problem  link"), HasSubstr("\n         do: ip link"),
                                 HasSubstr("1 problem(s)")));
  EXPECT_EQ(sick.errors, "");
  const CommandResult unknown = ctl().Try("doctor vm00");
  EXPECT_EQ(unknown.status, 5);
  EXPECT_THAT(unknown.errors, HasSubstr("no port 'vm00': did you mean 'vm0'?"));
}

TEST_F(DoctorTest, WhoIsNotRootIsToldWhatHeCannotSee) {
  AddPorts();
  ASSERT_EQ(chmod(vswitch().folder().path().c_str(), 0755), 0);
  ASSERT_EQ(chmod(vswitch().socket().c_str(), 0666), 0);
  const CommandResult result = ctl().Try("--json doctor", kNobody);
  const Json checks = Parse(result);
  EXPECT_EQ(Find(checks, "daemon", "vswitchd").at("status"), "unknown");
  EXPECT_EQ(Find(checks, "bpf", "machine").at("status"), "unknown");
  EXPECT_EQ(Find(checks, "tcx", "machine").at("status"), "unknown");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(ctl().Try("doctor --strict", kNobody).status, kUnhealthy);
}

TEST_F(DoctorTest, AUserOfTheSwitchWithoutRootSeesWhatIsHis) {
  vswitch().Terminate();
  SwitchUnderTest::Options options;
  options.flags = {"--socket_group=nogroup"};
  SwitchUnderTest group(options);
  ASSERT_EQ(chmod(group.folder().path().c_str(), 0755), 0);
  group.ctl().Ok("add-br br0");
  group.ctl().Ok("add-port br0 vm0 owner=0");
  const FakeGuest guest(group.net(), "vm0");
  Expect("it is up", [&] { return group.ctl().PortState("vm0") == "up"; });
  const Json checks = Parse(group.ctl().Try("--json doctor", kNobody));
  EXPECT_EQ(Find(checks, "daemon", "vswitchd").at("status"), "ok");
  for (const char* check : {"guest", "programs"}) {
    EXPECT_EQ(Find(checks, check, "vm0").at("status"), "unknown") << check;
  }
  EXPECT_EQ(Find(checks, "namespace", "vswitchd").at("status"), "unknown");
  const Json owner = Find(checks, "owner", "vm0");
  EXPECT_EQ(owner.at("status"), "warning");
  EXPECT_THAT(owner.at("cure").get<std::string>(),
              AllOf(HasSubstr("sudo vswitchctl --socket="), HasSubstr("owner=nobody")));
}

TEST_F(DoctorTest, WithoutADaemonTheMachineIsLookedAt) {
  vswitch().Terminate();
  const CommandResult result = ctl().Try("--json --timeout=1 doctor");
  EXPECT_EQ(result.status, kUnhealthy);
  const Json checks = Parse(result);
  const Json daemon = Find(checks, "daemon", "vswitchd");
  EXPECT_EQ(daemon.at("status"), "problem");
  EXPECT_THAT(daemon.at("cure").get<std::string>(), HasSubstr("vswitchd"));
  for (const char* check : {"kernel", "io_uring", "tun", "bpf", "bpf_jit"}) {
    EXPECT_EQ(Find(checks, check, "machine").at("status"), "ok") << checks;
  }
  EXPECT_EQ(Find(checks, "capabilities", "vswitchd").at("status"), "absent");
}

TEST_F(DoctorTest, WithoutATunDeviceItSaysSoAndMakesOne) {
  const std::string doctor = "vswitchctl --socket=" + vswitch().socket() + " --json doctor; ";
  const auto run = [&](const std::string& line) {
    return RunCommand({.argv = {"sh", "-c", line},
                       .netns = net().fd(),
                       .tun_node = TunNode::kMissing,
                       .environment = Environment()});
  };
  const Json sick = Find(Parse(run(doctor)), "tun", "machine");
  EXPECT_EQ(sick.at("status"), "problem");
  const Json cured = Find(Parse(run("(" + sick.at("cure").get<std::string>() + ") >&2; " + doctor)),
                          "tun", "machine");
  EXPECT_EQ(cured.at("status"), "ok") << sick << cured;
}

}  // namespace
}  // namespace vswitch::testing
