// Real guests under QEMU, attached by nothing but the TAP's name: what the switch is for.
#include <csignal>
#include <memory>
#include <string>

#include "tests/harness/iperf.h"
#include "tests/harness/qemu_guest.h"
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

class GuestsTest : public SystemTest {
 protected:
  // Guest i: port vm<i>, address 10.9.0.<i+1>. Boots while the test goes on.
  std::unique_ptr<QemuGuest> Boot(int i, QemuGuest::Options options = {}) {
    options.tap = "vm" + std::to_string(i);
    options.address = Address(i) + "/24";
    options.mac = Station(static_cast<uint32_t>(i)).ToString();
    return std::make_unique<QemuGuest>(net(), options);
  }

  static std::string Address(int i) { return "10.9.0." + std::to_string(i + 1); }

  // Two guests that are up and know each other.
  void BootTwo(const QemuGuest::Options& first = {}, const QemuGuest::Options& second = {}) {
    for (const char* port : {"vm0", "vm1"}) ctl().Ok(std::string("add-port br0 ") + port);
    guests_[0] = Boot(0, first);
    guests_[1] = Boot(1, second);
    for (auto& guest : guests_) guest->WaitUntilUp();
  }

  // All five must come back: frames are lost at most while a switch restarts.
  static void Ping(QemuGuest& guest, const std::string& address, const std::string& options = "") {
    guest.Run("ping -c 5 -A -W 20 " + options + " " + address);
  }

  // Starts a server in a guest; returns once it listens.
  static void Serve(QemuGuest& guest, const std::string& command, int port) {
    guest.Run("(" + command + ") &");
    guest.Run("until netstat -ltn | grep -q :" + std::to_string(port) + "; do sleep 0.1; done");
  }

  // TCP and UDP from one guest to an iperf3 server at `address`, both directions.
  static void Talk(QemuGuest& client, const std::string& address) {
    for (const char* direction : {"", " --reverse"}) {
      client.Run("iperf3 --client " + address + " --bytes 16M" + direction);
    }
    const std::string report =
        client.Run("iperf3 --json --udp --client " + address + " --bitrate 20M --bytes 2M");
    EXPECT_GT(BytesReceived(Json::parse(report)), 0);
  }

  std::unique_ptr<QemuGuest> guests_[2];
};

TEST_F(GuestsTest, TalkToEachOther) {
  BootTwo();
  Ping(*guests_[0], Address(1));
  EXPECT_EQ(ctl().FdbPort(Station(0)), "vm0");
  EXPECT_EQ(ctl().FdbPort(Station(1)), "vm1");
  Serve(*guests_[1], "iperf3 --server >/dev/null", 5201);
  Talk(*guests_[0], Address(1));
  // Super-frames crossed whole, both ways.
  for (const char* port : {"vm0", "vm1"}) {
    EXPECT_GT(ctl().PortStats(port).at("ingress").at("offloaded"), 0) << port;
  }
  ExpectBalance();
}

TEST_F(GuestsTest, TalkToTheHost) {
  ctl().Ok("add-port br0 vm0");
  ctl().Ok("add-port br0 host0 type=internal");
  net().Ip("addr add 10.9.0.254/24 dev host0");
  net().Ip("link set host0 up");
  auto guest = Boot(0);
  guest->WaitUntilUp();
  Ping(*guest, "10.9.0.254");
  IperfServer server(net());
  Talk(*guest, "10.9.0.254");
  ExpectBalance();
}

TEST_F(GuestsTest, MayBeKilledAndStartedAgain) {
  BootTwo();
  Ping(*guests_[0], Address(1));
  guests_[1].reset();  // SIGKILL.
  ExpectState("vm1", "down");
  ExpectFdb(Station(1), "");
  guests_[1] = Boot(1);
  guests_[1]->WaitUntilUp();
  ExpectState("vm1", "up");
  Ping(*guests_[0], Address(1));
  Ping(*guests_[1], Address(0));
  ExpectBalance();
}

// QEMU keeps its descriptor of the TAP through all of it.
TEST_F(GuestsTest, AreReplugged) {
  BootTwo();
  Ping(*guests_[0], Address(1));
  ctl().Ok("add-br br1");
  ctl().Ok("move-port vm1 br1");
  EXPECT_NE(guests_[0]->Try("ping -c 1 -W 1 " + Address(1)).status, 0);
  ctl().Ok("move-port vm0 br1");
  Ping(*guests_[0], Address(1));
  Ping(*guests_[1], Address(0));
  ExpectBalance();

  const std::string pid = std::to_string(guests_[1]->process().pid());
  EXPECT_THAT(ctl().Ok("del-port vm1"), HasSubstr("process " + pid + " (qemu"));
  EXPECT_NE(guests_[0]->Try("ping -c 1 -W 1 " + Address(1)).status, 0);
  ctl().Ok("add-port br1 vm1");
  ExpectState("vm1", "up");
  Ping(*guests_[0], Address(1));
  ctl().Ok("del-port vm1");
  EXPECT_TRUE(guests_[1]->process().Running());
  guests_[1].reset();
  Expect("its TAP goes with it", [&] { return !net().HasLink("vm1"); });
}

TEST_F(GuestsTest, SurviveTheDaemon) {
  BootTwo();
  Ping(*guests_[0], Address(1));
  // A TCP stream that is on its way when the daemon is killed, and that must arrive byte for byte.
  guests_[0]->Run("dd if=/dev/urandom of=/tmp/data bs=64k count=512 2>/dev/null");
  const std::string sum = guests_[0]->Run("sha1sum </tmp/data");
  Serve(*guests_[1], "sleep 10000 | nc -l -p 7000 | sha1sum >/tmp/sum", 7000);
  guests_[0]->Run("nc " + Address(1) + " 7000 </tmp/data &");
  Expect("the stream flows", [&] {
    return ctl().PortStats("vm1").at("egress").at("bytes").get<uint64_t>() > 1'000'000;
  });
  vswitch().Kill();
  EXPECT_EQ(guests_[1]->Run("cat /tmp/sum"), "") << "all had arrived before the daemon was killed";
  vswitch().Start();
  for (const char* port : {"vm0", "vm1"}) ExpectState(port, "up");
  for (auto& guest : guests_) EXPECT_EQ(guest->Run("cat /sys/class/net/eth0/carrier"), "1");
  Ping(*guests_[0], Address(1));
  Expect(
      "the stream has arrived", [&] { return guests_[1]->Run("cat /tmp/sum") != ""; },
      std::chrono::minutes(2));
  EXPECT_EQ(guests_[1]->Run("cat /tmp/sum"), sum);
}

TEST_F(GuestsTest, NeedNoOffloads) {
  const QemuGuest::Options plain = {
      .device_options =
          ",csum=off,guest_csum=off,gso=off,guest_tso4=off,guest_tso6=off"
          ",guest_ecn=off,guest_ufo=off,host_tso4=off,host_tso6=off,host_ecn=off"};
  BootTwo({}, plain);
  Ping(*guests_[0], Address(1));
  Serve(*guests_[1], "iperf3 --server >/dev/null", 5201);
  Talk(*guests_[0], Address(1));
  EXPECT_EQ(ctl().PortStats("vm1").at("ingress").at("offloaded"), 0);
  ExpectBalance();
}

TEST_F(GuestsTest, MayUseJumboFrames) {
  for (const char* port : {"vm0", "vm1"}) {
    ctl().Ok(std::string("add-port br0 ") + port + " mtu=9000");
  }
  for (int i = 0; i < 2; ++i)
    guests_[i] = Boot(i, {.device_options = ",host_mtu=9000", .mtu = 9000});
  for (auto& guest : guests_) guest->WaitUntilUp();
  Ping(*guests_[0], Address(1), "-s 8972");
  ExpectBalance();
}

// Nobody but the owner, and without any privilege.
TEST_F(GuestsTest, RunWithoutRoot) {
  constexpr uid_t kOwner = 65534;
  ctl().Ok("add-port br0 vm0 owner=65534");
  ctl().Ok("add-port br0 vm1 owner=65534");
  guests_[0] = Boot(0, {.user = kOwner});
  guests_[1] = Boot(1, {.user = kOwner});
  for (auto& guest : guests_) guest->WaitUntilUp();
  Ping(*guests_[0], Address(1));

  // Another user is refused by the kernel before anything boots.
  ctl().Ok("add-port br0 vm2 owner=65534");
  auto stranger = Boot(2, {.user = 12345});
  EXPECT_NE(stranger->process().Wait(), 0);
  EXPECT_THAT(stranger->process().Errors(), HasSubstr("vm2"));
}

// What `qemu-args` prints is what QEMU takes.
TEST_F(GuestsTest, BootWithTheArgumentsThatTheSwitchPrints) {
  ctl().Ok("add-port br0 vm0");
  ctl().Ok("add-port br0 host0 type=internal");
  net().Ip("addr add 10.9.0.254/24 dev host0");
  net().Ip("link set host0 up");
  Process::Options options = {.argv = QemuArguments(), .netns = net().fd()};
  for (const std::string& word : Words(ctl().Ok("qemu-args vm0"))) options.argv.push_back(word);
  Process qemu(options);
  ExpectState("vm0", "up");
  Expect(
      "the guest serves its console",
      [&] { return qemu.Output().find("@@0") != std::string::npos; }, std::chrono::minutes(3));
  qemu.WriteInput("ip addr add 10.9.0.1/24 dev eth0 && ip link set eth0 up\n");
  Expect("the host reaches the guest",
         [&] { return net().Command("ping -c 1 -W 1 10.9.0.1").status == 0; });
}

}  // namespace
}  // namespace vswitch::testing
