// What is learned where, by settings that change while frames flow. What the Linux bridge does with
// settings of the same name is held against ours by linux_bridge_test.cc.
#include <cstdlib>
#include <set>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kGuests = 4;
using Guests = std::vector<std::unique_ptr<FakeGuest>>;
using Hearers = std::set<int>;

// From guest `from`, as Station(`source`).
struct Sent {
  int from;
  int source;
  MacAddress destination;
};

const MacAddress kAll = kBroadcast;

class LearningTest : public SystemTest {
 protected:
  void SetUp() override {
    SystemTest::SetUp();
    guests_ = AddGuests(kGuests);
  }
  // Who hears the frame before the next broadcast of guest 3.
  Hearers Send(const Sent& sent) {
    const uint64_t number = ++number_;
    guests_[sent.from]->Send(NumberedFrame(sent.destination, Station(sent.source), number));
    SettledStats(ctl());
    const Guests::size_type teller = sent.from == 3 ? 2 : 3;
    const uint64_t end = ++number_;
    guests_[teller]->Send(NumberedFrame(kBroadcast, Station(20 + teller), end));
    Hearers hearers;
    for (int i = 0; i < kGuests; ++i) {
      if (i == static_cast<int>(teller)) continue;
      for (const uint64_t heard : guests_[i]->ReceiveUntil(end)) {
        if (heard == number) hearers.insert(i);
      }
    }
    for (const uint64_t heard : guests_[teller]->DrainNumbers()) {
      if (heard == number) hearers.insert(static_cast<int>(teller));
    }
    return hearers;
  }
  std::string Refused(const std::string& verb) const {
    const CommandResult result = ctl().Try(verb);
    EXPECT_NE(result.status, 0) << verb;
    return result.errors;
  }
  std::string Kind(int station) const {
    return ctl().Query("fdb get br0 " + Station(station).ToString()).at("kind");
  }

  Guests guests_;
  uint64_t number_ = 100;
};

TEST_F(LearningTest, SettingsTakeEffectOnWhatIsThere) {
  LearnAll(guests_);
  ctl().Ok("set port vm0 learning=off");
  EXPECT_EQ(Send({1, 1, Station(0)}), Hearers{0}) << "what is there ages, as in Linux";
  ctl().Ok("set port vm1 sticky=on");
  EXPECT_EQ(Kind(1), "sticky");
  Send({2, 1, kAll});
  EXPECT_EQ(ctl().FdbPort(Station(1)), "vm1");
  ctl().Ok("set port vm1 locked=on");
  EXPECT_EQ(Send({1, 1, kAll}), Hearers{}) << "sticky is not static";
  ctl().Ok("fdb add br0 02:00:00:00:00:07 vm1");
  EXPECT_EQ(Send({1, 7, kAll}), (Hearers{0, 2, 3}));
  EXPECT_EQ(Send({1, 5, kAll}), Hearers{});
  ctl().Ok("set port vm1 sticky= locked=");
  EXPECT_EQ(Kind(1), "learned");
  Send({2, 1, kAll});
  EXPECT_EQ(ctl().FdbPort(Station(1)), "vm2");
  EXPECT_EQ(ctl().PortStats("vm2").at("moves"), 1);
  EXPECT_EQ(ctl().PortStats("vm1").at("moves"), 0);
  ctl().Ok("set br br0 learning=off");
  EXPECT_EQ(Send({1, 1, Station(2)}), (Hearers{0, 2, 3})) << "what was learned is forgotten";
  EXPECT_EQ(Drops(ctl().PortStats("vm1"), "locked"), 2);
  ExpectBalance();
}

TEST_F(LearningTest, LimitsHoldAndAreNotSetBelowWhatIsThere) {
  LearnAll(guests_);
  ctl().Ok("set port vm0 learn_limit=2");
  for (const int station : {30, 31, 32}) Send({0, station, kAll});
  EXPECT_EQ(ctl().Port("vm0").at("learned"), 2);
  EXPECT_EQ(ctl().FdbPort(Station(30)), "vm0");
  EXPECT_EQ(ctl().FdbPort(Station(31)), "");
  EXPECT_EQ(Send({1, 1, Station(31)}), (Hearers{0, 2, 3})) << "flooded, not lost";
  EXPECT_THAT(Refused("set port vm0 learn_limit=1"),
              HasSubstr("learn_limit=1 is below what port 'vm0' has learned, 2 addresses"));
  EXPECT_EQ(ctl().Port("vm0").at("learn_limit"), 2) << "the old one stays";
  EXPECT_THAT(Refused("set br br0 learn_limit=3"), HasSubstr("'vswitchctl fdb flush br0' does"));
  // What goes makes room at once.
  ctl().Ok("fdb flush br0 port=vm0");
  Send({0, 32, kAll});
  EXPECT_EQ(ctl().FdbPort(Station(32)), "vm0");
  const Json table = ctl().Query("fdb stats br0").at("bridges").at(0);
  EXPECT_GE(table.at("learn_limited"), 2);
  // What was added is there whatever the limit is.
  for (int i = 40; i < 44; ++i) ctl().Ok("fdb add br0 " + Station(i).ToString() + " vm2 sticky");
  ctl().Ok("set port vm2 learn_limit=2");
  ctl().Ok("set port vm2 learn_limit=");
  for (int i = 40; i < 44; ++i) ctl().Ok("fdb del br0 " + Station(i).ToString());
  ctl().Ok("set br br0 learn_limit=" + table.at("entries").dump());
  Send({1, 33, kAll});
  EXPECT_EQ(ctl().FdbPort(Station(33)), "");
  ctl().Ok("set br br0 learn_limit=");
  Send({1, 33, kAll});
  EXPECT_EQ(ctl().FdbPort(Station(33)), "vm1");
  ExpectBalance();
}

TEST_F(LearningTest, FlushesAnAddress) {
  LearnAll(guests_);
  ctl().Ok("fdb add br0 02:00:00:00:00:01 vm1 vlan=7");
  ctl().Ok("fdb flush br0 mac=" + Station(1).ToString() + " port=vm0");
  EXPECT_EQ(ctl().FdbPort(Station(1)), "vm1") << "it is not there";
  ctl().Ok("fdb flush br0 mac=" + Station(1).ToString());
  EXPECT_EQ(ctl().FdbPort(Station(1)), "");
  EXPECT_EQ(ctl().FdbPort(Station(1), 7), "vm1") << "static";
  EXPECT_EQ(ctl().FdbPort(Station(2)), "vm2") << "another's";
}

TEST_F(LearningTest, WhatWasAddedComesBack) {
  ctl().Ok("fdb add br0 02:00:00:00:00:00 vm0 sticky");
  ctl().Ok("fdb add br0 02:00:00:00:00:01 vm1");
  EXPECT_THAT(Refused("fdb add br0 02:00:00:00:00:02 vm2 stiky"), HasSubstr("'sticky'"));
  // With its port.
  guests_[0].reset();
  ExpectState("vm0", "down");
  EXPECT_EQ(ctl().FdbPort(Station(0)), "");
  guests_[0] = std::make_unique<FakeGuest>(net(), "vm0");
  ExpectState("vm0", "up");
  EXPECT_EQ(Kind(0), "sticky");
  // Not to a port by which nothing passes, which it would only keep from being reached elsewhere.
  ctl().Ok("mirror add br0 m src=vm0 to=vm2");
  ctl().Ok("fdb add br0 02:00:00:00:00:02 vm2 sticky");
  EXPECT_EQ(ctl().FdbPort(Station(2)), "");
  vswitch().Kill();
  vswitch().Start();
  EXPECT_EQ(ctl().FdbPort(Station(2)), "");
  ctl().Ok("mirror del br0 m");
  EXPECT_EQ(ctl().FdbPort(Station(2)), "vm2");
  // With the daemon; and settings too.
  ctl().Ok("set br br0 ageing_s=0 learn_limit=100");
  ctl().Ok("set port vm1 learning=off sticky=on locked=on learn_limit=7");
  vswitch().Kill();
  vswitch().Start();
  EXPECT_EQ(Kind(0), "sticky");
  EXPECT_EQ(Kind(1), "static");
  EXPECT_EQ(ctl().Query("get br br0").at("ageing_s"), 0);
  EXPECT_EQ(ctl().Port("vm1").at("locked"), "on");
  EXPECT_EQ(ctl().Port("vm1").at("learn_limit"), 7);
  ctl().Ok("fdb del br0 02:00:00:00:00:00");
  vswitch().Kill();
  vswitch().Start();
  EXPECT_EQ(ctl().FdbPort(Station(0)), "");
}

// Only `fdb del` ends what was added, while frames pass by its port; and what is forgotten is not
// counted any more.
TEST_F(LearningTest, WhatWasAddedStaysWhateverIsForgotten) {
  LearnAll(guests_);
  ctl().Ok("fdb add br0 " + Station(40).ToString() + " vm0 sticky");
  EXPECT_EQ(ctl().Port("vm0").at("learned"), 2);
  for (const std::string verb :
       {"fdb flush br0", "fdb flush br0 port=vm0", "fdb flush br0 vlan=0",
        "fdb flush br0 port=vm0 vlan=0", "set port vm0 trunks=0,7", "set port vm0 trunks=7",
        "set port vm0 trunks=", "set br br0 learning=off", "set br br0 learning=on"}) {
    ctl().Ok(verb);
    EXPECT_EQ(ctl().Port("vm0").at("learned"), 1) << verb;
    EXPECT_EQ(ctl().FdbPort(Station(40)), "vm0") << verb;
    EXPECT_EQ(Kind(40), "sticky") << verb;
    guests_[0]->Send(NumberedFrame(kAll, Station(0), ++number_));
    SettledStats(ctl());
  }
  ctl().Ok("fdb flush br0 mac=" + Station(40).ToString());
  EXPECT_EQ(Kind(40), "sticky");
  ctl().Ok("mirror add br0 m1 src=vm1 to=vm0");
  EXPECT_EQ(ctl().FdbPort(Station(40)), "") << "nobody is reached there";
  ctl().Ok("mirror del br0 m1");
  EXPECT_EQ(Kind(40), "sticky");
  ctl().Ok("fdb del br0 " + Station(40).ToString());
  EXPECT_EQ(ctl().FdbPort(Station(40)), "");
  EXPECT_EQ(ctl().Port("vm0").at("learned"), 0);
}

// Also where nothing is limited.
TEST_F(LearningTest, CountsWhatIsLearnedNow) {
  LearnAll(guests_);
  EXPECT_EQ(ctl().Port("vm0").at("learned"), 1);
  ctl().Ok("fdb flush br0 port=vm0");
  EXPECT_EQ(ctl().Port("vm0").at("learned"), 0);
  guests_[1].reset();
  ExpectState("vm1", "down");
  EXPECT_EQ(ctl().Port("vm1").at("learned"), 0);
}

class MoveLimitTest : public LearningTest {
 protected:
  void SetUp() override {
    LearningTest::SetUp();
    LearnAll(guests_);
  }
  // Station 0 from both.
  void Flap(int times) {
    for (int i = 0; i < times; ++i) Send({i % 2 == 0 ? 1 : 0, 0, kAll});
  }
  // The same at once, so that not every frame moves it.
  void FlapQuickly(int station = 0) {
    for (int i = 0; i < 20; ++i) {
      guests_[i % 2]->Send(NumberedFrame(kAll, Station(station), ++number_));
    }
    for (const auto& guest : guests_) guest->DrainNumbers();
  }
  bool IsHeld(int station = 0) const {
    const CommandResult result = ctl().Try("--json fdb get br0 " + Station(station).ToString());
    return result.status == 0 && Json::parse(result.output).at("held").get<bool>();
  }
  Json Table() const { return ctl().Query("fdb stats br0").at("bridges").at(0); }
};

TEST_F(MoveLimitTest, WhoMovesTooOftenIsHeldWhereItWas) {
  ctl().Ok("set br br0 move_limit=3/600");
  Flap(3);
  EXPECT_FALSE(IsHeld());
  Flap(3);
  Expect("it is held", [&] { return IsHeld(); });
  EXPECT_EQ(ctl().FdbPort(Station(0)), "vm0");
  EXPECT_THAT(ctl().Ok("fdb show br0"), HasSubstr("learned, held"));
  const uint64_t before = Drops(ctl().PortStats("vm1"), "mac_flapping");
  EXPECT_EQ(Send({1, 0, kAll}), Hearers{}) << "dropped elsewhere";
  EXPECT_EQ(Drops(ctl().PortStats("vm1"), "mac_flapping"), before + 1);
  EXPECT_EQ(Send({0, 0, kAll}), (Hearers{1, 2, 3})) << "not where it is held";
  EXPECT_EQ(Send({2, 2, Station(0)}), Hearers{0});
  EXPECT_EQ(Send({1, 1, kAll}), (Hearers{0, 2, 3})) << "nor another's";
  EXPECT_EQ(Table().at("held"), 1);
  EXPECT_EQ(Table().at("holds"), 1);
  // Whoever says where it is says so for good.
  ctl().Ok("fdb add br0 02:00:00:00:00:00 vm1");
  EXPECT_FALSE(IsHeld());
  EXPECT_EQ(Send({1, 0, kAll}), (Hearers{0, 2, 3}));
  ExpectBalance();
}

// Also when the switch has only heard of the moves as yet.
TEST_F(MoveLimitTest, WhatIsAddedIsNotHeld) {
  ctl().Ok("set br br0 move_limit=1/600");
  for (const std::string kind : {"", " sticky"}) {
    SCOPED_TRACE("added" + kind);
    FlapQuickly();
    SettledStats(ctl());
    ctl().Ok("fdb add br0 02:00:00:00:00:00 vm1" + kind);
    // Who moves later is not held earlier.
    Expect("another is held", [&] {
      FlapQuickly(5);
      return IsHeld(5);
    });
    EXPECT_FALSE(IsHeld());
    EXPECT_EQ(ctl().FdbPort(Station(0)), "vm1");
    EXPECT_EQ(Send({1, 0, kAll}), (Hearers{0, 2, 3}));
    ctl().Ok("fdb del br0 02:00:00:00:00:00");
    ctl().Ok("fdb flush br0");
  }
  ExpectBalance();
}

// Else it would be reached by no way at all.
TEST_F(MoveLimitTest, NobodyIsHeldWhereNothingPasses) {
  ctl().Ok("set br br0 move_limit=3/600");
  Flap(6);
  Expect("it is held", [&] { return IsHeld(); });
  ctl().Ok("mirror add br0 m src=vm3 dir=ingress to=vm0");
  Expect("it is held no more", [&] { return Table().at("held") == 0; });
  EXPECT_EQ(Send({1, 0, kAll}), (Hearers{2, 3}));
  ExpectBalance();
}

TEST_F(MoveLimitTest, EndsByItselfAndBeginsAgain) {
  ctl().Ok("set br br0 move_limit=1/2");
  for (int round = 1; round <= 2; ++round) {
    Expect("it is held", [&] {
      FlapQuickly();
      return Table().at("holds") >= round;
    });
    Expect("it is held no more", [&] { return !IsHeld(); });
  }
  ctl().Ok("set br br0 move_limit=1/600");
  Expect("it is held", [&] {
    FlapQuickly();
    return IsHeld();
  });
  ctl().Ok("set br br0 move_limit=");
  EXPECT_FALSE(IsHeld());
  EXPECT_EQ(Send({1, 0, kAll}), (Hearers{0, 2, 3}));
  ExpectBalance();
}

// The kernel may pass only what a worker would.
TEST_F(LearningTest, TheFastPathGoesByIt) {
  LearnAll(guests_);
  const auto fast = [&] {
    return ctl().PortStats("vm0").at("ingress").at("fast_frames").get<uint64_t>();
  };
  const auto becomes_fast = [&] {
    Expect("the kernel forwards", [&] {
      const uint64_t before = fast();
      Send({1, 1, Station(0)});
      Send({0, 0, Station(1)});
      return fast() != before;
    });
  };
  if (const char* forced = std::getenv("VSWITCH_FAST_PATH"); forced != nullptr) {
    GTEST_SKIP() << "the fast path is " << forced;
  }
  ASSERT_EQ(ctl().Port("vm0").at("fast_path"), "on") << ctl().Port("vm0").at("fast_path_reason");
  becomes_fast();
  ctl().Ok("set port vm0 locked=on");
  EXPECT_EQ(Send({0, 0, Station(1)}), Hearers{}) << "known, but only learned";
  ctl().Ok("fdb add br0 02:00:00:00:00:00 vm0");
  becomes_fast();
  EXPECT_EQ(Send({0, 5, Station(1)}), Hearers{});
  ctl().Ok("fdb del br0 02:00:00:00:00:00");
  EXPECT_EQ(Send({0, 0, Station(1)}), Hearers{});
  ctl().Ok("fdb add br0 02:00:00:00:00:00 vm0 sticky");
  EXPECT_EQ(Send({0, 0, Station(1)}), Hearers{}) << "static no more";
  ctl().Ok("set port vm0 locked=off");
  becomes_fast();
  ctl().Ok("set port vm0 locked=on");
  EXPECT_EQ(Send({0, 0, Station(1)}), Hearers{}) << "known to the kernel before";
  ctl().Ok("set port vm0 locked=off");
  becomes_fast();
  ctl().Ok("set br br0 learning=off");
  EXPECT_EQ(Send({0, 0, Station(1)}), (Hearers{1, 2, 3})) << "a hub";
  ctl().Ok("set br br0 learning=on");
  becomes_fast();
  ExpectBalance();
}

}  // namespace
}  // namespace vswitch::testing
