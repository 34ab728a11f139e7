// The loop guard on real devices: a loop that storms without it is cut with it, and nobody can
// block a port of others.
#include "tests/group_packets.h"
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// bridge/loop_probe.h
bool IsProbe(std::span<const uint8_t> frame) {
  return frame.size() > 14 && MacAddress::FromBytes(frame.data()) == Mac("03:76:73:77:6c:67") &&
         frame[12] == 0x88 && frame[13] == 0xb6;
}

class LoopGuardTest : public SystemTest {
 protected:
  // Two ports of br0 that are the two ends of one cable.
  void AddLoop() {
    net().AddVeth("loop0", "loop1");
    for (const char* port : {"loop0", "loop1"}) {
      ctl().Ok(std::string("add-port br0 ") + port + " type=netdev");
      ExpectState(port, "up");
    }
  }

  // The next probe that the guest hears.
  Bytes NextProbe(FakeGuest& guest) {
    while (true) {
      const std::optional<Bytes> frame = guest.Receive();
      if (!frame.has_value()) throw Error("no probe came");
      if (IsProbe(*frame)) return *frame;
    }
  }
};

TEST_F(LoopGuardTest, CutsALoopThatStorms) {
  auto guests = AddGuests(2);
  AddLoop();
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  size_t copies = 0;
  Expect("it storms", [&] { return (copies += guests[1]->DrainNumbers().size()) > 5'000; });

  ctl().Ok("set port loop0 loop_guard=on");
  ctl().Ok("set port loop1 loop_guard=on");
  ExpectState("loop1", "blocked");
  EXPECT_EQ(ctl().PortState("loop0"), "up") << "both were blocked";
  const Json shown = ctl().Port("loop1");
  EXPECT_THAT(shown.at("detail").get<std::string>(),
              HasSubstr("loop_guard: it hears what port loop0"));
  EXPECT_EQ(shown.at("fast_path_reason"), "loop_guard has blocked the port");

  // What circled is over, the bridge lives, and nothing comes twice.
  SettledStats(ctl());
  guests[1]->DrainNumbers();
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 2));
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 3));
  EXPECT_THAT(guests[1]->ReceiveUntil(3), ::testing::ElementsAre(2));
  ExpectFdb(Station(0), "vm0");
  EXPECT_GT(Drops(ctl().PortStats("loop1"), "loop_blocked"), 0);
  EXPECT_GT(Drops(ctl().PortStats("loop1"), "consumed"), 0);
  EXPECT_GT(ctl().PortStats("loop0").at("originated_frames"), 0);
  ExpectBalance();

  // The cable is pulled.
  ctl().Ok("del-port loop0");
  ExpectState("loop1", "up");
}

// Probes are untagged, and such ports take nothing that is.
TEST_F(LoopGuardTest, CutsALoopOfTrunks) {
  AddLoop();
  for (const std::string port : {"loop0", "loop1"}) {
    ctl().Ok("set port " + port + " trunks=10,20 loop_guard=on");
  }
  ExpectState("loop1", "blocked");
  EXPECT_EQ(ctl().PortState("loop0"), "up");
}

// What comes in there goes nowhere, and so is no sign that a station has moved.
TEST_F(LoopGuardTest, ABlockedPortMovesNoStation) {
  auto guests = AddGuests(3);
  LearnAll(guests);
  const auto fast = [&] { return ctl().PortStats("vm0").at("ingress").at("fast_frames"); };
  uint64_t number = 100;
  const auto pass = [&](int from, int to) {
    guests[from]->Send(NumberedFrame(Station(to), Station(from), ++number));
    guests[to]->ReceiveUntil(number);
  };
  Expect("the kernel forwards", [&] {
    const Json before = fast();
    pass(1, 0);
    pass(0, 1);
    return fast() != before;
  });
  for (const char* port : {"vm0", "vm2"}) {
    ctl().Ok(std::string("set port ") + port + " loop_guard=on");
  }
  // The loop: what vm0 is sent comes back at vm2.
  guests[2]->Send(NextProbe(*guests[0]));
  ExpectState("vm2", "blocked");
  guests[2]->Send(NumberedFrame(Station(0), Station(1), 1));
  const Json before = fast();
  pass(0, 1);
  EXPECT_EQ(fast(), before.get<uint64_t>() + 1) << "a frame from a blocked port has moved vm1's";
}

TEST_F(LoopGuardTest, WhoRepeatsAProbeBlocksNobodyElse) {
  auto guests = AddGuests(3, "loop_guard=on");
  ctl().Ok("set port vm2 loop_guard=off");
  // vm1's, sent by vm0: of the two it is vm1 that would be blocked, if it heard anything.
  guests[0]->Send(NextProbe(*guests[1]));
  // vm0's, sent by a port that is not to be blocked.
  const Bytes of_vm0 = NextProbe(*guests[0]);
  guests[2]->Send(of_vm0);
  // Made up.
  Bytes made_up = of_vm0;
  made_up[24] ^= 1;
  guests[1]->Send(made_up);
  Expect("all were taken", [&] {
    uint64_t consumed = 0;
    for (const char* port : {"vm0", "vm1", "vm2"})
      consumed += Drops(ctl().PortStats(port), "consumed");
    return consumed == 3;
  });
  guests[1]->Send(of_vm0);
  ExpectState("vm1", "blocked");
  EXPECT_EQ(ctl().PortState("vm0"), "up");
  EXPECT_EQ(ctl().PortState("vm2"), "up");
  // No switch of the operator's has to be waited for.
  ctl().Ok("set port vm1 loop_guard=off");
  EXPECT_EQ(ctl().PortState("vm1"), "up");
}

// A port that is guarded no more is one of the tree's and of snooping's again, in the same moment.
TEST_F(LoopGuardTest, WhatIsOpenAgainTakesPartInTheTreeAndInSnooping) {
  ctl().Ok("set br br0 rstp=on mcast_snooping=on mcast_querier=on");
  auto guests = AddGuests(2, "loop_guard=on rstp_edge=on");
  ctl().Ok("fdb add br0 " + Station(9).ToString() + " vm1 sticky");
  guests[1]->Send(NextProbe(*guests[0]));
  ExpectState("vm1", "blocked");
  EXPECT_EQ(ctl().FdbPort(Station(9)), "");
  ctl().Ok("set port vm1 loop_guard=off");
  EXPECT_EQ(ctl().PortState("vm1"), "up");
  EXPECT_EQ(ctl().FdbPort(Station(9)), "vm1") << "it has come back";
  EXPECT_EQ(ctl().Port("vm1").at("detail"), "");
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  EXPECT_THAT(guests[1]->ReceiveUntil(1), IsEmpty());
  guests[1]->Send(GroupPacket("join", "239.1.2.3", Station(1)));
  Expect("its report counts", [&] {
    const Json report = ctl().Query("mdb show br0");
    return !report.at("entries").empty();
  });
  ExpectBalance();
}

// The tree has shut loop1: what comes of it must not shut loop0 as well.
TEST_F(LoopGuardTest, LeavesALoopToTheTreeThatHasCutIt) {
  ctl().Ok("set br br0 rstp=on");
  auto guests = AddGuests(1, "rstp_edge=on");
  AddLoop();
  const auto is_cut = [&] {
    int forwarding = 0;
    const Json trees = ctl().Query("rstp show br0");
    for (const Json& port : trees.at("bridges").at(0).at("ports")) {
      if (port.at("port") == "loop1" && port.at("role") != "backup") return false;
      forwarding += port.at("state") == "forwarding";
    }
    return forwarding == 2;
  };
  Expect("the tree has cut it", is_cut);
  ctl().Ok("set port loop0 loop_guard=on");
  const auto sent = [&](const std::string& port) {
    return ctl().PortStats(port).at("originated_frames").get<uint64_t>();
  };
  const uint64_t before = sent("vm0");
  Expect("probes are sent", [&] { return sent("vm0") >= before + 4; });
  EXPECT_EQ(ctl().PortState("loop0"), "up");
  EXPECT_TRUE(is_cut());
  EXPECT_EQ(Drops(ctl().PortStats("loop0"), "loop_blocked"), 0);
  ExpectBalance();
}

// Who eats BPDUs and passes on probes leaves the tree blind: the block must last while the loop
// does.
TEST_F(LoopGuardTest, HearsProbesOnABridgeWithATree) {
  ctl().Ok("set br br0 rstp=on");
  auto guests = AddGuests(2, "loop_guard=on rstp_edge=on");
  guests[1]->Send(NextProbe(*guests[0]));
  ExpectState("vm1", "blocked");
  const uint64_t before = Drops(ctl().PortStats("vm1"), "consumed");
  guests[1]->Send(NextProbe(*guests[0]));
  Expect("it is heard", [&] { return Drops(ctl().PortStats("vm1"), "consumed") > before; });
  guests[1]->Send(NumberedFrame(kBroadcast, Station(1), 1));
  Expect("it is dropped", [&] { return Drops(ctl().PortStats("vm1"), "loop_blocked") == 1; });
  NextProbe(*guests[1]);
  EXPECT_EQ(ctl().PortState("vm1"), "blocked");
  ExpectBalance();
}

TEST_F(LoopGuardTest, AFloodOfProbesCostsNobodyElseAnything) {
  auto guests = AddGuests(3, "loop_guard=on");
  const Bytes of_vm2 = NextProbe(*guests[2]);
  // Heard on vm0, they mean nothing; but the control thread has to look.
  for (int i = 0; i < 20'000; ++i) guests[0]->Send(of_vm2);
  guests[1]->Send(NextProbe(*guests[1]));
  ExpectState("vm1", "blocked");
  const Json stats = ExpectBalance();
  EXPECT_GT(stats.at("workers").at(0).at("trap_overflows"), 0);
}

}  // namespace
}  // namespace vswitch::testing
