#include "switch/model/list_value.h"

#include <array>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

constexpr std::array<std::string_view, 3> kWords = {"mac", "ip", "dhcp-server"};

TEST(ListValueTest, Canonical) {
  const struct {
    const char* given;
    const char* formatted;
  } kMacs[] = {
      {"", ""},
      {"02:00:00:00:00:01", "02:00:00:00:00:01"},
      {"02-00-00-00-00-0B,02:00:00:00:00:0a,02:00:00:00:00:0b",
       "02:00:00:00:00:0a,02:00:00:00:00:0b"},
  };
  for (const auto& c : kMacs) EXPECT_EQ(MacListText(*ReadMacList(c.given)), c.formatted);
  const struct {
    const char* given;
    const char* formatted;
  } kIps[] = {
      {"", ""},
      {"10.0.0.1", "10.0.0.1"},
      {"10.0.0.1/32", "10.0.0.1"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"::/0", "::/0"},
      {"FD00:0:0::1,fd00::1/128,10.2.0.0/16,10.0.0.9", "10.0.0.9,10.2.0.0/16,fd00::1"},
      {"fe80::/64", "fe80::/64"},
      {"2001:db8:1:2::/63,2001:db8::1", "2001:db8::1,2001:db8:1:2::/63"},
      {"::ffff:10.0.0.1", "::ffff:10.0.0.1"},
  };
  for (const auto& c : kIps) {
    const auto read = ReadIpList(c.given);
    ASSERT_TRUE(read.ok()) << c.given << ": " << read.status();
    EXPECT_EQ(IpListText(*read), c.formatted);
    EXPECT_EQ(*ReadIpList(c.formatted), *read);
  }
  EXPECT_EQ(WordSetText(*ReadWordSet("dhcp-server,mac,mac", kWords), kWords), "mac,dhcp-server");
  EXPECT_EQ(WordSetText(*ReadWordSet("", kWords), kWords), "");
}

TEST(ListValueTest, BadMembersAreNamed) {
  const struct {
    const char* text;
    const char* message;
  } kMacs[] = {
      {"x", "has 'x', which is no MAC address"},
      {"02:00:00:00:00:01,", "has '', which is nothing"},
      {",02:00:00:00:00:01", "has '', which is nothing"},
      {"02:00:00:00:00:01,,02:00:00:00:00:02", "has '', which is nothing"},
      {"02:00:00:00:00:01 ,02:00:00:00:00:02", "is no MAC address"},
      {"ff:ff:ff:ff:ff:ff", "is no unicast address"},
      {"00:00:00:00:00:00", "is no unicast address"},
  };
  for (const auto& c : kMacs) {
    EXPECT_THAT(std::string(ReadMacList(c.text).status().message()), HasSubstr(c.message));
  }
  const struct {
    const char* text;
    const char* message;
  } kIps[] = {
      {"10.0.0", "has '10.0.0', which is no IP address"},
      {"10.0.0.5/24", "has '10.0.0.5/24', which has bits behind its prefix"},
      {"fd00::1/64", "has bits behind its prefix"},
      {"10.0.0.1/33", "has no length of a prefix"},
      {"fd00::/129", "has no length of a prefix"},
      {"10.0.0.1/", "has no length of a prefix"},
      {"10.0.0.1/-1", "has no length of a prefix"},
      {"fd00::1%eth0", "is no IP address"},
      {"010.0.0.1", "is no IP address"},
      {"10.0.0.1,", "is nothing"},
  };
  for (const auto& c : kIps) {
    EXPECT_THAT(std::string(ReadIpList(c.text).status().message()), HasSubstr(c.message)) << c.text;
  }
  EXPECT_THAT(std::string(ReadWordSet("mac,arp", kWords).status().message()),
              HasSubstr("has 'arp', which is none of them"));
}

TEST(ListValueTest, NoMoreThanCanBeAsked) {
  std::string text;
  for (size_t i = 0; i < kMaxListed; ++i) text += "10.0." + std::to_string(i) + ".1,";
  EXPECT_TRUE(ReadIpList(text + "10.0.0.1").ok());
  EXPECT_THAT(std::string(ReadIpList(text + "10.1.0.1").status().message()),
              HasSubstr("has 257 members"));
}

}  // namespace
}  // namespace vswitch
