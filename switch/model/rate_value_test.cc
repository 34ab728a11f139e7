#include "switch/model/rate_value.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

TEST(RateValueTest, LettersAreDecimal) {
  const struct {
    const char* text;
    uint64_t rate;
  } kCases[] = {
      {"0", 0},
      {"1", 1},
      {"1500", 1500},
      {"10k", 10'000},
      {"100M", 100'000'000},
      {"1G", 1'000'000'000},
      {"1000G", 1'000'000'000'000},
  };
  for (const auto& c : kCases) EXPECT_EQ(*ReadRate(c.text, 1'000'000'000'000), c.rate) << c.text;
}

TEST(RateValueTest, BadRates) {
  for (const char* text : {"", "k", "1K", "1m", "1kk", "1.5M", "-1", "1 k", "1e3", "0x10", "1kb"}) {
    EXPECT_THAT(std::string(ReadRate(text, 1'000'000).status().message()),
                HasSubstr("cannot be used"))
        << text;
  }
  for (const char* text : {"1000001", "1001k", "2M", "1G", "18446744073709551615G"}) {
    EXPECT_THAT(std::string(ReadRate(text, 1'000'000).status().message()),
                HasSubstr("is out of range"))
        << text;
  }
}

}  // namespace
}  // namespace vswitch
