// Spanning trees over real devices: rings that would storm, links that fail, a neighbour that is a
// Linux bridge, and guests that must send no BPDU.
#include <algorithm>
#include <thread>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An RST BPDU of a bridge that would be a better root than any (IEEE 802.1D-2004, figure 9-3).
Bytes SuperiorBpdu() {
  return {0x01, 0x80, 0xc2, 0x00, 0x00, 0x00, 0x52, 0x54, 0x00, 0x00, 0x00, 0x01, 0x00, 0x27, 0x42,
          0x42, 0x03, 0x00, 0x00, 0x02, 0x02, 0x0e, 0x00, 0x00, 0x52, 0x54, 0x00, 0x00, 0x00, 0x01,
          0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x52, 0x54, 0x00, 0x00, 0x00, 0x01, 0x80, 0x01, 0x00,
          0x00, 0x14, 0x00, 0x02, 0x00, 0x0f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
}

class RstpTest : public SystemTest {
 protected:
  Json Tree(const std::string& bridge) const {
    return ctl().Query("rstp show " + bridge).at("bridges").at(0);
  }
  // "root forwarding"; empty when the tree has no such port.
  std::string RoleOf(const std::string& bridge, const std::string& port) const {
    const Json tree = Tree(bridge);
    for (const Json& each : tree.at("ports")) {
      if (each.at("port") != port) continue;
      return each.at("role").get<std::string>() + " " + each.at("state").get<std::string>();
    }
    return "";
  }
  void ExpectRole(const std::string& bridge, const std::string& port, const std::string& role) {
    Expect(port + " becomes " + role, [&] { return RoleOf(bridge, port) == role; });
  }
  // Both bridges know a station, each at a port of its own.
  void ExpectAt(const std::string& bridge, MacAddress station, const std::string& port) {
    Expect(bridge + " has the station at " + port, [&] {
      const Json table = ctl().Query("fdb show " + bridge);
      const Json& entries = table.at("entries");
      return std::ranges::any_of(entries, [&](const Json& entry) {
        return entry.at("mac") == station.ToString() && entry.at("port") == port;
      });
    });
  }
  void AddNetdev(const std::string& bridge, const std::string& port) {
    ctl().Ok("add-port " + bridge + " " + port + " type=netdev");
  }
  // br1 beside br0, both with a tree, br0 the root, and two links: a0 to b0, a1 to b1.
  void MakeRing() {
    ctl().Ok("set br br0 rstp=on rstp_priority=4096");
    ctl().Ok("add-br br1 rstp=on");
    for (const std::string link : {"0", "1"}) {
      net().AddVeth("a" + link, "b" + link);
      AddNetdev("br0", "a" + link);
      AddNetdev("br1", "b" + link);
    }
  }
  // Broadcasts `number`, which the other must get, and nothing before it.
  void ExpectReaches(FakeGuest& from, MacAddress station, FakeGuest& to, uint64_t number) {
    from.Send(NumberedFrame(kBroadcast, station, number));
    EXPECT_THAT(to.ReceiveUntil(number), IsEmpty());
  }
};

TEST_F(RstpTest, ARingOfTwoBridgesDoesNotStorm) {
  MakeRing();
  auto guest = AddGuest("vm0", "rstp_edge=on");
  ctl().Ok("add-port br1 vm1 rstp_edge=on");
  FakeGuest other(net(), "vm1");
  ExpectState("vm1", "up");
  ExpectRole("br1", "b0", "root forwarding");
  ExpectRole("br1", "b1", "alternate discarding");
  ExpectRole("br0", "a0", "designated forwarding");
  ExpectRole("br0", "vm0", "designated forwarding");
  EXPECT_EQ(Tree("br1").at("root_id"), Tree("br0").at("bridge_id"));
  EXPECT_EQ(Tree("br1").at("root_port"), "b0");
  // Table 17-3: 10 Gbit/s.
  EXPECT_EQ(Tree("br1").at("root_path_cost"), 2000);
  EXPECT_EQ(Tree("br0").at("root_port"), nullptr);

  ExpectReaches(*guest, Station(0), other, 1);
  ExpectReaches(other, Station(1), *guest, 2);
  ExpectAt("br1", Station(0), "b0");
  other.Send(NumberedFrame(Station(0), Station(1), 3));
  EXPECT_THAT(guest->ReceiveUntil(3), IsEmpty());
  const Json shut = ctl().Port("b1");
  EXPECT_EQ(shut.at("state"), "up");
  EXPECT_EQ(shut.at("detail"), "rstp: discarding, alternate port");
  if (shut.at("fast_path_reason").get<std::string>().find("fast_path=off") == std::string::npos) {
    EXPECT_EQ(shut.at("fast_path_reason"), "rstp has the port discarding");
  }
  EXPECT_GE(Drops(ctl().PortStats("b1"), "stp_discarding"), 1u);
  EXPECT_GE(Drops(ctl().PortStats("b1"), "consumed"), 1u);
  ExpectBalance();

  // The link fails: at once by the other one, and what was learned is forgotten.
  net().Ip("link set a0 down");
  ExpectRole("br1", "b1", "root forwarding");
  ExpectRole("br0", "a1", "designated forwarding");
  ExpectReaches(*guest, Station(0), other, 4);
  ExpectAt("br1", Station(0), "b1");
  net().Ip("link set a0 up");
  ExpectRole("br1", "b0", "root forwarding");
  ExpectRole("br1", "b1", "alternate discarding");
  ExpectReaches(*guest, Station(0), other, 5);

  // The root by its priority, live.
  ctl().Ok("set br br1 rstp_priority=0");
  ExpectRole("br0", "a0", "root forwarding");
  ExpectRole("br0", "a1", "alternate discarding");
  ctl().Ok("set port a1 rstp_cost=1");
  ExpectRole("br0", "a1", "root forwarding");
  ExpectReaches(*guest, Station(0), other, 6);
  ExpectBalance();
}

TEST_F(RstpTest, ABridgeThatIsJoinedToItselfDoesNotStorm) {
  ctl().Ok("set br br0 rstp=on");
  auto guest = AddGuest("vm0");
  auto other = AddGuest("vm1", "rstp_edge=on");
  net().AddVeth("l0", "l1");
  AddNetdev("br0", "l0");
  AddNetdev("br0", "l1");
  // Three seconds of silence make an edge of a guest's port; the loop is found at once.
  ExpectRole("br0", "vm0", "designated forwarding");
  ExpectRole("br0", "l1", "backup discarding");
  const Json tree = Tree("br0");
  for (const Json& port : tree.at("ports")) {
    if (port.at("port") == "vm0") {
      EXPECT_EQ(port.at("edge"), true);
    }
  }
  ExpectReaches(*guest, Station(0), *other, 1);
  ExpectReaches(*other, Station(1), *guest, 2);
  ExpectBalance();
  // Without a tree there is none in `show`, and no rest.
  ctl().Ok("del-port l1");
  ctl().Ok("set br br0 rstp=");
  EXPECT_THAT(ctl().Try("rstp show br0").errors, HasSubstr("vswitchctl set br br0 rstp=on"));
  EXPECT_THAT(ctl().Query("rstp show").at("bridges"), IsEmpty());
  EXPECT_EQ(ctl().Port("l0").at("detail"), "");
}

// The peer that speaks STP only, with times as short as it takes them.
TEST_F(RstpTest, SharesATreeWithALinuxBridge) {
  net().Ip(
      "link add lbr type bridge stp_state 1 forward_delay 200 hello_time 100 max_age 600 "
      "priority 4096");
  net().Ip("tuntap add dev t0 mode tap vnet_hdr");
  for (const std::string link : {"0", "1"}) {
    net().AddVeth("a" + link, "b" + link);
    net().Ip("link set b" + link + " master lbr");
  }
  net().Ip("link set t0 master lbr up");
  net().Ip("link set lbr up");
  FakeGuest beyond(net(), "t0");
  ctl().Ok("set br br0 rstp=on");
  auto guest = AddGuest("vm0", "rstp_edge=on");
  AddNetdev("br0", "a0");
  AddNetdev("br0", "a1");
  ExpectRole("br0", "a0", "root forwarding");
  ExpectRole("br0", "a1", "alternate discarding");
  Expect("both speak STP", [&] {
    return std::ranges::count_if(Tree("br0").at("ports"), [](const Json& port) {
             return port.at("protocol") == "stp";
           }) == 2;
  });
  EXPECT_THAT(Tree("br0").at("root_id").get<std::string>(), HasSubstr("1000."));
  EXPECT_EQ(Tree("br0").at("hello_time_s"), 1);
  // The Linux bridge listens and learns for two seconds each.
  Expect("frames pass", [&] {
    guest->Send(NumberedFrame(kBroadcast, Station(0), 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return !beyond.DrainNumbers().empty();
  });
  SettledStats(ctl());
  beyond.DrainNumbers();
  ExpectReaches(*guest, Station(0), beyond, 2);
  ExpectReaches(beyond, Station(1), *guest, 3);
  // As far as it forwards by now; with the root there, no time is needed on this side.
  net().Ip("link set a0 down");
  ExpectRole("br0", "a1", "root forwarding");
  ExpectReaches(*guest, Station(0), beyond, 4);
  ExpectBalance();
}

TEST_F(RstpTest, AGuardedPortThatHearsABpduIsBlocked) {
  auto guests = AddGuests(2);
  LearnAll(guests);
  ctl().Ok("set port vm0 bpdu_guard=on");
  guests[0]->Send(SuperiorBpdu());
  ExpectState("vm0", "blocked");
  EXPECT_THAT(
      ctl().Port("vm0").at("detail").get<std::string>(),
      AllOf(HasSubstr("it has heard a BPDU"), HasSubstr("vswitchctl set port vm0 bpdu_guard=on")));
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  guests[1]->Send(NumberedFrame(kBroadcast, Station(1), 2));
  Expect("what it sends is dropped",
         [&] { return Drops(ctl().PortStats("vm0"), "bpdu_blocked") == 1; });
  EXPECT_THAT(guests[1]->DrainNumbers(), IsEmpty());
  EXPECT_THAT(guests[0]->DrainNumbers(), IsEmpty());
  ExpectBalance();
  // Nor by leaving and coming again.
  guests[0].reset();
  ExpectState("vm0", "down");
  guests[0] = std::make_unique<FakeGuest>(net(), "vm0");
  ExpectState("vm0", "blocked");

  ctl().Ok("set port vm0 bpdu_guard=on");
  ExpectState("vm0", "up");
  guests[1]->Send(NumberedFrame(kBroadcast, Station(1), 3));
  EXPECT_THAT(guests[0]->ReceiveUntil(3), IsEmpty());
  guests[0]->Send(SuperiorBpdu());
  ExpectState("vm0", "blocked");
  ctl().Ok("set port vm0 bpdu_guard=off");
  ExpectState("vm0", "up");
  ExpectBalance();
}

// A topology change has learned stations forgotten, whom no limit counts any more, and none that
// was added.
TEST_F(RstpTest, WhatWasAddedOutlivesAChangeOfTheTopology) {
  ctl().Ok("set br br0 rstp=on");
  auto guests = AddGuests(3, "rstp_edge=on");
  ctl().Ok("set port vm0 learn_limit=2");
  const MacAddress added = Station(9);
  ctl().Ok("fdb add br0 " + added.ToString() + " vm0 sticky");
  // Of a bridge that is no root: vm0 is no edge any more.
  Bytes bpdu = SuperiorBpdu();
  bpdu[22] = 0xf0;
  guests[0]->Send(bpdu);
  Expect("it has been heard", [&] { return !Tree("br0").at("ports").at(0).at("edge"); });
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  guests[1]->ReceiveUntil(1);
  EXPECT_EQ(ctl().FdbPort(Station(0)), "vm0");
  // Nor is vm1, which changes the topology.
  guests[1]->Send(bpdu);
  Expect("it is forgotten", [&] { return ctl().FdbPort(Station(0)).empty(); });
  EXPECT_EQ(ctl().FdbPort(added), "vm0");
  EXPECT_EQ(ctl().Port("vm0").at("learned"), 1);
  guests[0]->Send(NumberedFrame(kBroadcast, Station(5), 2));
  guests[1]->ReceiveUntil(2);
  EXPECT_EQ(ctl().FdbPort(Station(5)), "vm0");
  // With the port's state it goes and comes.
  ctl().Ok("set port vm0 bpdu_guard=on");
  guests[0]->Send(bpdu);
  ExpectState("vm0", "blocked");
  EXPECT_EQ(ctl().FdbPort(added), "");
  ctl().Ok("set port vm0 bpdu_guard=off");
  ExpectAt("br0", added, "vm0");
  ctl().Ok("set port vm0 rstp_edge=off");
  guests[0].reset();
  ExpectState("vm0", "down");
  guests[0] = std::make_unique<FakeGuest>(net(), "vm0");
  ExpectRole("br0", "vm0", "designated discarding");
  EXPECT_EQ(ctl().FdbPort(added), "");
  ExpectBalance();
}

// An access port takes a priority tag away, and there would be a BPDU (CERT VU#855201).
TEST_F(RstpTest, APriorityTagHidesNoBpdu) {
  ctl().Ok("set br br0 forward_reserved=stp");
  auto guests = AddGuests(3);
  for (const char* port : {"vm0", "vm1", "vm2"})
    ctl().Ok(std::string("set port ") + port + " tag=10");
  ctl().Ok("set port vm0 bpdu_guard=on");
  Bytes bpdu = SuperiorBpdu();
  bpdu.insert(bpdu.begin() + 12, {0x81, 0x00, 0xe0, 0x00});
  guests[0]->Send(bpdu);
  ExpectState("vm0", "blocked");
  const Bytes next = NumberedFrame(kBroadcast, Station(2), 1);
  guests[2]->Send(next);
  EXPECT_EQ(guests[1]->Receive(), next) << "and nothing before it";
  EXPECT_EQ(Drops(ctl().PortStats("vm0"), "consumed"), 1);
  ExpectBalance();
}

// By turns what would have the port closed and what would have it opened, as fast as it is taken:
// the switch goes on, and when it is over the port opens.
TEST_F(RstpTest, AGuestThatSendsBpdusWithoutEndStopsNobody) {
  ctl().Ok("set br br0 rstp=on");
  auto guests = AddGuests(3, "rstp_edge=on");
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 40; ++i) {
      Bytes bpdu = SuperiorBpdu();
      // Of a bridge that is no root: one that forwards although it should not, and one that agrees.
      bpdu[22] = 0xf0;
      bpdu[21] = i % 2 == 0 ? 0x3c : 0x48;
      guests[0]->Send(bpdu);
    }
    guests[1]->Send(NumberedFrame(Station(2), Station(1), 100 + round));
    guests[2]->ReceiveUntil(100 + round);
  }
  guests[0].reset();
  guests[0] = std::make_unique<FakeGuest>(net(), "vm0");
  ExpectRole("br0", "vm0", "designated forwarding");
  ExpectReaches(*guests[1], Station(1), *guests[0], 1);
  ExpectBalance();
}

TEST_F(RstpTest, NothingLeavesByAPortThatItsGuardHasBlocked) {
  ctl().Ok("set br br0 rstp=on mcast_snooping=on mcast_querier=on");
  auto guests = AddGuests(2, "rstp_edge=on loop_guard=on");
  ctl().Ok("set port vm0 bpdu_guard=on");
  guests[0]->Send(SuperiorBpdu());
  ExpectState("vm0", "blocked");
  const auto sent = [&](const std::string& port) {
    return ctl().PortStats(port).at("originated_frames").get<uint64_t>();
  };
  const uint64_t before = sent("vm0");
  const uint64_t others = sent("vm1");
  Expect("others are sent to", [&] { return sent("vm1") >= others + 6; });
  EXPECT_EQ(sent("vm0"), before);
  ExpectBalance();
}

// What nobody asked for is as it was: reserved, or relayed by the mask.
TEST_F(RstpTest, WithoutItBpdusAreFramesLikeOthers) {
  auto guests = AddGuests(2);
  guests[0]->Send(SuperiorBpdu());
  Expect("it is dropped",
         [&] { return Drops(ctl().PortStats("vm0"), "link_local_reserved") == 1; });
  ctl().Ok("set br br0 group_fwd_mask=1");
  guests[0]->Send(SuperiorBpdu());
  const auto received = guests[1]->Receive();
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(*received, SuperiorBpdu());
  EXPECT_EQ(ctl().Try("set br br0 rstp=on rstp_priority=4095").errors,
            "vswitchctl: rstp_priority=4095 is not a multiple of 4096: give a multiple of 4096 "
            "from 0 to 61440\n");
  EXPECT_THAT(ctl().Query("rstp show").at("bridges"), IsEmpty());
}

}  // namespace
}  // namespace vswitch::testing
