// VLANs on real TAPs: the table of tests/vlan_table.cc, offloads across tags that come and
// go, the verbs, and what is forgotten when a port's VLANs change.
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "tests/harness/iperf.h"
#include "tests/harness/system_test.h"
#include "tests/vlan_table.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

class VlanTest : public SystemTest {
 protected:
  // Each port of the table with a guest.
  void AddTablePorts() {
    for (const VlanTablePort& port : VlanTablePorts()) {
      guests_.push_back(AddGuest(std::string(port.name), std::string(port.settings)));
    }
  }
  FakeGuest& guest(std::string_view port) {
    const auto& all = VlanTablePorts();
    return *guests_[static_cast<size_t>(std::ranges::find(all, port, &VlanTablePort::name) -
                                        all.begin())];
  }
  // What a guest has got by now.
  static std::vector<Bytes> Drain(FakeGuest& guest) {
    std::vector<Bytes> frames;
    while (auto frame = guest.Receive(std::chrono::milliseconds(0))) frames.push_back(*frame);
    return frames;
  }
  Json Vlans(const std::string& port) {
    const Json shown = ctl().Query("vlan show br0");
    for (const Json& row : shown.at("ports")) {
      if (row.at("port") == port) return row;
    }
    throw Error("vlan show does not know " + port);
  }

  std::vector<std::unique_ptr<FakeGuest>> guests_;
};

TEST_F(VlanTest, FramesFollowTheTable) {
  AddTablePorts();
  std::vector<std::vector<Bytes>> expected(guests_.size());
  std::map<std::pair<std::string, std::string>, uint64_t> drops;
  uint32_t number = 0;
  for (const VlanRow& row : VlanTable()) {
    // Known by its source.
    const FrameBuilder frame = FrameBuilder().From(Station(++number)).To(kBroadcast);
    guest(row.port).Send(Tagged(frame, row.tags).BuildEthernet());
    if (!row.drop.empty()) ++drops[{std::string(row.port), std::string(row.drop)}];
    for (size_t i = 0; i < guests_.size(); ++i) {
      if (row.leaves[i].tags == "-") continue;
      expected[i].push_back(Tagged(frame, row.leaves[i].tags).BuildEthernet());
    }
  }
  ExpectBalance();
  for (size_t i = 0; i < guests_.size(); ++i) {
    std::vector<Bytes> got = Drain(*guests_[i]);
    // Frames of several ports come in any order.
    std::ranges::sort(got);
    std::ranges::sort(expected[i]);
    EXPECT_EQ(got, expected[i]) << "by " << VlanTablePorts()[i].name;
  }
  for (const auto& [place, count] : drops) {
    EXPECT_EQ(Drops(ctl().PortStats(place.first), place.second), count)
        << place.first << ": " << place.second;
  }
}

// Super-frames and frames whose checksum is left, from each port to each other one: they arrive
// whole, and their headers say the same as the sender's.
TEST_F(VlanTest, OffloadsSurviveTagsThatComeAndGo) {
  AddTablePorts();
  for (const auto& guest : guests_) {
    ioctl(guest->fd(), TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | 0x20 | 0x40);  // USO.
  }
  struct Kind {
    std::string name;
    FrameBuilder frame;
  };
  const FrameBuilder any = FrameBuilder().From(Station(1)).To(kBroadcast);
  const Kind kinds[] = {
      {"TSO, IPv4", FrameBuilder(any).Tcp({}, 60'000, 32).Gso(1448)},
      {"TSO, IPv6", FrameBuilder(any).Tcp({.ipv6 = true}, 60'000).Gso(1440)},
      {"USO", FrameBuilder(any).Udp({}, 60'000).Gso(1400)},
      {"TCP, short", FrameBuilder(any).Tcp({}, 10).LeaveChecksum()},
      {"UDP, longer than a head", FrameBuilder(any).Udp({.ipv6 = true}, 200).LeaveChecksum()},
  };
  const std::string_view rows[] = {"u", "10", "20", "10.20", "s10"};
  for (const VlanRow& row : VlanTable()) {
    if (!row.drop.empty() || std::ranges::find(rows, row.tags) == std::end(rows)) continue;
    for (const Kind& kind : kinds) {
      const FrameBuilder sent = Tagged(kind.frame, row.tags);
      guest(row.port).Send(OffloadBytes(sent.offload()), sent.BuildEthernet());
      for (size_t i = 0; i < guests_.size(); ++i) {
        if (row.leaves[i].tags == "-") continue;
        SCOPED_TRACE(kind.name + ", " + std::string(row.port) + " " + std::string(row.tags) +
                     " to " + std::string(VlanTablePorts()[i].name));
        const FrameBuilder expected = Tagged(kind.frame, row.leaves[i].tags);
        EXPECT_EQ(guests_[i]->Receive(), expected.BuildEthernet());
        const auto header = guests_[i]->offload_header();
        Bytes got(header.begin(), header.end());
        Bytes wanted = OffloadBytes(expected.offload());
        // hdr_len is a hint, of which Linux makes its own.
        for (Bytes* each : {&got, &wanted}) (*each)[2] = (*each)[3] = 0;
        EXPECT_EQ(got, wanted);
      }
    }
  }
  ExpectBalance();
}

// Real stacks on access ports of two bridges, with trunks between these: each super-frame gets a
// tag, crosses a veth pair with it, and loses it again.
TEST_F(VlanTest, CarriesTcpAcrossATrunk) {
  NetNamespace left;
  NetNamespace right;
  ctl().Ok("add-br br1");
  net().AddVeth("t0", "t1");
  ctl().Ok("add-port br0 t0 type=netdev trunks=10,20-30");
  ctl().Ok("add-port br1 t1 type=netdev trunks=10");
  ctl().Ok("add-port br0 p0 type=internal tag=10");
  ctl().Ok("add-port br1 p1 type=internal tag=10");
  const auto move = [&](const NetNamespace& to, const std::string& port, const std::string& ip) {
    net().Ip("link set " + port + " netns " + to.path());
    to.Ip("addr add " + ip + " dev " + port);
    to.Ip("link set " + port + " up");
    ExpectState(port, "up");
  };
  move(left, "p0", "10.9.0.1/24");
  move(right, "p1", "10.9.0.2/24");
  // Much more than the sockets' queues hold, of which the sender forgets what is left in the end.
  constexpr uint64_t kBytes = 64 << 20;
  // Behind a customer tag, then behind a service tag.
  for (const char* settings : {"vlan_mode=access", "vlan_mode=dot1q-tunnel"}) {
    SCOPED_TRACE(settings);
    for (const char* port : {"p0", "p1"})
      ctl().Ok(std::string("set port ") + port + " " + settings);
    for (const char* direction : {"", " --reverse"}) {
      const Json report = RunIperf(left, "10.9.0.1", right, std::string("-n 64M") + direction);
      EXPECT_GT(BytesReceived(report), kBytes / 2) << direction;
    }
  }
  for (const char* port : {"p0", "p1", "t0", "t1"}) {
    EXPECT_GT(ctl().PortStats(port).at("ingress").at("offloaded"), 0) << port;
    EXPECT_LT(ctl().PortStats(port).at("ingress").at("frames"), 2 * kBytes / 1448) << port;
  }
  ExpectBalance();
}

TEST_F(VlanTest, VerbsChangeTheSettingsAndOutliveARestart) {
  auto guests = AddGuests(2);
  EXPECT_EQ(Vlans("vm0"), (Json{{"port", "vm0"},
                                {"bridge", "br0"},
                                {"vlan_mode", "transparent"},
                                {"tag", nullptr},
                                {"trunks", ""}}));
  ctl().Ok("vlan add vm0 vid 10 pvid untagged");
  EXPECT_EQ(Vlans("vm0").at("vlan_mode"), "access");
  EXPECT_EQ(Vlans("vm0").at("tag"), 10);
  ctl().Ok("vlan add vm0 vid 20-30");
  ctl().Ok("vlan del vm0 vid 25");
  ctl().Ok("set port vm1 trunks=10,20-30");
  vswitch().Kill();
  vswitch().Start();
  EXPECT_EQ(Vlans("vm0"), (Json{{"port", "vm0"},
                                {"bridge", "br0"},
                                {"vlan_mode", "native-untagged"},
                                {"tag", 10},
                                {"trunks", "20-24,26-30"}}));
  EXPECT_EQ(Vlans("vm1"), (Json{{"port", "vm1"},
                                {"bridge", "br0"},
                                {"vlan_mode", "trunk"},
                                {"tag", nullptr},
                                {"trunks", "10,20-30"}}));
  EXPECT_THAT(ctl().Ok("vlan show"), HasSubstr("20-24,26-30"));
  // Refused whole, in words, with the old setting kept.
  for (const auto& [verb, words] : std::vector<std::pair<std::string, std::string>>{
           {"set port vm1 trunks=10-20,15", "VLAN 15 twice"},
           {"set port vm1 trunks=4095", "out of range"},
           {"set port vm1 tag=10", "native-untagged"},
           {"set port vm0 vlan_mode=access", "trunks="},
           {"vlan add vm1 vid 10 untagged", "Give pvid too"},
           {"vlan del vm1 vid 10-30", "no other VLAN"},
           {"vlan add vm1 vid 4095", "give 1 to 4094"},
           {"vlan add vm1 vid 10 tagged", "neither pvid nor untagged"}}) {
    const CommandResult result = ctl().Try(verb);
    EXPECT_NE(result.status, 0) << verb;
    EXPECT_THAT(result.errors, HasSubstr(words)) << verb;
  }
  EXPECT_EQ(Vlans("vm1").at("trunks"), "10,20-30");
  EXPECT_EQ(Vlans("vm0").at("vlan_mode"), "native-untagged");
  ctl().Ok("set port vm0 vlan_mode= tag= trunks=");
  EXPECT_EQ(Vlans("vm0").at("vlan_mode"), "transparent");
}

TEST_F(VlanTest, AStationIsForgottenWithItsVlan) {
  auto guests = AddGuests(3);
  ctl().Ok("set port vm0 tag=10");
  ctl().Ok("set port vm1 trunks=10,20");
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  for (const uint16_t vid : {uint16_t{10}, uint16_t{20}}) {
    guests[1]->Send(FrameBuilder().From(Station(1)).To(kBroadcast).Tag(vid).BuildEthernet());
  }
  ExpectFdb(Station(0), "vm0", 10);
  ExpectFdb(Station(1), "vm1", 10);
  ExpectFdb(Station(1), "vm1", 20);
  ctl().Ok("vlan del vm1 vid 20");
  EXPECT_EQ(ctl().FdbPort(Station(1), 20), "");
  EXPECT_EQ(ctl().FdbPort(Station(1), 10), "vm1");
  ctl().Ok("set port vm0 tag=20");
  EXPECT_EQ(ctl().FdbPort(Station(0), 10), "");
  EXPECT_THAT(ctl().Ok("show"), HasSubstr("vm0"));
  ExpectBalance();
}

}  // namespace
}  // namespace vswitch::testing
