// The daemon ends in every way it can end, and starts again, while guests keep their TAPs open.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class RestartTest : public EachIoMode {
 protected:
  // A port of each type, two guests, and settings that differ from the defaults.
  void SetUpEverything() {
    net().AddVeth("up0", "far0");
    guests_ = AddGuests(2, "mtu=2000");
    ctl().Ok("set br br0 ageing_s=77");
    ctl().Ok("add-port br0 in0 type=internal");
    ctl().Ok("add-port br0 up0 type=netdev");
    ctl().Ok("fdb add br0 " + Station(60).ToString() + " vm1");
  }

  void ExpectTraffic() {
    for (const char* port : {"vm0", "vm1"}) ExpectState(port, "up");
    for (auto& guest : guests_) guest->DrainNumbers();
    ++number_;
    guests_[0]->Send(NumberedFrame(kBroadcast, Station(0), number_));
    guests_[1]->ReceiveUntil(number_);
    guests_[1]->Send(NumberedFrame(Station(0), Station(1), number_));
    guests_[0]->ReceiveUntil(number_);
  }

  // What `show` says, without what may differ between two runs.
  Json Configuration() { return ctl().Query("show").at("bridges"); }

  std::vector<std::unique_ptr<FakeGuest>> guests_;
  uint64_t number_ = 0;
};

TEST_P(RestartTest, IsSurvivedByGuestsAfterSigkill) {
  SetUpEverything();
  ExpectTraffic();
  const Json before = Configuration();
  vswitch().Kill();
  // The kernel removes what only the daemon held open: twins.
  Expect("only what outlives the daemon is left", [&] {
    return net().Links() == std::set<std::string>{"vm0", "vm1", "up0", "far0", "in0", "vswi0"};
  });
  vswitch().Start();
  ExpectTraffic();
  EXPECT_EQ(Configuration(), before);
  ExpectBalance();
}

TEST_P(RestartTest, IsSurvivedByGuestsAfterSigterm) {
  SetUpEverything();
  ExpectTraffic();
  const Json before = Configuration();
  EXPECT_EQ(vswitch().Terminate(), 0);
  EXPECT_THAT(net().Links(), UnorderedElementsAre("vm0", "vm1", "up0", "far0", "in0", "vswi0"));
  ExpectNoPrograms();
  EXPECT_FALSE(std::filesystem::exists(vswitch().socket()));
  vswitch().Start();
  ExpectTraffic();
  EXPECT_EQ(Configuration(), before);
}

TEST_P(RestartTest, ManyTimesInARowUnderLoad) {
  SetUpEverything();
  ExpectTraffic();
  {
    Loop load([&] { guests_[0]->Send(NumberedFrame(Station(1), Station(0), 0)); });
    for (int i = 0; i < 5; ++i) {
      i % 2 == 0 ? vswitch().Kill() : static_cast<void>(vswitch().Terminate());
      vswitch().Start();
    }
  }
  ExpectTraffic();
  ExpectBalance();
}

TEST_P(RestartTest, FindsDevicesThatWentMeanwhile) {
  SetUpEverything();
  vswitch().Kill();
  guests_.clear();
  net().Ip("link del vm0");
  net().Ip("link del up0");
  vswitch().Start();
  // The switch made vm0, so it makes it again; the uplink is somebody else's.
  ExpectState("vm0", "down");
  ExpectState("up0", "missing");
  guests_.push_back(std::make_unique<FakeGuest>(net(), "vm0"));
  guests_.push_back(std::make_unique<FakeGuest>(net(), "vm1"));
  ExpectTraffic();
}

VSWITCH_EACH_IO_MODE(RestartTest);

class DaemonTest : public SystemTest {};

TEST_F(DaemonTest, EndsOnExit) {
  auto guests = AddGuests(1);
  ctl().Ok("exit");
  EXPECT_EQ(vswitch().daemon().Wait(), 0);
  EXPECT_THAT(net().Links(), ElementsAre("vm0"));
}

TEST_F(DaemonTest, EndsOnSigint) {
  vswitch().daemon().Signal(SIGINT);
  EXPECT_EQ(vswitch().daemon().Wait(), 0);
  EXPECT_THAT(net().Links(), IsEmpty());
}

TEST_F(DaemonTest, StartsAndEndsWithAThousandPorts) {
  constexpr int kPorts = 1000;
  ctl().Ok("add-port br0 vm0");
  EXPECT_EQ(vswitch().Terminate(), 0);
  Json state = Json::parse(ReadFile(vswitch().state_file()));
  Json& ports = state.at("bridges").at(0).at("ports");
  std::set<std::string> names = {"vm0"};
  for (int i = 1; i < kPorts; ++i) {
    Json port = ports.at(0);
    port.at("name") = "vm" + std::to_string(i);
    names.insert(port.at("name"));
    ports.push_back(std::move(port));
  }
  std::ofstream(vswitch().state_file()) << state;

  vswitch().Start();
  const Json show = ctl().Query("show");
  ASSERT_EQ(show.at("bridges").at(0).at("ports").size(), kPorts);
  for (const Json& port : show.at("bridges").at(0).at("ports")) EXPECT_EQ(port.at("state"), "down");
  EXPECT_LT(vswitch().daemon().PeakMemoryKib(), 256 * 1024);
  auto guest = std::make_unique<FakeGuest>(net(), "vm999");
  ExpectState("vm999", "up");

  EXPECT_EQ(vswitch().Terminate(), 0);
  EXPECT_EQ(net().Links(), names);
  ExpectNoPrograms();
}

TEST_F(DaemonTest, TakesNoMemoryForTablesThatAreEmpty) {
  constexpr uint64_t kBridges = 256;
  const uint64_t before = vswitch().daemon().PeakMemoryKib();
  for (uint64_t i = 1; i < kBridges; ++i) ctl().Ok("add-br br" + std::to_string(i));
  EXPECT_LT(vswitch().daemon().PeakMemoryKib(), before + 32 * kBridges);

  // The largest there is, one address in it, and all of it read.
  ctl().Ok("set br br0 fdb_entries=4194304");
  ctl().Ok("add-port br0 vm0");
  ctl().Ok("fdb add br0 " + Station(60).ToString() + " vm0");
  EXPECT_EQ(ctl().FdbPort(Station(60)), "vm0");
  EXPECT_EQ(ctl().Query("fdb show br0").at("entries").size(), 1);
  EXPECT_LT(vswitch().daemon().PeakMemoryKib(), before + 32 * kBridges + 4096);
}

// Address space for all that it has now, and not for a table of the largest size on top.
rlim_t TightLimit(const Process& daemon) {
  const std::string status = ReadFile("/proc/" + std::to_string(daemon.pid()) + "/status");
  return (std::stoull(status.substr(status.find("VmPeak:") + 7)) << 10) + (64 << 20);
}

TEST_F(DaemonTest, RefusesATableForWhichThereIsNoMemory) {
  ctl().Ok("add-port br0 vm0");
  const std::string saved = ReadFile(vswitch().state_file());
  const rlim_t bytes = TightLimit(vswitch().daemon());
  const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
  ASSERT_EQ(prlimit(vswitch().daemon().pid(), RLIMIT_AS, &limit, nullptr), 0);
  for (const char* verb : {"set br br0 fdb_entries=4194304", "add-br br1 fdb_entries=4194304"}) {
    const CommandResult refused = ctl().Try(verb);
    EXPECT_NE(refused.status, 0) << verb;
    EXPECT_THAT(refused.errors, ::testing::HasSubstr("fdb_entries=4194304 takes 129 MiB")) << verb;
    EXPECT_EQ(ReadFile(vswitch().state_file()), saved) << verb;
  }
  EXPECT_EQ(ctl().Query("show").at("bridges").size(), 1);
  ExpectState("vm0", "down");
  ctl().Ok("set br br0 fdb_entries=1024");
}

TEST_F(DaemonTest, StartsWithoutTheMemoryForATable) {
  ctl().Ok("add-port br0 vm0");
  ctl().Ok("fdb add br0 " + Station(60).ToString() + " vm0");
  ctl().Ok("add-br br1");
  ctl().Ok("add-port br1 vm1");
  const rlim_t bytes = TightLimit(vswitch().daemon());
  ctl().Ok("set br br0 fdb_entries=4194304");
  EXPECT_EQ(vswitch().Terminate(), 0);

  const auto daemon = vswitch().Launch(
      {.argv = {"prlimit", "--as=" + std::to_string(bytes), Runfile("switch/vswitchd")}});
  Expect("it serves", [&] { return ctl().Try("version").status == 0; });
  ExpectState("vm1", "down");
  ExpectState("vm0", "broken");
  EXPECT_THAT(ctl().Port("vm0").at("detail").get<std::string>(),
              ::testing::HasSubstr("fdb_entries=4194304 takes 129 MiB"));
  EXPECT_THAT(ctl().Ok("show"), ::testing::HasSubstr("\n  broken: there is no memory"));
  EXPECT_THAT(ctl().Try("add-port br0 vm2").errors, ::testing::HasSubstr("takes 129 MiB"));
  EXPECT_NE(ctl().Try("fdb add br0 " + Station(61).ToString() + " vm0").status, 0);

  ctl().Ok("set br br0 fdb_entries=1024");
  ExpectState("vm0", "down");
  EXPECT_EQ(ctl().FdbPort(Station(60)), "vm0");
}

TEST_F(DaemonTest, StartsBesideOneThatWasKilledAMomentAgo) {
  constexpr int kBridges = 64;
  for (int i = 1; i < kBridges; ++i) ctl().Ok("add-br br" + std::to_string(i));
  for (int i = 0; i < 4; ++i) ctl().Ok("add-port br0 vm" + std::to_string(i));
  for (int round = 0; round < 5; ++round) {
    // Nobody waits for its end.
    vswitch().daemon().Signal(SIGKILL);
    vswitch().Start();
    EXPECT_EQ(ctl().Query("show").at("bridges").size(), kBridges) << "round " << round;
    for (int i = 0; i < 4; ++i) ExpectState("vm" + std::to_string(i), "down");
  }
}

// Whose end is no event of the port's own device.
TEST_F(DaemonTest, ServesAPortWhenAnothersTwinOfItIsGoneAtLast) {
  ctl().Ok("add-port br0 vm0");
  vswitch().Kill();
  net().AddVeth("other", "far");
  Expect("the twin's name is free", [&] {
    return net().Command("ip link property add dev other altname vswitch-twin-of-vm0").status == 0;
  });
  vswitch().Start();
  ExpectState("vm0", "broken");
  net().Ip("link del other");
  ExpectState("vm0", "down");
}

TEST_F(DaemonTest, StartsWithoutAStateFile) {
  vswitch().Kill();
  std::filesystem::remove(vswitch().state_file());
  vswitch().Start();
  EXPECT_THAT(ctl().Query("show").at("bridges"), IsEmpty());
}

TEST_F(DaemonTest, DoesNotStartOnABrokenStateFile) {
  ctl().Ok("add-port br0 vm0");
  vswitch().Kill();
  std::string state = ReadFile(vswitch().state_file());
  std::ofstream(vswitch().state_file()) << state.substr(0, state.size() / 2);
  auto daemon = vswitch().Launch({});
  EXPECT_NE(daemon->Wait(), 0);
  EXPECT_THAT(daemon->Errors(), ::testing::HasSubstr(vswitch().state_file()));
  // The kernel removes what the killed daemon held open in its own time.
  Expect("nothing new was made", [&] { return net().Links() == std::set<std::string>{"vm0"}; });
  // What an operator may yet repair is not overwritten.
  EXPECT_EQ(ReadFile(vswitch().state_file()), state.substr(0, state.size() / 2));
}

// It is not ours that was moved there.
TEST_F(DaemonTest, MakesATapAgainThatAnotherSwitchHasToo) {
  SwitchUnderTest second;
  second.ctl().Ok("add-br br0");
  second.ctl().Ok("add-port br0 vm0");
  ctl().Ok("add-port br0 vm0");
  // Adding a netdev looks into all namespaces; from then on the kernel finds devices there for us.
  net().AddVeth("up0", "far0");
  ctl().Ok("add-port br0 up0 type=netdev");
  vswitch().Kill();
  net().Ip("link del vm0");
  vswitch().Start();
  ExpectState("vm0", "down");
}

TEST_F(DaemonTest, RunsBesideAnotherInItsOwnNamespace) {
  SwitchUnderTest second;
  second.ctl().Ok("add-br br0");
  second.ctl().Ok("add-port br0 vm0");
  second.ctl().Ok("add-port br0 vm1");
  FakeGuest second0(second.net(), "vm0");
  FakeGuest second1(second.net(), "vm1");
  auto guests = AddGuests(2);
  for (const char* port : {"vm0", "vm1"}) {
    Expect("up", [&] { return second.ctl().PortState(port) == "up"; });
  }
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  second0.Send(NumberedFrame(kBroadcast, Station(0), 2));
  EXPECT_THAT(guests[1]->ReceiveUntil(1), IsEmpty());
  EXPECT_THAT(second1.ReceiveUntil(2), IsEmpty());
  // One ends, the other does not notice.
  EXPECT_EQ(vswitch().Terminate(), 0);
  second0.Send(NumberedFrame(kBroadcast, Station(0), 3));
  EXPECT_THAT(second1.ReceiveUntil(3), IsEmpty());
}

}  // namespace
}  // namespace vswitch::testing
