#include "switch/model/reserved_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "switch/model/settings.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char* text;
  uint16_t mask;
  // As it is shown; empty: as it was written.
  const char* shown = "";
};

// IEEE 802.1Q-2018, table 8-1.
TEST(ReservedNamesTest, ReadsAndShows) {
  for (const Case& each : {
           Case{"", 0},
           Case{"stp", 1 << 0},
           Case{"pause", 1 << 1},
           Case{"lacp", 1 << 2},
           Case{"eapol", 1 << 3},
           Case{"802.1x", 1 << 3, "eapol"},
           Case{"elmi", 1 << 7},
           Case{"provider-stp", 1 << 8},
           Case{"mvrp", 1 << 13},
           Case{"gvrp", 1 << 13, "mvrp"},
           Case{"lldp", 1 << 14},
           Case{"0x5", 1 << 5},
           Case{"0xe", 1 << 14, "lldp"},
           Case{"lldp,lacp,stp,lacp", 0x4005, "stp,lacp,lldp"},
       }) {
    const absl::StatusOr<uint16_t> mask = ReadReservedNames(each.text);
    ASSERT_TRUE(mask.ok()) << each.text << ": " << mask.status();
    EXPECT_EQ(*mask, each.mask) << each.text;
    EXPECT_EQ(ReservedNamesText(*mask), *each.shown == '\0' ? each.text : each.shown);
  }
}

TEST(ReservedNamesTest, EveryMaskHasAText) {
  for (uint32_t mask = 0; mask <= 0xffff; ++mask) {
    const std::string text = ReservedNamesText(static_cast<uint16_t>(mask));
    ASSERT_EQ(ReadReservedNames(text).value_or(0), mask) << text;
  }
}

TEST(ReservedNamesTest, RefusesWhatIsNone) {
  for (const char* text : {"ldp", "stp,", ",stp", "stp;lacp", "STP", "0x10", "5", "stp lacp"}) {
    EXPECT_FALSE(ReadReservedNames(text).ok()) << text;
  }
  EXPECT_THAT(std::string(ReadReservedNames("stp,ldp").status().message()),
              HasSubstr("did you mean 'lldp'?"));
}

TEST(ReservedNamesTest, AreAnotherWayToWriteTheMask) {
  BridgeSpec spec;
  ASSERT_TRUE(ApplyBridgeSettings({{"forward_reserved", "stp,lldp"}}, &spec).ok());
  EXPECT_EQ(spec.group_fwd_mask, 0x4001);
  ASSERT_TRUE(ApplyBridgeSettings({{"group_fwd_mask", "4"}}, &spec).ok());
  EXPECT_EQ(ReservedNamesText(spec.group_fwd_mask), "lacp");
  EXPECT_FALSE(ApplyBridgeSettings({{"forward_reserved", "stp,x"}}, &spec).ok());
  EXPECT_EQ(spec.group_fwd_mask, 4) << "the old setting is kept";
  ASSERT_TRUE(ApplyBridgeSettings({{"forward_reserved", ""}}, &spec).ok());
  EXPECT_EQ(spec.group_fwd_mask, 0);
}

TEST(ReservedNamesTest, BothWaysAtOnceMustAgree) {
  BridgeSpec spec;
  for (const Settings& settings :
       {Settings{{"group_fwd_mask", "0"}, {"forward_reserved", "lldp"}},
        Settings{{"forward_reserved", "lldp"}, {"group_fwd_mask", "1"}}}) {
    EXPECT_THAT(std::string(ApplyBridgeSettings(settings, &spec).message()),
                HasSubstr("give one of them"));
    EXPECT_EQ(spec.group_fwd_mask, 0);
  }
  EXPECT_TRUE(
      ApplyBridgeSettings({{"group_fwd_mask", "4"}, {"forward_reserved", "lacp"}}, &spec).ok());
  EXPECT_EQ(spec.group_fwd_mask, 4);
}

}  // namespace
}  // namespace vswitch
