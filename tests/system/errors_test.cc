// Everything that users do wrong, or that a machine lacks: the message names cause and cure, the
// exit code is the documented one (vswitchctl help), and nothing half-done is left behind.
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// vswitchctl's exit codes, as `vswitchctl help` lists them.
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kUnreachable = 3;
constexpr int kPermission = 4;
constexpr int kNotFound = 5;
constexpr int kAlreadyExists = 6;

constexpr uid_t kNobody = 65534;

class VerbErrorsTest : public SystemTest {
 protected:
  // `verb` must fail with `exit_code`, say each of `words`, and change nothing.
  void ExpectRefused(const std::string& verb, int exit_code, const std::vector<std::string>& words,
                     std::optional<uid_t> user = std::nullopt) {
    SCOPED_TRACE("vswitchctl " + verb);
    const Json show = ctl().Query("show");
    const auto links = net().Links();
    const CommandResult result = ctl().Try(verb, user);
    EXPECT_EQ(result.status, exit_code) << result.output << result.errors;
    for (const std::string& word : words) EXPECT_THAT(result.errors, HasSubstr(word));
    EXPECT_EQ(ctl().Query("show"), show);
    EXPECT_EQ(net().Links(), links);
  }
};

TEST_F(VerbErrorsTest, Names) {
  ctl().Ok("add-port br0 vm0");
  ExpectRefused("add-port br0 sixteen-letters!", kFailed, {"too long", "15"});
  ExpectRefused("add-br sixteen-letters!", kFailed, {"too long", "15"});
  ExpectRefused("add-port br0 a/b", kFailed, {"'/'"});
  ExpectRefused("add-br br0", kAlreadyExists, {"br0", "--may-exist"});
  ExpectRefused("add-port br0 vm0", kAlreadyExists, {"vm0", "br0"});
  ExpectRefused("add-port br9 vm1", kNotFound,
                {"'br9': did you mean 'br0'? 'vswitchctl list-br' lists all"});
  ExpectRefused("del-port vm1", kNotFound,
                {"'vm1': did you mean 'vm0'? 'vswitchctl show' lists them"});
  ExpectRefused("del-port else", kNotFound, {"'else'; 'vswitchctl show' lists them"});
  ExpectRefused("list-ports br9", kNotFound, {"br9", "br0"});
  ctl().Ok("add-port --may-exist br0 vm0");
  ctl().Ok("add-br --may-exist br0");
  ctl().Ok("del-port --if-exists br0 vm1");
  ctl().Ok("del-port --if-exists br9 vm1");
  ctl().Ok("del-br --if-exists br9");
  for (const std::string flag : {"", "--if-exists "}) {
    ExpectRefused(flag + "del-port vm0 br0", kNotFound, {"did you mean 'del-port br0 vm0'?"});
  }
}

TEST_F(VerbErrorsTest, NamesThatOtherDevicesHave) {
  net().Ip("link add taken0 type veth peer name taken1");
  ExpectRefused("add-port br0 taken0", kAlreadyExists, {"taken0", "type=netdev"});
  ExpectRefused("add-port br0 taken0 type=internal", kAlreadyExists, {"taken0"});
  ExpectRefused("add-port br0 absent0 type=netdev", kNotFound, {"absent0"});
  ctl().Ok("add-port br0 vm0");
  ctl().Ok("add-br br1");
  ExpectRefused("add-port br1 vm0", kAlreadyExists, {"vm0", "br0"});
}

TEST_F(VerbErrorsTest, DevicesThatOthersHold) {
  net().Ip("tuntap add dev held0 mode tap vnet_hdr");
  // TUNSETIFF with IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, as QEMU does.
  constexpr char kHold[] =
      "import fcntl, struct, sys\n"
      "tun = open('/dev/net/tun', 'r+b', buffering=0)\n"
      "fcntl.ioctl(tun, 0x400454ca, struct.pack('16sH22x', b'held0', 0x5002))\n"
      "print('held', flush=True)\n"
      "sys.stdin.read()\n";
  Process holder({.argv = {"python3", "-c", kHold}, .netns = net().fd()});
  Expect("the TAP is held", [&] { return holder.Output() == "held\n"; });
  ExpectRefused("add-port br0 held0 type=internal", kFailed,
                {"held0", "process " + std::to_string(holder.pid()) + " (python3)"});
  ExpectRefused("add-port br0 held0 queues=2", kFailed, {"held0", "queues"});
}

TEST_F(VerbErrorsTest, Words) {
  ExpectRefused("shwo", kUsage, {"shwo", "show"});
  ExpectRefused("fdb shwo", kUsage, {"shwo", "show"});
  ExpectRefused("add-prot br0 vm0", kUsage, {"add-prot", "add-port"});
  ExpectRefused("add-port br0", kUsage, {"PORT", "example"});
  ExpectRefused("add-port br0 vm0 vm1", kUsage, {"vm1"});
  ExpectRefused("add-port br0 vm0 mut=9000", kFailed, {"mut", "mtu"});
  ExpectRefused("add-port br0 vm0 mtu=9", kFailed, {"mtu", "68"});
  ExpectRefused("add-port br0 vm0 mtu=big", kFailed, {"mtu", "big"});
  ExpectRefused("add-port br0 vm0 type=tpa", kFailed, {"tpa", "tap"});
  ExpectRefused("add-port br0 vm0 type=internal owner=root", kFailed, {"owner", "tap"});
  ExpectRefused("set br br0 agein_s=10", kFailed, {"agein_s", "ageing_s"});
  ExpectRefused("set br br0 ageing_s=9", kFailed, {"ageing_s", "10 to 1000000"});
  ctl().Ok("add-port br0 vm0");
  ExpectRefused("fdb add br0 nonsense vm0", kFailed, {"nonsense", "MAC"});
  ExpectRefused("fdb add br0 01:00:5e:00:00:01 vm0", kFailed, {"01:00:5e:00:00:01"});
  ExpectRefused("fdb flush br0 vlan=4095", kFailed, {"VLAN 4095", "4094"});
}

TEST_F(VerbErrorsTest, ThereButOtherwise) {
  net().Ip("link add up0 type veth peer name far0");
  ctl().Ok("add-port br0 vm0 mtu=9000 owner=65534");
  ctl().Ok("add-port br0 up0 type=netdev");
  for (const char* same : {"add-port br0 vm0", "add-port br0 vm0 mtu=9000 type=tap owner=65534",
                           "add-port br0 up0 type=netdev mtu=1500", "add-br br0 ageing_s=300"}) {
    ctl().Ok(std::string("--may-exist ") + same);
  }
  const struct {
    const char* verb;
    int exit_code;
    std::vector<std::string> words;
  } kCases[] = {
      {"add-port br0 vm0 mtu=1500", kAlreadyExists, {"mtu=9000", "'vswitchctl set port vm0"}},
      {"add-port br0 vm0 owner=root", kAlreadyExists, {"owner=65534 and not owner=0"}},
      {"add-port br0 vm0 type=internal", kAlreadyExists, {"type=tap", "remove it and add it"}},
      {"add-port br0 vm0 queues=2", kAlreadyExists, {"queues=1 and not queues=2"}},
      {"add-port br0 up0 type=tap", kAlreadyExists, {"type=netdev and not type=tap"}},
      {"add-port br0 vm0 color=red", kFailed, {"unknown key 'color'"}},
      {"add-br br0 ageing_s=60", kAlreadyExists, {"ageing_s=300", "'vswitchctl set br br0"}},
      {"add-port vm0 br0", kNotFound, {"did you mean 'add-port br0 vm0'?"}},
  };
  for (const auto& c : kCases) {
    ExpectRefused(std::string("--may-exist ") + c.verb, c.exit_code, c.words);
  }
}

TEST_F(VerbErrorsTest, BridgesThatHavePorts) {
  ctl().Ok("add-port br0 vm0");
  ExpectRefused("del-br br0", kFailed, {"br0", "vm0", "'vswitchctl --force del-br br0'"});
}

TEST_F(VerbErrorsTest, TableThatIsFull) {
  ctl().Ok("set br br0 fdb_entries=16");
  ctl().Ok("add-port br0 vm0");
  const auto add = [](int number) {
    return "fdb add br0 02:00:00:00:00:" + std::to_string(10 + number) + " vm0";
  };
  int entries = 0;
  while (entries < 80 && ctl().Try(add(entries)).status == 0) ++entries;
  ExpectRefused(add(entries), kFailed, {"no room", "'vswitchctl set br br0 fdb_entries=N'"});
}

TEST_F(VerbErrorsTest, Owners) {
  ctl().Ok("add-port br0 vm0");
  ExpectRefused("add-port br0 vm1 owner=no-such-user", kFailed, {"no-such-user"});
}

TEST_F(VerbErrorsTest, Permission) {
  ExpectRefused("show", kPermission, {vswitch().socket(), "sudo", "--socket_group"}, kNobody);
}

// Users whom the socket lets in, but who are not root.
class UserErrorsTest : public VerbErrorsTest {
 protected:
  void SetUp() override { SetUpSwitch("auto", {"--socket_group=nogroup"}); }
};

TEST_F(UserErrorsTest, Owners) {
  EXPECT_EQ(ctl().Try("add-port br0 mine", kNobody).status, 0);
  EXPECT_EQ(ctl().Port("mine").at("owner"), "nobody");
  EXPECT_EQ(ctl().Try("run mine -- true", kNobody).status, 0);
  ExpectRefused("add-port br0 vm1 owner=root", kFailed, {"root"}, kNobody);
  // Who may not open the TAP learns so before QEMU does.
  ctl().Ok("add-port br0 vm0");
  ExpectRefused("run vm0 -- true", kFailed, {"vm0", "root", "owner="}, kNobody);
}

// What the daemon says when it cannot start. It must leave no device, no socket and no state
// behind.
class StartErrorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = WhyNotRunnable("auto"); !why.empty()) GTEST_SKIP() << why;
    switch_ = std::make_unique<SwitchUnderTest>(SwitchUnderTest::Options{.start = false});
  }

  void ExpectNoStart(const Process::Options& options, const std::vector<std::string>& words) {
    auto daemon = switch_->Launch(options);
    EXPECT_EQ(daemon->Wait(), 1);
    for (const std::string& word : words) EXPECT_THAT(daemon->Errors(), HasSubstr(word));
    EXPECT_THAT(switch_->net().Links(), IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(switch_->socket()));
    EXPECT_FALSE(std::filesystem::exists(switch_->state_file()));
  }

  std::unique_ptr<SwitchUnderTest> switch_;
};

TEST_F(StartErrorsTest, NoDaemon) {
  const CommandResult result = switch_->ctl().Try("show");
  EXPECT_EQ(result.status, kUnreachable);
  EXPECT_THAT(result.errors, HasSubstr(switch_->socket()));
  EXPECT_THAT(result.errors, HasSubstr("sudo vswitchd"));
  const CommandResult json = switch_->ctl().Try("--json show");
  EXPECT_EQ(json.status, kUnreachable);
  EXPECT_EQ(Json::parse(json.output).at("error").at("status"), "UNAVAILABLE");
}

// Root without power, as in many containers.
TEST_F(StartErrorsTest, NoCapability) {
  SwitchUnderTest without({.process = {.drop_capabilities = true}});
  without.ctl().Ok("add-br br0");
  for (const char* type : {"tap", "internal"}) {
    const CommandResult result = without.ctl().Try(std::string("add-port br0 vm0 type=") + type);
    EXPECT_EQ(result.status, kFailed);
    EXPECT_THAT(result.errors, HasSubstr("not permitted"));
    EXPECT_THAT(result.errors, HasSubstr("CAP_NET_ADMIN"));
  }
  EXPECT_THAT(without.net().Links(), IsEmpty());
  EXPECT_THAT(without.ctl().Query("list-ports br0").at("ports"), IsEmpty());
}

TEST_F(StartErrorsTest, NotRoot) {
  Process::Options options = {.user = kNobody};
  options.argv = {CopyProgram(Runfile("switch/vswitchd"), switch_->folder())};
  ExpectNoStart(options, {"root"});
}

TEST_F(StartErrorsTest, IoUringDisabled) {
  // For the whole machine, but for a moment only.
  SysctlGuard guard("/proc/sys/kernel/io_uring_disabled", "2");
  ExpectNoStart({}, {"io_uring", "kernel.io_uring_disabled"});
}

TEST_F(StartErrorsTest, NoTunDevice) {
  SwitchUnderTest without({.process = {.tun_node = TunNode::kMissing}});
  without.ctl().Ok("add-br br0");
  const CommandResult result = without.ctl().Try("add-port br0 vm0");
  EXPECT_EQ(result.status, kFailed);
  EXPECT_THAT(result.errors, HasSubstr("/dev/net/tun"));
  EXPECT_THAT(result.errors, HasSubstr("modprobe tun"));
  EXPECT_THAT(without.net().Links(), IsEmpty());
  EXPECT_THAT(without.ctl().Query("list-ports br0").at("ports"), IsEmpty());
}

TEST_F(StartErrorsTest, SecondDaemonOnTheSameSocket) {
  switch_->Start();
  switch_->ctl().Ok("add-br br0");
  auto second = switch_->Launch({});
  EXPECT_EQ(second->Wait(), 1);
  EXPECT_THAT(second->Errors(), HasSubstr(switch_->socket()));
  EXPECT_THAT(second->Errors(), HasSubstr(std::to_string(switch_->daemon().pid())));
  // The first has not noticed.
  EXPECT_EQ(switch_->ctl().Query("list-br").at("bridges"), Json::array({"br0"}));
}

// A daemon that was killed leaves its socket; that is no second daemon.
TEST_F(StartErrorsTest, SocketThatNobodyServes) {
  switch_->Start();
  switch_->Kill();
  EXPECT_TRUE(std::filesystem::exists(switch_->socket()));
  switch_->Start();
  switch_->ctl().Ok("version");
}

TEST_F(StartErrorsTest, SocketPathThatIsSomethingElse) {
  std::ofstream(switch_->socket()) << "precious";
  auto daemon = switch_->Launch({});
  EXPECT_EQ(daemon->Wait(), 1);
  EXPECT_THAT(daemon->Errors(), HasSubstr(switch_->socket()));
  EXPECT_EQ(ReadFile(switch_->socket()), "precious");
}

TEST_F(StartErrorsTest, Flags) {
  const auto run = [](const std::string& flag) {
    return RunCommand({.argv = {Runfile("switch/vswitchd"), flag}});
  };
  const CommandResult mode = run("--io_mode=fast");
  EXPECT_EQ(mode.status, kUsage);
  EXPECT_THAT(mode.errors, HasSubstr("multishot"));
  const CommandResult workers = run("--workers=0");
  EXPECT_EQ(workers.status, kUsage);
  EXPECT_THAT(workers.errors, HasSubstr("workers"));
  const CommandResult busy_poll = run("--busy_poll_us=-1");
  EXPECT_EQ(busy_poll.status, kUsage);
  EXPECT_THAT(busy_poll.errors, HasSubstr("must be 0 to 1000000"));
  const CommandResult socket = run("--socket=vswitchd.sock");
  EXPECT_EQ(socket.status, kUsage);
  EXPECT_THAT(socket.errors, HasSubstr("must be the absolute path"));
  EXPECT_EQ(run("surplus").status, kUsage);
  EXPECT_EQ(run("--surplus").status, kUsage);
  for (const char* flag : {"--version", "-V"}) EXPECT_EQ(run(flag).status, 0) << flag;
  EXPECT_THAT(run("-h").output, HasSubstr("-socket_group "));
  const CommandResult help = run("--help");
  EXPECT_EQ(help.status, 0);
  for (const char* flag :
       {"-socket ", "-socket_group ", "-state ", "-workers ", "-io_mode ", "-busy_poll_us "}) {
    EXPECT_THAT(help.output, HasSubstr(flag));
  }
  EXPECT_THAT(help.output, Not(HasSubstr("logmailer"))) << "a library's";
}

}  // namespace
}  // namespace vswitch::testing
