#include "switch/core/rest.h"

#include <gtest/gtest.h>

namespace vswitch {
namespace {

constexpr uint64_t kFactor = Rest::kFactor;
constexpr uint64_t kGraceUs = Rest::kGraceUs;

TEST(Rest, LetsWorkThatComesNowAndThenGoOn) {
  Rest rest;
  for (uint64_t now = 0; now < 100'000'000; now += 3'000'000) {
    EXPECT_EQ(rest.Left(now), 0u);
    rest.Worked(now + 40'000, 40'000);
    EXPECT_EQ(rest.Left(now + 40'000), 0u);
    rest.Worked(now + 100'000, 60'000);
    EXPECT_EQ(rest.Left(now + 100'000), 0u) << "as much as there may be at once";
  }
}

TEST(Rest, LastsTenTimesAsLongAsTheWork) {
  Rest rest;
  const uint64_t now = 5'000'000;
  rest.Worked(now, kGraceUs / kFactor);
  EXPECT_EQ(rest.Left(now), 0u);
  rest.Worked(now, 50);
  EXPECT_EQ(rest.Left(now), 50 * kFactor);
  rest.Worked(now, 20);
  EXPECT_EQ(rest.Left(now + 100), 70 * kFactor - 100) << "what could not wait counts too";
  EXPECT_EQ(rest.Left(now + 70 * kFactor), 0u);
}

// Whoever has us close and open without end: closings are at once, and all of it together is a
// small share of the time.
TEST(Rest, AllOfItIsASmallShareOfTheTime) {
  constexpr uint64_t kCloses = 7'000;
  constexpr uint64_t kOpens = 5'000;
  Rest rest;
  bool is_open = true;
  uint64_t worked = 0;
  uint64_t now = 0;
  const auto work = [&](uint64_t us) {
    now += us;
    worked += us;
    rest.Worked(now, us);
    is_open = !is_open;
  };
  while (now < 100'000'000) {
    now += 1'000;
    if (is_open) {
      work(kCloses);
    } else if (rest.Left(now) == 0) {
      work(kOpens);
    }
  }
  EXPECT_LE(worked, (now + kGraceUs) / kFactor + kCloses + kOpens);
  EXPECT_GT(worked, now / kFactor / 2);
}

}  // namespace
}  // namespace vswitch
