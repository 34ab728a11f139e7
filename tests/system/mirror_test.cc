// Mirrors on real TAPs: who gets which copies, what a target may not do, and what ports that come
// and go leave behind.
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MirrorTest : public SystemTest {
 protected:
  void SetUp() override {
    SystemTest::SetUp();
    guests_ = AddGuests(4);
    LearnAll(guests_);
  }
  void Send(int from, MacAddress to, uint64_t number, size_t length = 60) {
    guests_[from]->Send(NumberedFrame(to, Station(from), number, length));
  }
  // What guest `at` has when all is at rest.
  std::vector<uint64_t> Heard(int at) {
    SettledStats(ctl());
    return guests_[at]->DrainNumbers();
  }

  std::vector<std::unique_ptr<FakeGuest>> guests_;
};

TEST_F(MirrorTest, CopiesWhatItsPortsSendAndAreSent) {
  ctl().Ok("mirror add br0 m1 src=vm0 to=vm3");
  EXPECT_EQ(ctl().Port("vm0").at("fast_path_reason"), "mirror 'm1' copies it");
  EXPECT_EQ(ctl().Port("vm3").at("fast_path_reason"), "it is the target of mirror 'm1'");
  Send(0, Station(1), 1);
  Send(1, Station(0), 2);
  Send(1, Station(2), 3);
  Send(0, kBroadcast, 4);
  EXPECT_THAT(Heard(3), ::testing::UnorderedElementsAre(1, 2, 4));
  EXPECT_THAT(Heard(0), ElementsAre(2));
  EXPECT_THAT(Heard(1), ElementsAre(1, 4));
  EXPECT_EQ(ctl().PortStats("vm0").at("mirror_copies"), 2);
  EXPECT_EQ(ctl().PortStats("vm1").at("mirror_copies"), 1);
  EXPECT_EQ(ctl().Query("mirror show"),
            Json::parse(R"({"mirrors": [{"name": "m1", "bridge": "br0", "src": ["vm0"],
                            "dir": "both", "vlan": null, "to": "vm3"}]})"));
  ctl().Ok("mirror del br0 m1");
  Send(0, Station(1), 5);
  EXPECT_THAT(Heard(3), IsEmpty());
  EXPECT_EQ(ctl().Port("vm0").at("fast_path_reason"), ctl().Port("vm2").at("fast_path_reason"));
  ExpectBalance();
}

TEST_F(MirrorTest, ATargetTakesNothingElseAndWhatItSendsIsDropped) {
  ctl().Ok("mirror add br0 all src=all dir=ingress to=vm3");
  // It was learned there before.
  EXPECT_EQ(ctl().FdbPort(Station(3)), "");
  Send(3, Station(0), 1);
  Send(3, kBroadcast, 2);
  Send(0, Station(3), 3);
  EXPECT_THAT(Heard(3), ElementsAre(3));
  EXPECT_THAT(Heard(0), IsEmpty());
  EXPECT_EQ(Drops(ctl().PortStats("vm3"), "mirror_target"), 2);
  EXPECT_EQ(ctl().FdbPort(Station(3)), "");
  // A port that comes is one of all.
  const auto guest = AddGuest("vm4");
  guest->Send(NumberedFrame(Station(1), Station(4), 4));
  EXPECT_THAT(Heard(3), ElementsAre(4));
  ExpectBalance();
}

// Whoever listens there must not hear the switch itself, and the switch does not hear him.
TEST_F(MirrorTest, ATargetHearsNothingOfTheSwitchItself) {
  ctl().Ok("mirror add br0 m1 src=vm0 to=vm3");
  const auto sent = [&](const std::string& port) {
    return ctl().PortStats(port).at("originated_frames").get<uint64_t>();
  };
  const uint64_t before = sent("vm3");
  ctl().Ok("set br br0 rstp=on mcast_snooping=on mcast_querier=on");
  for (const char* port : {"vm0", "vm1", "vm2", "vm3"}) {
    ctl().Ok(std::string("set port ") + port + " rstp_edge=on loop_guard=on");
  }
  // Queries, BPDUs, probes.
  const uint64_t begun = sent("vm0");
  Expect("others are sent to", [&] { return sent("vm0") >= begun + 6; });
  EXPECT_EQ(sent("vm3"), before);
  const Json trees = ctl().Query("rstp show br0");
  ASSERT_EQ(trees.at("bridges").at(0).at("ports").size(), 4u);
  for (const Json& port : trees.at("bridges").at(0).at("ports")) {
    EXPECT_EQ(port.at("role"), port.at("port") == "vm3" ? "disabled" : "designated");
  }
  EXPECT_EQ(ctl().Port("vm3").at("detail"), "");
  Send(0, kBroadcast, 1);
  EXPECT_THAT(Heard(3), ElementsAre(1)) << "by the mirror";
  // And is a port like others afterwards.
  ctl().Ok("mirror del br0 m1");
  Expect("it is sent to", [&] { return sent("vm3") >= before + 3; });
  Send(1, kBroadcast, 2);
  EXPECT_THAT(Heard(3), ElementsAre(2));
  ExpectBalance();
}

TEST_F(MirrorTest, AFullTargetCostsNoFrame) {
  ctl().Ok("mirror add br0 m1 src=vm0 to=vm3");
  for (uint64_t number = 1; number <= 3'000; ++number) {
    Send(0, Station(1), number);
    if (number % 100 == 0) guests_[1]->ReceiveUntil(number);
  }
  const Json stats = ExpectBalance();
  EXPECT_GE(Drops(ctl().PortStats("vm3"), "egress_queue_full"), 1'000);
  EXPECT_EQ(Drops(ctl().PortStats("vm1"), "egress_queue_full"), 0);
  EXPECT_EQ(ctl().PortStats("vm0").at("mirror_copies"), 3'000);
}

TEST_F(MirrorTest, OutlivesARestart) {
  ctl().Ok("mirror add br0 m1 src=vm0,vm1 dir=egress vlan=0 to=vm3");
  const Json before = ctl().Query("mirror show br0");
  vswitch().Kill();
  vswitch().Start();
  EXPECT_EQ(ctl().Query("mirror show br0"), before);
  // Not before the kernel has buried the twins of the daemon that was killed.
  for (int i = 0; i < 4; ++i) ExpectState("vm" + std::to_string(i), "up");
  Send(2, Station(0), 1);
  EXPECT_THAT(Heard(3), ElementsAre(1));
}

TEST_F(MirrorTest, PortsThatGoLeaveTheirMirrors) {
  ctl().Ok("add-br br1");
  ctl().Ok("mirror add br0 m1 src=vm0,vm1 to=vm3");
  for (const char* verb : {"--force del-port vm3", "move-port vm3 br1"}) {
    const CommandResult refused = ctl().Try(verb);
    EXPECT_EQ(refused.status, 1) << verb;
    EXPECT_THAT(refused.errors, HasSubstr("'vm3' is the target of mirror 'm1'"));
  }
  EXPECT_THAT(ctl().Try("move-port vm0 br1").errors, HasSubstr("mirror 'm1' goes on without it"));
  EXPECT_EQ(ctl().Query("mirror show").at("mirrors").at(0).at("src"), Json({"vm1"}));
  EXPECT_THAT(ctl().Try("--force del-port vm1").errors, HasSubstr("'m1' had no other port"));
  EXPECT_EQ(ctl().Query("mirror show").at("mirrors"), Json::array());
  ctl().Ok("--force del-port vm3");
}

TEST_F(MirrorTest, WhatCannotBeIsRefusedWhole) {
  ctl().Ok("mirror add br0 m1 src=vm0 to=vm3");
  const struct {
    const char* verb;
    int status;
    const char* words;
  } kCases[] = {
      {"mirror add br0 m1 src=vm1 to=vm3", 6, "already"},
      {"mirror add br0 m2 src=vm3 to=vm2", 1, "is the target of a mirror"},
      {"mirror add br0 m2 src=vm1 to=vm0", 1, "is the target of a mirror"},
      {"mirror add br0 m2 src=vm1 to=vm9", 5, "there is no port 'vm9'"},
      {"mirror add br9 m2 src=vm1 to=vm2", 5, "there is no bridge 'br9'"},
      {"mirror add br0 m2 src=vm1", 2, "to= is missing"},
      {"mirror add br0 m2 src=vm1 to=vm2 dir=in", 1, "is no direction"},
      {"mirror add br0 m2 src=vm1 to=vm2 vlan=4095", 1, "is no VLAN"},
      {"mirror del br0 m2", 5, "it has m1"},
  };
  for (const auto& c : kCases) {
    const CommandResult result = ctl().Try(c.verb);
    EXPECT_EQ(result.status, c.status) << c.verb << ": " << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(c.words)) << c.verb;
  }
  EXPECT_EQ(ctl().Query("mirror show").at("mirrors").size(), 1u);
}

}  // namespace
}  // namespace vswitch::testing
