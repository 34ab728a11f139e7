#include "switch/base/log_allowance.h"

#include "gtest/gtest.h"

namespace vswitch {
namespace {

TEST(LogAllowance, TenAtOnceThenOneEveryTenSeconds) {
  LogAllowance allowance;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(allowance.Take(1000), 0u) << i;
  for (int i = 0; i < 7; ++i) EXPECT_EQ(allowance.Take(1000), std::nullopt) << i;
  EXPECT_EQ(allowance.Take(1009), std::nullopt);
  EXPECT_EQ(allowance.Take(1010), 8u);
  EXPECT_EQ(allowance.Take(1019), std::nullopt);
  EXPECT_EQ(allowance.Take(1040), 1u);
  EXPECT_EQ(allowance.Take(1040), 0u);
  EXPECT_EQ(allowance.Take(1040), 0u);
  EXPECT_EQ(allowance.Take(1040), std::nullopt);
  // However long nothing was logged, no more than ten.
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(allowance.Take(4'000'000'000).has_value()) << i;
  EXPECT_EQ(allowance.Take(4'000'000'000), std::nullopt);
}

}  // namespace
}  // namespace vswitch
