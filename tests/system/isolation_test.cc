// Who reaches whom, by settings of ports that are changed while frames flow, with the fast path and
// without.
#include <algorithm>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class IsolationTest : public SystemTest {
 protected:
  void SetUp() override {
    SystemTest::SetUp();
    guests_ = AddGuests(3);
    LearnAll(guests_);
  }
  // Whether guest `to` hears a frame to it before the next broadcast of guest 2.
  bool Reaches(int from, int to) {
    const uint64_t number = ++number_;
    guests_[from]->Send(NumberedFrame(Station(to), Station(from), number));
    // It has been through when its port has counted it, and is at guest `to` by then or never.
    SettledStats(ctl());
    guests_[2]->Send(NumberedFrame(kBroadcast, Station(2), ++number_));
    const std::vector<uint64_t> heard = guests_[to]->ReceiveUntil(number_);
    return std::ranges::find(heard, number) != heard.end();
  }

  std::vector<std::unique_ptr<FakeGuest>> guests_;
  uint64_t number_ = 100;
};

TEST_F(IsolationTest, HoldsAtOnceAndEndsAtOnce) {
  for (int round = 0; round < 2; ++round) {
    SCOPED_TRACE(round);
    EXPECT_TRUE(Reaches(0, 1));
    EXPECT_TRUE(Reaches(1, 0));
    ctl().Ok("set port vm0 isolated=on");
    EXPECT_TRUE(Reaches(0, 1)) << "only one of the two is isolated";
    ctl().Ok("set port vm1 isolated=on");
    EXPECT_FALSE(Reaches(0, 1));
    EXPECT_FALSE(Reaches(1, 0));
    guests_[0]->Send(NumberedFrame(Station(2), Station(0), ++number_));
    EXPECT_THAT(guests_[2]->ReceiveUntil(number_), IsEmpty());
    ctl().Ok("set port vm0 isolated=");
    ctl().Ok("set port vm1 isolated=off");
  }
  EXPECT_EQ(Drops(ctl().PortStats("vm0"), "isolated"), 2);
  EXPECT_EQ(Drops(ctl().PortStats("vm1"), "isolated"), 2);
  ExpectBalance();
}

TEST_F(IsolationTest, IsKeptOverARestart) {
  ctl().Ok("set port vm0 isolated=on flood=off");
  ctl().Ok("set port vm1 isolated=on");
  vswitch().Kill();
  vswitch().Start();
  EXPECT_EQ(ctl().Port("vm0").at("isolated"), "on");
  EXPECT_EQ(ctl().Port("vm0").at("flood"), "off");
  EXPECT_EQ(ctl().Port("vm1").at("isolated"), "on");
}

TEST_F(IsolationTest, FloodsLeaveOutWhoDoesNotWantThem) {
  const MacAddress group{0x01005e000001};
  ctl().Ok("set port vm1 mcast_flood=off");
  guests_[0]->Send(NumberedFrame(group, Station(0), 1));
  guests_[0]->Send(NumberedFrame(kBroadcast, Station(0), 2));
  EXPECT_THAT(guests_[1]->ReceiveUntil(2), IsEmpty());
  EXPECT_THAT(guests_[2]->ReceiveUntil(2), ElementsAre(1));
  ctl().Ok("set port vm1 mcast_flood= flood=off");
  guests_[0]->Send(NumberedFrame(group, Station(0), 3));
  guests_[0]->Send(NumberedFrame(Station(77), Station(0), 4));
  guests_[0]->Send(NumberedFrame(kBroadcast, Station(0), 5));
  EXPECT_THAT(guests_[1]->ReceiveUntil(5), ElementsAre(3));
  EXPECT_THAT(guests_[2]->ReceiveUntil(5), ElementsAre(3, 4));
  ExpectBalance();
}

}  // namespace
}  // namespace vswitch::testing
