#include "mac_table/mac_address.h"

#include <gtest/gtest.h>

#include <string>

namespace vswitch {
namespace {

TEST(MacAddressTest, ParsesAndPrints) {
  const struct {
    std::string text;
    std::optional<uint64_t> value;
  } kCases[] = {
      {"52:54:00:12:34:56", 0x525400123456},
      {"52-54-00-12-34-56", 0x525400123456},
      {"aB:Cd:eF:AB:cD:Ef", 0xabcdefabcdef},
      {"00:00:00:00:00:00", 0},
      {"ff:ff:ff:ff:ff:ff", 0xffffffffffff},
      {"", std::nullopt},
      {"52:54:00:12:34:5", std::nullopt},
      {"52:54:00:12:34:567", std::nullopt},
      {"52:54:00:12:34:56 ", std::nullopt},
      {" 52:54:00:12:34:56", std::nullopt},
      {"52:54-00:12:34:56", std::nullopt},  // Mixed separators.
      {"52.54.00.12.34.56", std::nullopt},
      {"5254.0012.3456000", std::nullopt},
      {"525400123456", std::nullopt},
      {"52:54:00:12:34:5g", std::nullopt},
      {"52:54:00:12:34:-6", std::nullopt},
      {"0x:54:00:12:34:56", std::nullopt},
      {std::string("52:54:00:12:34:5\0", 17), std::nullopt},
  };
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.text);
    const std::optional<MacAddress> mac = MacAddress::Parse(test.text);
    ASSERT_EQ(mac.has_value(), test.value.has_value());
    if (!mac) continue;
    EXPECT_EQ(mac->value, *test.value);
    EXPECT_EQ(MacAddress::Parse(mac->ToString()), mac);
  }
  EXPECT_EQ(MacAddress{0x0a1b2c3d4e5f}.ToString(), "0a:1b:2c:3d:4e:5f");
}

TEST(MacAddressTest, BytesAreInWireOrder) {
  const uint8_t octets[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0xff};
  const MacAddress mac = MacAddress::FromBytes(octets);
  EXPECT_EQ(mac.value, 0x5254001234ffu);
  uint8_t written[6] = {};
  mac.ToBytes(written);
  EXPECT_TRUE(std::equal(octets, octets + 6, written));
}

TEST(MacAddressTest, Classes) {
  const struct {
    uint64_t value;
    bool zero, group, reserved;
  } kCases[] = {
      {0x000000000000, true, false, false},  //
      {0x000000000001, false, false, false}, {0x525400123456, false, false, false},
      {0x010000000000, false, true, false},  {0x010000000001, false, true, false},
      {0x000100000000, false, false, false},  // The bit of another octet.
      {0xffffffffffff, false, true, false},  {0x0180c2000000, false, true, true},
      {0x0180c200000f, false, true, true},   {0x0180c2000010, false, true, false},
      {0x0180c1ffffff, false, true, false},  {0x0080c2000000, false, false, false},
  };
  for (const auto& test : kCases) {
    const MacAddress mac{test.value};
    SCOPED_TRACE(mac.ToString());
    EXPECT_EQ(mac.IsZero(), test.zero);
    EXPECT_EQ(mac.IsGroup(), test.group);
    EXPECT_EQ(mac.IsLinkLocalReserved(), test.reserved);
  }
}

}  // namespace
}  // namespace vswitch
