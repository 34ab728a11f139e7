// Uplinks that are not free: what vswitchctl answers, and where frames to an uplink's own address
// go. switch/port:uplink_checks_test has all that may be in the way.
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class UplinkTest : public SystemTest {
 protected:
  void SetUp() override {
    SystemTest::SetUp();
    if (IsSkipped()) return;
    net().AddVeth("up0", "far0");
  }

  MacAddress AddressOf(const std::string& netdev) const {
    const Json links = Json::parse(net().Ip("-j link show " + netdev));
    return MacAddress::Parse(links.at(0).at("address").get<std::string>()).value();
  }
};

TEST_F(UplinkTest, ThatOthersNeedIsRefused) {
  const struct {
    const char* setup;
    const char* undo;
    const char* words;
  } kCases[] = {
      {"addr add 10.9.0.1/24 dev up0", "addr del 10.9.0.1/24 dev up0", "'ip addr del 10.9.0.1/24"},
      {"link add mv0 link up0 type macvlan", "link del mv0", "'ip link del mv0'"},
      {"link add mv0 link up0 type macvlan", "link del mv0", "which would receive nothing"},
  };
  for (const auto& c : kCases) {
    net().Ip(c.setup);
    const CommandResult result = ctl().Try("add-port br0 up0 type=netdev");
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.errors, AllOf(StartsWith("vswitchctl: up0 "), HasSubstr(c.words)));
    EXPECT_THAT(ctl().Query("list-ports br0").at("ports"), IsEmpty());
    EXPECT_THAT(net().Command("tc qdisc show dev up0").output, Not(HasSubstr("clsact")));
    net().Ip(c.undo);
  }
  const CommandResult result = ctl().Try("add-port br0 up0 type=netdev");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.errors, "");
}

TEST_F(UplinkTest, ThatMaySurpriseIsWarnedOfAndAdded) {
  net().Command("tc qdisc add dev up0 clsact");
  net().Command("tc filter add dev up0 egress protocol ip u32 match u32 0 0 flowid 1:1");
  const CommandResult result = ctl().Try("--json add-port br0 up0 type=netdev");
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.errors, StartsWith("vswitchctl: warning: up0 has tc filters on its egress"));
  EXPECT_EQ(Json::parse(result.output).at("warnings").size(), 1u);
  ExpectState("up0", "up");
}

TEST_F(UplinkTest, AnAdoptedTapOfAnotherIsWarnedOf) {
  net().Ip("tuntap add dev theirs mode tap vnet_hdr user 65534");
  const CommandResult result = ctl().Try("add-port br0 theirs");
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.errors, HasSubstr("warning: the TAP theirs was there already and belongs to "
                                       "nobody, not to root"));
}

// What came after it was added is no reason to cut the guests off at the next start.
TEST_F(UplinkTest, ThatIsNotFreeAnyMoreIsServedByTheNextDaemonAndTold) {
  ctl().Ok("add-port br0 up0 type=netdev");
  vswitch().Kill();
  net().Ip("addr add 10.9.0.1/24 dev up0");
  vswitch().Start();
  ExpectState("up0", "up");
  EXPECT_THAT(vswitch().daemon().Errors(), HasSubstr("port up0: up0 has addresses of this host"));
}

TEST_F(UplinkTest, FramesToItsOwnAddressAreNotFlooded) {
  const MacAddress address = AddressOf("up0");
  // Whoever is at the far end of the wire.
  ctl().Ok("add-br outside");
  ctl().Ok("add-port outside far0 type=netdev");
  ctl().Ok("add-port outside sender");
  FakeGuest sender(net(), "sender");
  ExpectState("sender", "up");
  auto guest = AddGuest("vm0");
  ctl().Ok("add-port br0 up0 type=netdev");
  ExpectState("up0", "up");
  ExpectFdb(address, "up0");
  sender.Send(NumberedFrame(address, Station(1), 1));
  sender.Send(NumberedFrame(kBroadcast, Station(1), 2));
  EXPECT_THAT(guest->ReceiveUntil(2), IsEmpty());
  EXPECT_EQ(Drops(ctl().PortStats("up0"), "same_port"), 1u);
  ctl().Ok("fdb flush br0");
  ExpectFdb(address, "up0");

  // A station of that address takes it over, and the switch does not take it back.
  guest->Send(NumberedFrame(kBroadcast, address, 3));
  Expect("it stays with the guest for some ticks", [&] {
    const Json entry = ctl().Query("fdb get br0 " + address.ToString());
    return entry.at("port") == "vm0" && entry.at("age_s") >= 2;
  });
  sender.Send(NumberedFrame(address, Station(1), 4));
  EXPECT_THAT(guest->ReceiveUntil(4), IsEmpty());
  ExpectBalance();
}

}  // namespace
}  // namespace vswitch::testing
