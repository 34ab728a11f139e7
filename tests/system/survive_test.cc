// The daemon may die: known unicast goes on, and the next daemon takes over what it goes by.
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>

#include "tests/harness/flow.h"
#include "tests/harness/system_test.h"
#include "tests/long_run.h"
#include "tests/tcx.h"

namespace vswitch::testing {
namespace {

class SurviveTest : public SystemTest {
 protected:
  void SetUp() override { SetUpWith({}); }
  void SetUpWith(const std::vector<std::string>& flags) {
    SetUpSwitch("auto", flags);
    if (IsSkipped()) return;
    guests_ = AddGuests(3);
    LearnAll(guests_);
  }

  uint64_t FastFrames(const std::string& port) const {
    return ctl().PortStats(port).at("ingress").at("fast_frames").get<uint64_t>();
  }
  uint64_t Unserved(const std::string& port) const {
    return Drops(ctl().PortStats(port), "unserved");
  }
  void MakeFast(int from, int to) {
    const std::string port = "vm" + std::to_string(from);
    Expect("the kernel forwards", [&] {
      const uint64_t before = FastFrames(port);
      guests_[to]->Send(NumberedFrame(Station(from), Station(to), 1));
      guests_[from]->ReceiveUntil(1);
      guests_[from]->Send(NumberedFrame(Station(to), Station(from), 1));
      guests_[to]->ReceiveUntil(1);
      return FastFrames(port) != before;
    });
  }
  // Until the kernel is done with it.
  void Kill() {
    vswitch().Kill();
    Expect("its twins are gone", [&] {
      return net().Links() == std::set<std::string>{"vm0", "vm1", "vm2"};
    });
  }
  // How often the device has got or lost its carrier.
  int CarrierChanges(const std::string& device) const {
    const CommandResult shown = net().Command("ip -s -s -json link show " + device);
    return Json::parse(shown.output).at(0).at("stats64").at("tx").at("carrier_changes");
  }

  std::vector<std::unique_ptr<FakeGuest>> guests_;
};

TEST_F(SurviveTest, NothingIsLostWhenItIsKilledUnderLoad) {
  MakeFast(0, 1);
  const int changes = CarrierChanges("vm0") + CarrierChanges("vm1");
  Flow flow(guests_[0].get(), guests_[1].get(), Station(0), Station(1));
  for (int round = UsualOrLong(6, 20); round > 0; --round) {
    SCOPED_TRACE(round);
    const uint64_t before = FastFrames("vm0");
    vswitch().Kill();
    ASSERT_NO_FATAL_FAILURE(flow.ExpectGoesOn(5'000)) << "while no daemon runs";
    vswitch().Start();
    ASSERT_NO_FATAL_FAILURE(flow.ExpectGoesOn(5'000)) << "with the next one";
    EXPECT_GE(FastFrames("vm0"), before + 10'000);
  }
  EXPECT_EQ(CarrierChanges("vm0") + CarrierChanges("vm1"), changes);
}

class SurviveTwoWorkersTest : public SurviveTest {
 protected:
  void SetUp() override { SetUpWith({"--workers=2"}); }
};

// By rules too, which the next daemon has to make before it has the ports.
TEST_F(SurviveTwoWorkersTest, NothingIsLostWhenItIsKilledUnderLoad) {
  ctl().Ok("set port vm0 sticky=on guard=mac allowed_macs=" + Station(0).ToString());
  ctl().Ok("set port vm1 guard=mac allowed_macs=" + Station(1).ToString());
  MakeFast(0, 1);
  Flow flow(guests_[0].get(), guests_[1].get(), Station(0), Station(1));
  for (int round = 0; round < 3; ++round) {
    vswitch().Kill();
    ASSERT_NO_FATAL_FAILURE(flow.ExpectGoesOn(5'000));
    // Nor does anybody move it: vm0 is sticky, and vm1 guarded.
    for (const int i : {1, 2}) guests_[i]->Send(NumberedFrame(Station(3 - i), Station(0), 1));
    vswitch().Start();
    ASSERT_NO_FATAL_FAILURE(flow.ExpectGoesOn(5'000));
  }
}

TEST_F(SurviveTest, WhatIsNotKnownGoesNowhereAndIsCounted) {
  MakeFast(0, 1);
  // The host would answer this one, if it saw it.
  net().Ip("addr add 10.9.0.254/24 dev lo");
  SettledStats(ctl());
  Kill();
  guests_[0]->Send(FrameBuilder()
                       .From(Station(0))
                       .To(kBroadcast)
                       .ArpRequest(0x0a090001, 0x0a0900fe)
                       .BuildEthernet());
  guests_[0]->Send(NumberedFrame(Station(77), Station(0), 2));
  guests_[0]->Send(NumberedFrame(Station(1), Station(78), 3));
  guests_[0]->Send(NumberedFrame(Station(1), Station(0), 4));
  EXPECT_THAT(guests_[1]->ReceiveUntil(4), ::testing::IsEmpty());
  guests_[1]->Send(NumberedFrame(Station(0), Station(1), 5));
  const std::optional<Bytes> first = guests_[0]->Receive();
  ASSERT_TRUE(first);
  EXPECT_EQ(NumberOf(*first), 5) << "somebody answered for the host";
  EXPECT_FALSE(guests_[2]->Receive(std::chrono::milliseconds(0)));
  vswitch().Start();
  EXPECT_EQ(Unserved("vm0"), 3);
  EXPECT_EQ(Unserved("vm1"), 0);
  ExpectBalance();
}

// Of these no flow may wait for frames that nobody will ever read.
TEST_F(SurviveTest, AFlowGoesOnThatSharesItsBucketWithOneThatDoesNot) {
  MakeFast(0, 1);
  Flow flow(guests_[0].get(), guests_[1].get(), Station(0), Station(1));
  flow.ExpectGoesOn(1'000);
  Kill();
  // Whatever the buckets are, one of these is the flow's.
  for (uint32_t i = 100; i < 164; ++i) guests_[0]->Send(NumberedFrame(Station(i), Station(0), 1));
  flow.ExpectGoesOn(5'000);
  vswitch().Start();
  EXPECT_EQ(Unserved("vm0"), 64);
  flow.ExpectGoesOn(5'000);
}

TEST_F(SurviveTest, StationsAndCountsAreTakenOver) {
  MakeFast(0, 1);
  ctl().Ok("fdb add br0 " + Station(50).ToString() + " vm1");
  // Its neighbours' ids are not what they would be of a new start.
  ctl().Ok("del-port vm2 --force");
  const uint64_t frames = FastFrames("vm0");
  vswitch().Kill();
  for (uint64_t i = 1; i <= 100; ++i) guests_[0]->Send(NumberedFrame(Station(1), Station(0), i));
  guests_[1]->ReceiveUntil(100);
  vswitch().Start();
  EXPECT_EQ(ctl().FdbPort(Station(0)), "vm0");
  EXPECT_EQ(ctl().FdbPort(Station(1)), "vm1");
  EXPECT_EQ(FastFrames("vm0"), frames + 100);
  ExpectBalance();
  guests_[0]->Send(NumberedFrame(Station(1), Station(0), 7));
  guests_[1]->ReceiveUntil(7);
  EXPECT_EQ(FastFrames("vm0"), frames + 101) << "the first frame is fast";
  EXPECT_TRUE(ctl().Query("fdb get br0 " + Station(1).ToString()).at("fast_path"));
}

TEST_F(SurviveTest, WhatAFullQueueLosesMeanwhileIsCounted) {
  MakeFast(0, 1);
  const auto lost = [&] { return Drops(ctl().PortStats("vm1"), "egress_queue_full"); };
  const auto passed = [&] {
    return ctl().PortStats("vm1").at("egress").at("fast_frames").get<uint64_t>();
  };
  const uint64_t passed_before = passed();
  for (int round = 1; round <= 2; ++round) {
    constexpr uint64_t kSent = 5'000;
    const uint64_t lost_before = lost();
    vswitch().Kill();
    for (uint64_t i = 1; i <= kSent; ++i) {
      guests_[0]->Send(NumberedFrame(Station(1), Station(0), i));
    }
    vswitch().Start();
    const uint64_t received = guests_[1]->DrainNumbers().size();
    EXPECT_LT(received, kSent);
    EXPECT_EQ(lost() - lost_before, kSent - received);
    EXPECT_EQ(passed() - passed_before, round * kSent);
    ExpectBalance();
  }
}

TEST_F(SurviveTest, StationsAgeWhileNobodyIsThere) {
  ctl().Ok("set br br0 ageing_s=10");
  MakeFast(0, 1);
  vswitch().Kill();
  uint64_t number = 100;
  Expect("the silent one is forgotten", [&] {
    guests_[0]->Send(NumberedFrame(Station(1), Station(0), ++number));
    return !guests_[1]->Receive(std::chrono::milliseconds(100));
  });
  vswitch().Start();
  EXPECT_EQ(ctl().FdbPort(Station(1)), "");
  EXPECT_EQ(ctl().FdbPort(Station(0)), "vm0");
  EXPECT_GE(Unserved("vm0"), 1);
}

TEST_F(SurviveTest, AStationThatMovesMeanwhileIsNowhereUntilItSpeaksAgain) {
  MakeFast(0, 1);
  vswitch().Kill();
  guests_[2]->Send(NumberedFrame(Station(0), Station(1), 1));
  guests_[0]->Send(NumberedFrame(Station(1), Station(0), 2));
  vswitch().Start();
  EXPECT_EQ(ctl().FdbPort(Station(1)), "");
  guests_[0]->Send(NumberedFrame(Station(1), Station(0), 3));
  EXPECT_THAT(guests_[1]->ReceiveUntil(3), ::testing::IsEmpty());
  EXPECT_THAT(guests_[2]->ReceiveUntil(3), ::testing::IsEmpty());
}

struct Change {
  const char* what;
  void (*edit)(Json* state);
  // Whether the kernel goes on with what goes from vm0 to vm1, and whether it arrives at all.
  bool fast;
  bool arrives;
};

Json& PortOf(Json* state, size_t port) { return state->at("bridges").at(0).at("ports").at(port); }

constexpr Change kChanges[] = {
    {"nothing", [](Json*) {}, true, true},
    {"another port", [](Json* state) { PortOf(state, 2)["fast_path"] = "off"; }, true, true},
    {"ageing", [](Json* state) { state->at("bridges").at(0)["ageing_s"] = 1000; }, true, true},
    {"its port", [](Json* state) { PortOf(state, 0)["fast_path"] = "off"; }, false, true},
    {"the other's port", [](Json* state) { PortOf(state, 1)["fast_path"] = "off"; }, false, true},
    {"bridge", [](Json* state) { state->at("bridges").at(0)["fast_path"] = "off"; }, false, true},
    {"moved to another bridge",
     [](Json* state) {
       Json other = state->at("bridges").at(0);
       other["name"] = "br1";
       other["ports"] = Json::array({PortOf(state, 1)});
       state->at("bridges").at(0).at("ports").erase(1);
       state->at("bridges").push_back(other);
     },
     false, false},
    {"deleted", [](Json* state) { state->at("bridges").at(0).at("ports").erase(1); }, false, false},
    {"all deleted", [](Json* state) { state->at("bridges") = Json::array(); }, false, false},
};

// Before the first frame that a worker sees.
TEST_F(SurviveTest, SettingsThatChangedMeanwhileAreInForce) {
  for (const Change& change : kChanges) {
    SCOPED_TRACE(change.what);
    MakeFast(0, 1);
    const std::string before = ReadFile(vswitch().state_file());
    vswitch().Kill();
    Json state = Json::parse(before);
    change.edit(&state);
    std::ofstream(vswitch().state_file()) << state.dump();
    vswitch().Start();
    const uint64_t fast = ctl().Try("get port vm0").status == 0 ? FastFrames("vm0") : 0;
    guests_[0]->Send(NumberedFrame(Station(1), Station(0), 1));
    guests_[0]->Send(NumberedFrame(Station(1), Station(0), 2));
    if (change.arrives) {
      guests_[1]->ReceiveUntil(2);
      EXPECT_EQ(FastFrames("vm0") > fast, change.fast);
    } else {
      EXPECT_FALSE(guests_[1]->Receive(std::chrono::milliseconds(50)));
    }
    vswitch().Kill();
    std::ofstream(vswitch().state_file()) << before;
    vswitch().Start();
    for (auto& guest : guests_) guest->DrainNumbers();
  }
}

// What nobody's state has any more does not go on.
TEST_F(SurviveTest, WithTheStateFileGoneAllIsSwept) {
  net().AddVeth("up0", "far0");
  ctl().Ok("add-port br0 up0 type=netdev");
  net().Ip("tuntap add dev theirs mode tap");
  const auto theirs = AddGuest("theirs");
  vswitch().Kill();
  std::filesystem::remove(vswitch().state_file());
  vswitch().Start();
  Expect("they are set down", [&] {
    return !guests_[0]->Send(NumberedFrame(Station(1), Station(0), 1)) &&
           !theirs->Send(NumberedFrame(Station(1), Station(5), 1));
  });
  for (const char* device : {"up0", "theirs"}) {
    // Set down comes first, so that nothing is forwarded while the rest goes.
    Expect("its mark is gone", [&] {
      return net().Ip(std::string("link show ") + device).find("vswitch") == std::string::npos;
    });
    net().Run(
        [device] { EXPECT_TRUE(TcxPrograms(device, TcDirection::kIngress).empty()) << device; });
  }
}

TEST_F(SurviveTest, AnotherSwitchsAreLeftAlone) {
  SwitchUnderTest other({.process = {.netns = net().fd()}});
  other.ctl().Ok("add-br br0");
  net().AddVeth("up0", "far0");
  other.ctl().Ok("add-port br0 up0 type=netdev");
  std::vector<std::unique_ptr<FakeGuest>> guests;
  for (const std::string name : {"w0", "w1"}) {
    other.ctl().Ok("add-port br0 " + name);
    guests.push_back(std::make_unique<FakeGuest>(net(), name));
    Expect("it is up", [&] { return other.ctl().PortState(name) == "up"; });
  }
  const auto fast = [&] {
    return other.ctl().PortStats("w0").at("ingress").at("fast_frames").get<uint64_t>();
  };
  Expect("the kernel forwards", [&] {
    guests[1]->Send(NumberedFrame(Station(0), Station(1), 1));
    guests[0]->Send(NumberedFrame(Station(1), Station(0), 1));
    guests[1]->ReceiveUntil(1);
    return fast() > 0;
  });
  other.Kill();
  vswitch().Kill();
  std::filesystem::remove(vswitch().state_file());
  vswitch().Start();
  guests[0]->Send(NumberedFrame(Station(1), Station(0), 2));
  guests[1]->ReceiveUntil(2);
  other.Start();
  EXPECT_GT(fast(), 0);
  Expect("its uplink too", [&] { return other.ctl().PortState("up0") == "up"; });
}

TEST_F(SurviveTest, WithoutTheRightToLookItStartsAnew) {
  MakeFast(0, 1);
  Kill();
  const auto daemon = vswitch().Launch(
      {.argv = {"setpriv", "--bounding-set=-sys_admin", Runfile("switch/vswitchd")}});
  Expect("it serves", [&] { return ctl().Try("version").status == 0; });
  EXPECT_THAT(daemon->Errors(), ::testing::HasSubstr("is not taken over, all is learned anew"));
  EXPECT_EQ(FastFrames("vm0"), 0);
  MakeFast(0, 1);
  ExpectBalance();
  daemon->Signal(SIGTERM);
  EXPECT_EQ(daemon->Wait(), 0);
}

TEST_F(SurviveTest, ExitTakesAllAwayAndWithKeepForwardingLeavesIt) {
  MakeFast(0, 1);
  const int changes = CarrierChanges("vm0");
  {
    Flow flow(guests_[0].get(), guests_[1].get(), Station(0), Station(1));
    flow.ExpectGoesOn(1'000);
    ctl().Ok("exit --keep-forwarding");
    EXPECT_EQ(vswitch().daemon().Wait(), 0);
    EXPECT_FALSE(std::filesystem::exists(vswitch().socket()));
    flow.ExpectGoesOn(5'000);
    vswitch().Start();
    flow.ExpectGoesOn(5'000);
  }
  EXPECT_EQ(CarrierChanges("vm0"), changes);
  ExpectBalance();
  ctl().Ok("exit");
  EXPECT_EQ(vswitch().daemon().Wait(), 0);
  EXPECT_FALSE(guests_[0]->Send(NumberedFrame(Station(1), Station(0), 1))) << "it is set down";
}

}  // namespace
}  // namespace vswitch::testing
