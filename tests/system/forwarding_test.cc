// What a bridge does with frames, on real TAPs: learn, flood, forward, filter, and never show a
// frame to a port that it is not for. "Sees nothing" is proved without waiting: a broadcast sent
// afterwards arrives first.
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ForwardingTest : public EachIoMode {};

TEST_P(ForwardingTest, FloodsWhatItDoesNotKnow) {
  auto guests = AddGuests(3);
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  guests[0]->Send(NumberedFrame(Station(77), Station(0), 2));
  EXPECT_THAT(guests[1]->ReceiveUntil(2), ElementsAre(1));
  EXPECT_THAT(guests[2]->ReceiveUntil(2), ElementsAre(1));

  guests[1]->Send(NumberedFrame(kBroadcast, Station(1), 3));
  EXPECT_THAT(guests[0]->ReceiveUntil(3), IsEmpty()) << "a frame came back to its ingress port";
  const Json stats = ExpectBalance();
  EXPECT_EQ(ctl().PortStats("vm0").at("flood_copies"), 2);
}

TEST_P(ForwardingTest, LearnsSourcesAndForwardsToTheirPortOnly) {
  auto guests = AddGuests(3);
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  guests[1]->ReceiveUntil(1);
  guests[2]->ReceiveUntil(1);
  ExpectFdb(Station(0), "vm0");

  guests[1]->Send(NumberedFrame(Station(0), Station(1), 2));
  EXPECT_THAT(guests[0]->ReceiveUntil(2), IsEmpty());
  guests[0]->Send(NumberedFrame(Station(1), Station(0), 3));
  EXPECT_THAT(guests[1]->ReceiveUntil(3), IsEmpty());

  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 4));
  EXPECT_THAT(guests[2]->ReceiveUntil(4), IsEmpty()) << "a third port saw frames of two others";
  ExpectBalance();
}

TEST_P(ForwardingTest, FiltersWhatIsOnItsIngressPort) {
  auto guests = AddGuests(2);
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  guests[0]->Send(NumberedFrame(Station(0), Station(5), 2));
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 3));
  EXPECT_THAT(guests[1]->ReceiveUntil(3), ElementsAre(1));
  EXPECT_EQ(Drops(ctl().PortStats("vm0"), "same_port"), 1);
}

TEST_P(ForwardingTest, FollowsAStationThatMoves) {
  auto guests = AddGuests(3);
  guests[0]->Send(NumberedFrame(kBroadcast, Station(50), 1));
  ExpectFdb(Station(50), "vm0");
  guests[1]->Send(NumberedFrame(kBroadcast, Station(50), 2));
  ExpectFdb(Station(50), "vm1");

  guests[2]->Send(NumberedFrame(Station(50), Station(2), 3));
  guests[2]->Send(NumberedFrame(kBroadcast, Station(2), 4));
  EXPECT_THAT(guests[1]->ReceiveUntil(4), ElementsAre(1, 3));
  EXPECT_THAT(guests[0]->ReceiveUntil(4), ElementsAre(2)) << "the old port still gets its frames";
}

TEST_P(ForwardingTest, ForgetsWhatIsFlushed) {
  auto guests = AddGuests(3);
  for (int i = 0; i < 3; ++i) guests[i]->Send(NumberedFrame(kBroadcast, Station(i), 1));
  for (int i = 0; i < 3; ++i) ExpectFdb(Station(i), "vm" + std::to_string(i));

  ctl().Ok("fdb flush br0 port=vm1");
  EXPECT_EQ(ctl().FdbPort(Station(0)), "vm0");
  EXPECT_EQ(ctl().FdbPort(Station(1)), "");
  ctl().Ok("fdb flush br0 vlan=7");
  EXPECT_EQ(ctl().FdbPort(Station(0)), "vm0");
  ctl().Ok("fdb flush br0");
  EXPECT_THAT(ctl().Query("fdb show br0").at("entries"), IsEmpty());

  guests[0]->Send(NumberedFrame(Station(1), Station(0), 2));
  guests[1]->ReceiveUntil(2);
  guests[2]->ReceiveUntil(2);
}

TEST_P(ForwardingTest, KeepsStaticEntries) {
  auto guests = AddGuests(3);
  ctl().Ok("fdb add br0 " + Station(60).ToString() + " vm2");
  EXPECT_EQ(ctl().Query("fdb get br0 " + Station(60).ToString()).at("kind"), "static");

  // Neither a flush nor a frame from elsewhere takes it away.
  ctl().Ok("fdb flush br0");
  guests[0]->Send(NumberedFrame(kBroadcast, Station(60), 1));
  guests[0]->Send(NumberedFrame(Station(60), Station(0), 2));
  EXPECT_THAT(guests[2]->ReceiveUntil(2), ElementsAre(1));
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 3));
  EXPECT_THAT(guests[1]->ReceiveUntil(3), ElementsAre(1));

  ctl().Ok("fdb del br0 " + Station(60).ToString());
  EXPECT_EQ(ctl().FdbPort(Station(60)), "");
}

TEST_P(ForwardingTest, LearnsEachVlanByItself) {
  auto guests = AddGuests(2);
  const Bytes tagged = FrameBuilder().From(Station(70)).To(kBroadcast).Tag(42).BuildEthernet();
  guests[0]->Send(tagged);
  ExpectFdb(Station(70), "vm0", 42);
  EXPECT_EQ(ctl().FdbPort(Station(70), 0), "");
  EXPECT_EQ(guests[1]->Receive(), tagged);
}

TEST_P(ForwardingTest, DoesNotRelayReservedAddresses) {
  auto guests = AddGuests(2);
  const MacAddress lldp = Mac("01:80:c2:00:00:0e");
  guests[0]->Send(NumberedFrame(lldp, Station(0), 1));
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 2));
  EXPECT_THAT(guests[1]->ReceiveUntil(2), IsEmpty());
  EXPECT_EQ(Drops(ctl().PortStats("vm0"), "link_local_reserved"), 1);

  ctl().Ok("set br br0 group_fwd_mask=0x4000");
  guests[0]->Send(NumberedFrame(lldp, Station(0), 3));
  EXPECT_THAT(guests[1]->ReceiveUntil(3), IsEmpty());
}

TEST_P(ForwardingTest, CountsWhatItRefuses) {
  auto guests = AddGuests(2);
  guests[0]->Send(NumberedFrame(kBroadcast, Mac("03:00:00:00:00:01"), 1));  // A group address.
  guests[0]->Send(NumberedFrame(kBroadcast, MacAddress(), 2));
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 4));
  EXPECT_THAT(guests[1]->ReceiveUntil(4), IsEmpty());

  const Json stats = ctl().PortStats("vm0");
  EXPECT_EQ(Drops(stats, "source_group"), 1);
  EXPECT_EQ(Drops(stats, "source_zero"), 1);
  EXPECT_EQ(ctl().FdbPort(MacAddress()), "");
  ExpectBalance();
}

TEST_P(ForwardingTest, KeepsBridgesApart) {
  auto guests = AddGuests(2);
  ctl().Ok("add-br br1");
  ctl().Ok("add-port br1 other0");
  ctl().Ok("add-port br1 other1");
  FakeGuest other0(net(), "other0");
  FakeGuest other1(net(), "other1");
  ExpectState("other0", "up");
  ExpectState("other1", "up");

  // The same address lives on both.
  guests[0]->Send(NumberedFrame(kBroadcast, Station(80), 1));
  other0.Send(NumberedFrame(kBroadcast, Station(80), 2));
  EXPECT_THAT(guests[1]->ReceiveUntil(1), IsEmpty());
  EXPECT_THAT(other1.ReceiveUntil(2), IsEmpty());
  guests[1]->Send(NumberedFrame(Station(80), Station(1), 3));
  EXPECT_THAT(guests[0]->ReceiveUntil(3), IsEmpty());
  other1.Send(NumberedFrame(Station(80), Station(1), 4));
  EXPECT_THAT(other0.ReceiveUntil(4), IsEmpty());
}

TEST_P(ForwardingTest, ServesSixtyFourPorts) {
  constexpr int kPorts = 64;
  auto guests = AddGuests(kPorts);
  for (int i = 0; i < kPorts; ++i) {
    guests[i]->Send(NumberedFrame(kBroadcast, Station(i), i));
    // Everyone has it before the next is sent: nothing below depends on how many frames a queue
    // holds.
    for (int j = 0; j < kPorts; ++j) {
      if (j != i) {
        ASSERT_THAT(guests[j]->ReceiveUntil(i), IsEmpty());
      }
    }
  }
  EXPECT_EQ(ctl().Query("fdb show br0").at("entries").size(), kPorts);
  for (int i = 0; i < kPorts; ++i) {
    guests[i]->Send(NumberedFrame(Station((i + 1) % kPorts), Station(i), 1000 + i));
  }
  for (int i = 0; i < kPorts; ++i) {
    EXPECT_THAT(guests[(i + 1) % kPorts]->ReceiveUntil(1000 + i), IsEmpty());
  }
  const Balance balance = ReadBalance(ExpectBalance());
  EXPECT_EQ(balance.ingress, 2 * kPorts);
  EXPECT_EQ(balance.egress, kPorts * (kPorts - 1) + kPorts);
}

VSWITCH_EACH_IO_MODE(ForwardingTest);

class AgeingTest : public SystemTest {};

// The least that can be set is 10 s. The one test that has to let time pass.
TEST_F(AgeingTest, ForgetsStationsThatAreSilent) {
  auto guests = AddGuests(3);
  ctl().Ok("set br br0 ageing_s=10");
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  guests[1]->Send(NumberedFrame(kBroadcast, Station(1), 1));
  ExpectFdb(Station(0), "vm0");
  ExpectFdb(Station(1), "vm1");

  // Station 1 keeps talking, station 0 does not.
  Expect("the silent station is forgotten", [&] {
    guests[1]->Send(NumberedFrame(kBroadcast, Station(1), 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return ctl().FdbPort(Station(0)) == "";
  });
  EXPECT_EQ(ctl().FdbPort(Station(1)), "vm1");

  for (auto& guest : guests) guest->DrainNumbers();
  guests[2]->Send(NumberedFrame(Station(0), Station(2), 5));
  guests[1]->ReceiveUntil(5);
  guests[0]->ReceiveUntil(5);
}

}  // namespace
}  // namespace vswitch::testing
