// A burst is not a storm: what is written at once to everybody, or to a station that nobody knows,
// reaches every receiver whose queue holds it, whole and in order, whatever the number of ports.
#include <sys/resource.h>

#include <numeric>

#include "tests/harness/system_test.h"
#include "tests/long_run.h"

namespace vswitch::testing {
namespace {

constexpr uint64_t kBurst = 256;
constexpr MacAddress kMulticast{0x01005e0000fb};

struct Case {
  std::string io_mode;
  int ports;
};

class BurstTest : public SystemTest, public ::testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    // A descriptor for each guest of ours.
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    SetUpSwitch(GetParam().io_mode);
  }

  // Sends the numbers 0, 1, ... from guest 0 and looks at what each other guest got.
  void ExpectWholeBurst(const std::vector<std::unique_ptr<FakeGuest>>& guests, MacAddress to) {
    for (uint64_t i = 0; i < kBurst; ++i) guests[0]->Send(NumberedFrame(to, Station(0), i));
    ExpectBalance();
    std::vector<uint64_t> all(kBurst);
    std::iota(all.begin(), all.end(), uint64_t{0});
    for (size_t i = 1; i < guests.size(); ++i) {
      ASSERT_EQ(guests[i]->DrainNumbers(), all) << "guest " << i;
    }
    EXPECT_EQ(ctl().PortStats("vm0").at("drops").at("flood_limit"), 0);
  }
};

TEST_P(BurstTest, ReachesEverybody) {
  const auto guests = AddGuests(GetParam().ports);
  ExpectWholeBurst(guests, kMulticast);
  ExpectWholeBurst(guests, Station(1'000'000));
}

class BurstOfANeighbourTest : public BurstTest {};

// While a port bursts, no frame of a neighbour to a known station is lost, and each flow stays in
// order.
TEST_P(BurstOfANeighbourTest, CostsNoKnownFrameOfOthers) {
  const auto guests = AddGuests(GetParam().ports);
  guests[1]->Send(NumberedFrame(kMulticast, Station(1), 0));
  ExpectFdb(Station(1), "vm1");
  SettledStats(ctl());
  for (const auto& guest : guests) guest->DrainNumbers();

  for (uint64_t i = 0; i < kBurst; ++i) guests[0]->Send(NumberedFrame(kMulticast, Station(0), i));
  for (uint64_t i = 0; i < kBurst; ++i) {
    guests[2]->Send(NumberedFrame(Station(1), Station(2), 1'000 + i));
  }
  ExpectBalance();
  const std::vector<uint64_t> numbers = guests[1]->DrainNumbers();
  EXPECT_EQ(numbers.size(), 2 * kBurst);
  uint64_t next_of_burst = 0;
  uint64_t next_known = 1'000;
  for (const uint64_t number : numbers) {
    EXPECT_EQ(number, number < 1'000 ? next_of_burst : next_known);
    ++(number < 1'000 ? next_of_burst : next_known);
  }
  EXPECT_EQ(ctl().PortStats("vm2").at("drops").at("flood_limit"), 0);
}

std::string NameOf(const ::testing::TestParamInfo<Case>& info) {
  return info.param.io_mode + std::to_string(info.param.ports);
}
INSTANTIATE_TEST_SUITE_P(EachSize, BurstTest,
                         ::testing::Values(Case{"multishot", 7}, Case{"multishot", 12},
                                           Case{"multishot", 20}, Case{"multishot", 40},
                                           Case{"multishot", UsualOrLong(150, 1000)},
                                           Case{"poll", 40}),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(EachIoMode, BurstOfANeighbourTest,
                         ::testing::Values(Case{"multishot", 40}, Case{"poll", 40}), NameOf);

}  // namespace
}  // namespace vswitch::testing
