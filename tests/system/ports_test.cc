// The life of a port and of the device behind it, for each port type.
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Names = std::set<std::string>;

class PortsTest : public SystemTest {};

TEST_F(PortsTest, ComeAndGoWithoutTrace) {
  net().AddVeth("up0", "far0");
  const Names before = net().Links();
  const std::string qdisc_before = net().Command("tc qdisc show dev up0").output;
  const std::string link_before = net().Ip("-o link show up0");

  ctl().Ok("add-port br0 vm0");
  ctl().Ok("add-port br0 in0 type=internal");
  ctl().Ok("add-port br0 up0 type=netdev");
  EXPECT_EQ(ctl().Port("vm0").at("type"), "tap");
  EXPECT_EQ(ctl().Port("in0").at("type"), "internal");
  EXPECT_EQ(ctl().Port("up0").at("type"), "netdev");
  EXPECT_TRUE(net().HasLink("vm0"));
  EXPECT_TRUE(net().HasLink("in0"));

  for (const char* port : {"vm0", "in0", "up0"}) ctl().Ok(std::string("del-port br0 ") + port);
  EXPECT_EQ(net().Links(), before);
  EXPECT_EQ(net().Command("tc qdisc show dev up0").output, qdisc_before);
  EXPECT_EQ(net().Ip("-o link show up0"), link_before);
}

TEST_F(PortsTest, TellWhetherAGuestIsThere) {
  ctl().Ok("add-port br0 vm0");
  EXPECT_EQ(ctl().PortState("vm0"), "down");
  EXPECT_NE(ctl().Port("vm0").at("detail"), "");
  {
    FakeGuest guest(net(), "vm0");
    ExpectState("vm0", "up");
    EXPECT_EQ(ctl().Port("vm0").at("detail"), "");
  }
  ExpectState("vm0", "down");
}

TEST_F(PortsTest, ForgetStationsOfAGuestThatIsGone) {
  auto stays = AddGuest("stays");
  auto goes = AddGuest("goes");
  goes->Send(NumberedFrame(kBroadcast, Station(1), 1));
  stays->Send(NumberedFrame(kBroadcast, Station(2), 1));
  ExpectFdb(Station(1), "goes");
  ExpectFdb(Station(2), "stays");
  goes.reset();
  ExpectFdb(Station(1), "");
  EXPECT_EQ(ctl().FdbPort(Station(2)), "stays");

  // The same port serves the guest that comes next.
  FakeGuest next(net(), "goes");
  ExpectState("goes", "up");
  next.Send(NumberedFrame(kBroadcast, Station(3), 2));
  EXPECT_THAT(stays->ReceiveUntil(2), ::testing::ElementsAre(1));
}

TEST_F(PortsTest, CountFramesForAGuestThatIsNotThere) {
  auto sender = AddGuest("sender");
  ctl().Ok("add-port br0 absent");
  ctl().Ok("fdb add br0 " + Station(9).ToString() + " absent");
  sender->Send(NumberedFrame(Station(9), Station(1), 1));
  Expect("the drop is counted",
         [&] { return Drops(ctl().PortStats("absent"), "egress_down") == 1; });
  // A flood with nobody to hear it.
  sender->Send(NumberedFrame(kBroadcast, Station(1), 2));
  Expect("the drop is counted",
         [&] { return Drops(ctl().PortStats("sender"), "no_egress_port") == 1; });
  ExpectBalance();
}

TEST_F(PortsTest, SurviveATapThatOthersDelete) {
  net().Ip("tuntap add dev theirs mode tap vnet_hdr");
  auto other = AddGuest("other");
  auto guest = AddGuest("theirs");
  guest->Send(NumberedFrame(kBroadcast, Station(1), 1));
  ExpectFdb(Station(1), "theirs");

  net().Ip("link del theirs");
  ExpectState("theirs", "missing");
  EXPECT_NE(ctl().Port("theirs").at("detail"), "");
  ExpectFdb(Station(1), "");
  guest.reset();
  // Who made it makes it again; the switch follows.
  net().Ip("tuntap add dev theirs mode tap vnet_hdr");
  ExpectState("theirs", "down");
  FakeGuest again(net(), "theirs");
  ExpectState("theirs", "up");
  again.Send(NumberedFrame(kBroadcast, Station(1), 2));
  EXPECT_THAT(other->ReceiveUntil(2), ::testing::ElementsAre(1));
  ExpectBalance();
}

TEST_F(PortsTest, MakeADeletedDeviceAgainThatIsOurs) {
  auto guest = AddGuest("vm0");
  ctl().Ok("add-port br0 in0 type=internal");
  guest->Send(NumberedFrame(kBroadcast, Station(1), 1));
  ExpectFdb(Station(1), "vm0");
  net().Ip("link del vm0");
  net().Ip("link del in0");
  ExpectFdb(Station(1), "");
  for (const char* port : {"vm0", "in0"}) {
    Expect(std::string(port) + " is back",
           [&] { return net().HasLink(port) && ctl().PortState(port) != "missing"; });
  }
  FakeGuest again(net(), "vm0");
  ExpectState("vm0", "up");
}

TEST_F(PortsTest, SurviveTheirUplink) {
  auto guest = AddGuest("vm0");
  net().AddVeth("up0", "far0");
  ctl().Ok("add-port br0 up0 type=netdev");
  ExpectState("up0", "up");
  net().Ip("link del up0");
  ExpectState("up0", "missing");

  net().AddVeth("up0", "far0");
  ExpectState("up0", "up");
  net().Ip("link set far0 down");
  ExpectState("up0", "down");
  net().Ip("link set far0 up");
  ExpectState("up0", "up");
  guest->Send(NumberedFrame(kBroadcast, Station(1), 1));
  Expect("the frame leaves by the uplink",
         [&] { return ctl().PortStats("up0").at("egress").at("frames") == 1; });
}

TEST_F(PortsTest, AdoptATapThatExistsAndLeaveIt) {
  net().Ip("tuntap add dev mine mode tap vnet_hdr");
  auto guest = AddGuest("mine");
  auto other = AddGuest("other");
  guest->Send(NumberedFrame(kBroadcast, Station(1), 1));
  EXPECT_THAT(other->ReceiveUntil(1), IsEmpty());
  ctl().Ok("del-port mine");
  EXPECT_TRUE(net().HasLink("mine"));
}

TEST_F(PortsTest, ShowWhoseAnAdoptedTapIs) {
  net().Ip("tuntap add dev theirs mode tap vnet_hdr user 65534");
  net().Ip("tuntap add dev group mode tap vnet_hdr group 65534");
  ctl().Ok("add-port br0 theirs");
  ctl().Ok("add-port br0 group");
  EXPECT_EQ(ctl().Port("theirs").at("owner"), "nobody");
  EXPECT_EQ(ctl().Port("group").at("owner"), "");
  ctl().Ok("set port theirs owner=root");
  EXPECT_EQ(ctl().Port("theirs").at("owner"), "root");
  EXPECT_THAT(net().Ip("-d link show theirs"), HasSubstr("user root"));
}

TEST_F(PortsTest, SayHowATapComesBackWhoseMakerTookItAway) {
  net().Ip("tuntap add dev mine mode tap vnet_hdr");
  ctl().Ok("add-port br0 mine");
  net().Ip("link del mine");
  ExpectState("mine", "missing");
  EXPECT_THAT(ctl().Port("mine").at("detail").get<std::string>(),
              HasSubstr("'ip tuntap add dev mine mode tap'"));
  net().Ip("tuntap add dev mine mode tap");
  ExpectState("mine", "down");
}

TEST_F(PortsTest, AdoptATapThatAGuestHasOpen) {
  net().Ip("tuntap add dev mine mode tap vnet_hdr");
  FakeGuest guest(net(), "mine");
  auto other = AddGuest("other");
  ctl().Ok("add-port br0 mine");
  ExpectState("mine", "up");
  guest.Send(NumberedFrame(kBroadcast, Station(1), 1));
  EXPECT_THAT(other->ReceiveUntil(1), IsEmpty());
}

TEST_F(PortsTest, SetTheMtu) {
  auto guest = AddGuest("vm0", "mtu=9000");
  EXPECT_EQ(ctl().Port("vm0").at("mtu"), 9000);
  EXPECT_THAT(net().Ip("link show vm0"), HasSubstr("mtu 9000"));
  ctl().Ok("set port vm0 mtu=1400");
  EXPECT_THAT(net().Ip("link show vm0"), HasSubstr("mtu 1400"));
  // Set behind our back: shown as it is.
  net().Ip("link set vm0 mtu 2000");
  Expect("show follows", [&] { return ctl().Port("vm0").at("mtu") == 2000; });
}

TEST_F(PortsTest, HaveTheirBridgesMtuUnlessTheyHaveTheirOwn) {
  const auto mtu = [&](const std::string& port) { return ctl().Port(port).at("mtu"); };
  const auto warning = [&] { return ctl().Query("show").at("bridges").at(0).at("warning"); };
  auto guests = AddGuests(2);
  EXPECT_EQ(warning(), "");
  ctl().Ok("set port vm1 mtu=1400");
  EXPECT_THAT(warning(), HasSubstr("1400: vm1; 1500: vm0"));
  ctl().Ok("set br br0 mtu=9000");
  EXPECT_EQ(mtu("vm0"), 9000);
  EXPECT_EQ(mtu("vm1"), 1400);
  ctl().Ok("set port vm1 mtu=");
  EXPECT_EQ(mtu("vm1"), 9000);
  EXPECT_EQ(warning(), "");
  ctl().Ok("add-port br0 host0 type=internal");
  EXPECT_EQ(mtu("host0"), 9000);

  ctl().Ok("add-br br1 mtu=65521");
  ctl().Ok("move-port vm1 br1");
  EXPECT_EQ(mtu("vm1"), 65521);
  // What was asked for is kept over a restart, and nothing else is asked for by leaving it open.
  vswitch().Kill();
  vswitch().Start();
  EXPECT_EQ(mtu("vm1"), 65521);
  EXPECT_THAT(ctl().Try("set br br1 mtu=65522").errors, HasSubstr("give 68 to 65521 bytes"));
  ctl().Ok("set br br1 mtu=");
  EXPECT_EQ(mtu("vm1"), 65521) << "nobody asks for another";
}

TEST_F(PortsTest, ServeAGuestWithManyQueues) {
  auto other = AddGuest("other");
  auto guest = AddGuest("wide", "queues=2", {.multi_queue = true});
  guest->Send(NumberedFrame(kBroadcast, Station(1), 1));
  EXPECT_THAT(other->ReceiveUntil(1), IsEmpty());
  other->Send(NumberedFrame(Station(1), Station(2), 2));
  EXPECT_THAT(guest->ReceiveUntil(2), IsEmpty());
}

TEST_F(PortsTest, OnlyTheOwnerMayOpenATap) {
  ctl().Ok("add-port br0 vm0 owner=65534");
  EXPECT_EQ(FakeGuest::TryOpen(net(), "vm0", {.user = 12345}), EPERM);
  EXPECT_EQ(FakeGuest::TryOpen(net(), "vm0", {.user = 65534}), 0);
  ctl().Ok("set port vm0 owner=12345");
  EXPECT_EQ(FakeGuest::TryOpen(net(), "vm0", {.user = 65534}), EPERM);
  EXPECT_EQ(FakeGuest::TryOpen(net(), "vm0", {.user = 12345}), 0);
}

TEST_F(PortsTest, KeepTheHostsOwnStackOut) {
  auto guests = AddGuests(2);
  // An ARP request for an address that the host has: with the redirect, the host never sees it.
  net().Ip("addr add 10.9.0.254/24 dev lo");
  guests[0]->Send(FrameBuilder()
                      .From(Station(0))
                      .To(kBroadcast)
                      .ArpRequest(0x0a090001, 0x0a0900fe)
                      .BuildEthernet());
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  guests[1]->ReceiveUntil(1);
  guests[1]->Send(NumberedFrame(kBroadcast, Station(1), 2));
  const std::optional<Bytes> first = guests[0]->Receive();
  ASSERT_TRUE(first);
  EXPECT_EQ(NumberOf(*first), 2) << "somebody answered for the host";
}

class PortsInEachIoModeTest : public EachIoMode {};

// The read of it ends, and no link event of the guest's device tells of that.
TEST_P(PortsInEachIoModeTest, ComeBackWhenTheirTwinIsDeleted) {
  auto guests = AddGuests(2);
  net().Ip("link del vswitch-twin-of-vm0");
  uint64_t number = 0;
  Expect("a frame passes again", [&] {
    guests[0]->Send(NumberedFrame(kBroadcast, Station(0), ++number));
    return !guests[1]->DrainNumbers().empty();
  });
  EXPECT_EQ(ctl().PortState("vm0"), "up");
}

VSWITCH_EACH_IO_MODE(PortsInEachIoModeTest);

TEST_F(PortsTest, CountFramesExactlyPerPort) {
  auto guests = AddGuests(2);
  for (int i = 0; i < 100; ++i) guests[0]->Send(NumberedFrame(kBroadcast, Station(0), i, 100));
  guests[1]->ReceiveUntil(99);
  const Json sender = ctl().PortStats("vm0");
  const Json receiver = ctl().PortStats("vm1");
  EXPECT_EQ(sender.at("ingress").at("frames"), 100);
  EXPECT_EQ(sender.at("ingress").at("bytes"), 10000);
  EXPECT_EQ(receiver.at("egress").at("frames"), 100);
  EXPECT_EQ(receiver.at("egress").at("bytes"), 10000);
}

}  // namespace
}  // namespace vswitch::testing
