// Storm limits and rates on real TAPs: some pass, some do not, and all are counted. How many is
// bridge/police_test.cc's to say, by a clock of its own.
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

class PoliceTest : public SystemTest {
 protected:
  // Sends frames and returns how many arrive.
  size_t Passed(FakeGuest& from, FakeGuest& to, const Bytes& frame, size_t count) {
    for (size_t i = 0; i < count; ++i) from.Send(frame);
    SettledStats(ctl());
    return to.DrainNumbers().size();
  }
};

TEST_F(PoliceTest, DropsWhatIsBeyondALimitAndCountsIt) {
  auto guests = AddGuests(2);
  LearnAll(guests);
  const MacAddress group = Mac("01:00:5e:01:02:03");
  const struct {
    std::string limit;
    std::string reason;
    MacAddress destination;
    std::string counted_by;
  } cases[] = {
      {"storm_broadcast_pps", "storm_broadcast", kBroadcast, "vm0"},
      {"storm_multicast_pps", "storm_multicast", group, "vm0"},
      {"storm_unknown_pps", "storm_unknown", Station(77), "vm0"},
      {"ingress_pps", "ingress_rate", Station(1), "vm0"},
      {"ingress_bps", "ingress_rate", Station(1), "vm0"},
      {"egress_pps", "egress_rate", Station(1), "vm1"},
      {"egress_bps", "egress_rate", kBroadcast, "vm1"},
  };
  for (const auto& c : cases) {
    const bool is_bits = c.limit.ends_with("bps");
    const uint64_t before = Drops(ctl().PortStats(c.counted_by), c.reason);
    // So slow that none of the test's time matters.
    ctl().Ok("set port " + c.counted_by + " " + c.limit + (is_bits ? "=8 " : "=1 ") + c.limit +
             "_burst=" + (is_bits ? "4800" : "10"));
    const Bytes frame = NumberedFrame(c.destination, Station(0), 1);
    const size_t passed = Passed(*guests[0], *guests[1], frame, 100);
    EXPECT_GE(passed, 10u) << c.limit;
    EXPECT_LT(passed, 50u) << c.limit;
    EXPECT_EQ(Drops(ctl().PortStats(c.counted_by), c.reason) - before, 100 - passed) << c.limit;
    const std::string why = ctl().Port(c.counted_by).at("fast_path_reason");
    EXPECT_EQ(why.find("the port has " + c.limit) == 0, !c.limit.starts_with("storm")) << why;
    ctl().Ok("set port " + c.counted_by + " " + c.limit + "= " + c.limit + "_burst=");
    EXPECT_EQ(Passed(*guests[0], *guests[1], frame, 50), 50u) << c.limit;
  }
  ExpectBalance();
}

TEST_F(PoliceTest, IsShownAndRefusedInWords) {
  auto guests = AddGuests(1);
  ctl().Ok("set port vm0 ingress_bps=100M storm_broadcast_pps=1k storm_broadcast_pps_burst=50");
  const struct {
    const char* settings;
    const char* message;
  } cases[] = {
      {"ingress_bps=fast", "ingress_bps=fast cannot be used: give 1 to 1000G bits a second"},
      {"egress_bps=1001G", "is out of range"},
      {"storm_broadcast_pps=2G", "give 1 to 1G frames a second, in digits or with k, M or G"},
      {"ingress_pps=1.5k", "cannot be used"},
  };
  for (const auto& c : cases) {
    const CommandResult result = ctl().Try("set port vm0 " + std::string(c.settings));
    EXPECT_EQ(result.status, 1) << c.settings;
    EXPECT_THAT(result.errors, HasSubstr(c.message));
  }
  vswitch().Kill();
  vswitch().Start();
  const Json port = ctl().Port("vm0");
  EXPECT_EQ(port.at("ingress_bps"), 100'000'000);
  EXPECT_EQ(port.at("storm_broadcast_pps"), 1000);
  EXPECT_EQ(port.at("storm_broadcast_pps_burst"), 50);
  EXPECT_EQ(port.at("egress_bps"), 0);
}

}  // namespace
}  // namespace vswitch::testing
