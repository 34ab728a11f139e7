// Everything changes while frames flow. The property: the control thread and the workers share
// nothing but what is made for it; tools/test runs this under TSan too.
#include <csignal>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ChurnTest : public EachIoMode {
 protected:
  // Two guests in an endless talk: a known station, an unknown one, and a flood.
  void StartTalk() {
    guests_ = AddGuests(2);
    talk_.emplace([this] {
      for (uint32_t i = 0; i < 100; ++i) {
        guests_[0]->Send(NumberedFrame(kBroadcast, Station(i), 0));
        guests_[0]->Send(NumberedFrame(Station(1), Station(0), 0));
        guests_[0]->Send(NumberedFrame(Station(1000 + i), Station(0), 0));
      }
    });
    listen_.emplace([this] { guests_[1]->DrainNumbers(); });
  }

  // The talk ends; the two are served as before, and the daemon ends in order.
  void ExpectAllIsWell() {
    talk_.reset();
    SettledStats(ctl());
    listen_.reset();
    guests_[1]->DrainNumbers();
    guests_[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
    EXPECT_THAT(guests_[1]->ReceiveUntil(1), IsEmpty());
    EXPECT_EQ(vswitch().Terminate(), 0);
    EXPECT_THAT(vswitch().daemon().Errors(), Not(HasSubstr("ThreadSanitizer")));
  }

  std::vector<std::unique_ptr<FakeGuest>> guests_;
  std::optional<Loop> talk_;
  std::optional<Loop> listen_;
};

TEST_P(ChurnTest, PortsComeAndGo) {
  StartTalk();
  for (int i = 0; i < 5; ++i) {
    auto guest = AddGuest("churn");
    Expect("the new port gets frames", [&] { return guest->Receive().has_value(); });
    ctl().Ok("--force del-port churn");
    EXPECT_FALSE(net().HasLink("churn"));
  }
  ExpectAllIsWell();
}

TEST_P(ChurnTest, GuestsComeAndGo) {
  StartTalk();
  ctl().Ok("add-port br0 churn");
  for (int i = 0; i < 5; ++i) {
    FakeGuest guest(net(), "churn");
    Expect("the new guest gets frames", [&] { return guest.Receive().has_value(); });
  }
  ExpectAllIsWell();
}

TEST_P(ChurnTest, DevicesComeAndGo) {
  StartTalk();
  for (int i = 0; i < 3; ++i) {
    auto guest = AddGuest("churn");
    net().Ip("link del churn");
    Expect("the deletion is noticed", [&] { return ctl().PortState("churn") != "up"; });
    ctl().Ok("del-port churn");
  }
  ExpectAllIsWell();
}

TEST_P(ChurnTest, SettingsChange) {
  StartTalk();
  for (int i = 0; i < 5; ++i) {
    ctl().Ok("set br br0 ageing_s=" + std::to_string(10 + i));
    ctl().Ok("set br br0 fdb_entries=" + std::to_string(64 << i));
    ctl().Ok("set port vm1 mtu=" + std::to_string(1500 + i));
    ctl().Ok("fdb flush br0");
    ctl().Ok("fdb flush br0 port=vm0");
    ctl().Ok("fdb add br0 " + Station(77).ToString() + " vm1");
    ctl().Ok("fdb del br0 " + Station(77).ToString());
    ctl().Ok("add-br br1");
    ctl().Ok("del-br br1");
    ctl().Query("fdb show");
    ctl().Query("fdb stats");
    ctl().Query("stats");
  }
  // Nothing of all that costs the counters a frame; a port deleted takes its counters along.
  talk_.reset();
  ExpectBalance();
  ExpectAllIsWell();
}

VSWITCH_EACH_IO_MODE(ChurnTest);

}  // namespace
}  // namespace vswitch::testing
