// Ports that are deleted, added again and moved while a guest has their TAP open, and TAPs that are
// left over from ports that are gone.
#include <fstream>
#include <set>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Names = std::set<std::string>;

class ReplugTest : public SystemTest {
 protected:
  bool IsUp(const std::string& tap) const {
    return net().Ip("link show " + tap).find(",UP") != std::string::npos;
  }
  // Without twins: which name one gets depends on when the kernel removes those of a killed daemon.
  Names Devices() const {
    Names names = net().Links();
    std::erase_if(names, [](const std::string& name) { return name.starts_with("vsw"); });
    return names;
  }
  void ExpectDevices(const Names& names) const {
    Expect("the devices are those", [&] { return Devices() == names; });
  }
  // One frame each way.
  void ExpectTraffic(FakeGuest& a, FakeGuest& b) {
    ++number_;
    a.Send(NumberedFrame(kBroadcast, Station(1), number_));
    b.ReceiveUntil(number_);
    b.Send(NumberedFrame(kBroadcast, Station(2), number_));
    a.ReceiveUntil(number_);
  }

  uint64_t number_ = 1000;
};

TEST_F(ReplugTest, ATapInUseIsKeptAndTakenUpAgain) {
  auto other = AddGuest("other");
  auto guest = AddGuest("vm0");
  ExpectTraffic(*guest, *other);
  ctl().Ok("fdb add br0 " + Station(60).ToString() + " vm0");

  const Json reply = ctl().Query("del-port br0 vm0");
  EXPECT_EQ(reply.at("kept"), "vm0");
  EXPECT_TRUE(reply.contains("holder"));
  EXPECT_THAT(ctl().Query("list-ports br0").at("ports"), ElementsAre("other"));
  ExpectFdb(Station(1), "");
  ExpectFdb(Station(60), "");
  EXPECT_EQ(Devices(), (Names{"other", "vm0"}));
  EXPECT_FALSE(IsUp("vm0"));
  EXPECT_FALSE(guest->Send(NumberedFrame(kBroadcast, Station(1), 1)));

  ctl().Ok("add-port br0 vm0");
  ExpectState("vm0", "up");
  ExpectTraffic(*guest, *other);
  // It is ours as before.
  EXPECT_THAT(ctl().Ok("del-port vm0"), HasSubstr("vm0: kept, set down: "));
  guest.reset();
  ExpectDevices({"other"});
  ExpectTraffic(*other, *AddGuest("vm0"));
  ExpectBalance();
}

TEST_F(ReplugTest, ATapThatIsFreeGoesAtOnce) {
  ctl().Ok("add-port br0 vm0");
  EXPECT_EQ(ctl().Ok("del-port vm0"), "");
  EXPECT_THAT(Devices(), IsEmpty());
}

TEST_F(ReplugTest, ForceDeletesATapInUse) {
  auto guest = AddGuest("vm0");
  EXPECT_EQ(ctl().Query("--force del-port vm0"), Json::object());
  EXPECT_THAT(Devices(), IsEmpty());

  auto second = AddGuest("vm1");
  ctl().Ok("del-port vm1");
  EXPECT_EQ(Devices(), Names{"vm1"});
  EXPECT_EQ(ctl().Try("del-port vm1").status, 5);
  EXPECT_EQ(Devices(), Names{"vm1"});
  ctl().Ok("--force del-port vm1");
  EXPECT_THAT(Devices(), IsEmpty());
  EXPECT_EQ(ctl().Try("--force del-port vm1").status, 5);
}

TEST_F(ReplugTest, ATapOfOthersStays) {
  net().Ip("tuntap add dev mine mode tap vnet_hdr");
  auto guest = AddGuest("mine");
  EXPECT_EQ(ctl().Ok("--force del-port mine"), "");
  guest.reset();
  ctl().Ok("add-port br0 mine");
  ctl().Ok("del-port mine");
  EXPECT_EQ(Devices(), Names{"mine"});
}

TEST_F(ReplugTest, AKeptTapIsRememberedOverARestart) {
  std::vector<std::unique_ptr<FakeGuest>> guests = AddGuests(3);
  for (const char* port : {"vm0", "vm1", "vm2"}) ctl().Ok(std::string("del-port ") + port);
  vswitch().Kill();
  guests[0].reset();
  vswitch().Start();
  ExpectDevices({"vm1", "vm2"});
  EXPECT_EQ(vswitch().Terminate(), 0);
  vswitch().Start();
  guests[1].reset();
  ExpectDevices({"vm2"});
  ctl().Ok("add-port br0 vm2");
  ExpectState("vm2", "up");
  ExpectTraffic(*guests[2], *AddGuest("vm0"));
}

// As when a daemon is killed after it has saved, and before it has taken the TAPs away.
TEST_F(ReplugTest, TapsOfPortsThatTheStateDoesNotNameAreSwept) {
  std::vector<std::unique_ptr<FakeGuest>> guests = AddGuests(2);
  net().Ip("tuntap add dev theirs mode tap vnet_hdr");
  ctl().Ok("add-port br0 free");
  ctl().Ok("add-port br0 theirs");
  vswitch().Kill();
  Json state = Json::parse(ReadFile(vswitch().state_file()));
  Json& ports = state.at("bridges").at(0).at("ports");
  ASSERT_EQ(ports.at(0).at("name"), "vm0");
  ports = Json::array({ports.at(0)});
  std::ofstream(vswitch().state_file()) << state;

  vswitch().Start();
  // Once the kernel has removed the killed daemon's twins.
  ExpectDevices({"theirs", "vm0", "vm1"});
  Expect("the TAP in use is down", [&] { return !IsUp("vm1"); });
  EXPECT_TRUE(IsUp("vm0"));
  guests[1].reset();
  ExpectDevices({"theirs", "vm0"});
}

TEST_F(ReplugTest, DeletingAMissingPortRemovesTheTapThatWasMadeForIt) {
  ctl().Ok("add-port br0 vm0");
  ctl().Ok("add-port br0 vm1");
  vswitch().Kill();
  net().Ip("link add lbr0 type bridge");
  net().Ip("link set vm0 master lbr0");
  vswitch().Start();
  EXPECT_THAT(ctl().Port("vm0").at("detail"), HasSubstr("port of lbr0"));
  ctl().Ok("del-port vm0");
  ExpectDevices({"lbr0", "vm1"});

  // One that is elsewhere goes when it comes back.
  NetNamespace elsewhere;
  net().Ip("link set vm1 netns " + elsewhere.path());
  ctl().Ok("del-port vm1");
  EXPECT_TRUE(elsewhere.HasLink("vm1"));
  elsewhere.Ip("link set vm1 netns " + net().path());
  ExpectDevices({"lbr0"});
}

TEST_F(ReplugTest, OneDaemonForOneStateFile) {
  ctl().Ok("add-port br0 vm0");
  const std::string state = ReadFile(vswitch().state_file());
  Process second(
      {.argv = {Runfile("switch/vswitchd"), "--socket=" + (vswitch().folder() / "second.sock"),
                "--state=" + vswitch().state_file()},
       .netns = net().fd()});
  EXPECT_EQ(second.Wait(), 1);
  EXPECT_THAT(second.Errors(),
              AllOf(HasSubstr("(pid " + std::to_string(vswitch().daemon().pid()) + ")"),
                    HasSubstr(vswitch().state_file()), HasSubstr("--state")));
  EXPECT_EQ(ReadFile(vswitch().state_file()), state);
  EXPECT_EQ(ctl().PortState("vm0"), "down");
}

TEST_F(ReplugTest, MovesAPortWithItsGuest) {
  ctl().Ok("add-br br1");
  auto old_neighbour = AddGuest("old");
  auto guest = AddGuest("vm0");
  ctl().Ok("add-port br1 new");
  FakeGuest new_neighbour(net(), "new");
  ExpectState("new", "up");
  ExpectTraffic(*guest, *old_neighbour);
  ctl().Ok("fdb add br0 " + Station(60).ToString() + " vm0");
  ctl().Ok("fdb add br0 " + Station(61).ToString() + " old");
  const std::string device = net().Ip("-o link show vm0");
  const uint64_t sent = ctl().PortStats("vm0").at("ingress").at("frames");

  ctl().Ok("move-port vm0 br1");
  EXPECT_EQ(ctl().Ok("get port vm0 bridge"), "br1\n");
  EXPECT_EQ(ctl().PortState("vm0"), "up");
  EXPECT_EQ(net().Ip("-o link show vm0"), device);
  EXPECT_EQ(ctl().FdbPort(Station(1)), "");
  EXPECT_EQ(ctl().FdbPort(Station(60)), "");
  EXPECT_EQ(ctl().FdbPort(Station(61)), "old");
  ExpectTraffic(*guest, new_neighbour);
  EXPECT_EQ(ctl().PortStats("vm0").at("ingress").at("frames"), sent + 1);
  EXPECT_THAT(old_neighbour->DrainNumbers(), IsEmpty());
  ExpectBalance();

  vswitch().Kill();
  vswitch().Start();
  EXPECT_EQ(ctl().Ok("get port vm0 bridge"), "br1\n");
  for (const char* port : {"vm0", "new"}) ExpectState(port, "up");
  ExpectTraffic(*guest, new_neighbour);
  ctl().Ok("move-port vm0 br0");
  ExpectState("old", "up");
  ExpectTraffic(*guest, *old_neighbour);
}

TEST_F(ReplugTest, MovesPortsOfEveryTypeAndThoseThatAreMissing) {
  ctl().Ok("add-br br1");
  net().AddVeth("up0", "far0");
  net().Ip("tuntap add dev theirs mode tap vnet_hdr");
  ctl().Ok("add-port br0 in0 type=internal");
  ctl().Ok("add-port br0 up0 type=netdev");
  ctl().Ok("add-port br0 theirs");
  net().Ip("link del theirs");
  ExpectState("theirs", "missing");
  const Names before = Devices();
  for (const char* port : {"in0", "up0", "theirs"}) {
    ctl().Ok(std::string("move-port ") + port + " br1");
    EXPECT_EQ(ctl().Ok(std::string("get port ") + port + " bridge"), "br1\n");
  }
  EXPECT_EQ(Devices(), before);
  ctl().Ok("del-br br0");
  EXPECT_EQ(ctl().PortState("theirs"), "missing");
  net().Ip("tuntap add dev theirs mode tap vnet_hdr");
  ExpectState("theirs", "down");
}

TEST_F(ReplugTest, MovesNowhereElse) {
  ctl().Ok("add-port br0 vm0");
  const Json before = ctl().Query("show");
  EXPECT_EQ(ctl().Try("move-port vm9 br0").status, 5);
  EXPECT_EQ(ctl().Try("move-port vm0 br9").status, 5);
  EXPECT_EQ(ctl().Try("move-port vm0").status, 2);
  // It is there already.
  ctl().Ok("move-port vm0 br0");
  EXPECT_EQ(ctl().Query("show"), before);
}

}  // namespace
}  // namespace vswitch::testing
