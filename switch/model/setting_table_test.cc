// What settings are written as, and what is said of each key.
#include "switch/model/setting_table.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/model/settings.h"

namespace vswitch {
namespace {

using ::testing::_;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::Pair;

constexpr uid_t kRoot = 0;
constexpr uid_t kAlice = 4'000'000'001;  // Nobody's number.

std::string Message(const absl::Status& status) { return std::string(status.message()); }

// The settings of a spec as the user would type them, but for those of other types of port.
Settings Formatted(const BridgeSpec& spec) {
  Settings settings;
  for (const auto& key : BridgeKeys()) settings.emplace_back(key.name, key.Format(spec));
  return settings;
}
Settings Formatted(const PortSpec& spec) {
  Settings settings;
  for (const auto& key : PortKeys()) {
    if (key.AppliesTo(spec.type)) settings.emplace_back(key.name, key.Format(spec));
  }
  return settings;
}

TEST(FormatSettings, IsWhatTheUserWouldType) {
  BridgeSpec bridge;
  bridge.group_fwd_mask = 0x4000;
  EXPECT_THAT(Formatted(bridge),
              IsSupersetOf({Pair("ageing_s", "300"), Pair("fdb_entries", "65536"),
                            Pair("group_fwd_mask", "0x4000"), Pair("fast_path", "on")}));
  PortSpec tap;
  tap.owner = kAlice;
  tap.queues = 4;
  EXPECT_THAT(Formatted(tap),
              IsSupersetOf({Pair("type", "tap"), Pair("owner", "4000000001"), Pair("mtu", "0"),
                            Pair("queues", "4"), Pair("txqueuelen", "1000"),
                            Pair("isolated", "off"), Pair("fast_path", "on")}));
  EXPECT_THAT(Formatted(tap), Not(Contains(Pair("mac", _))));
  PortSpec internal;
  internal.type = PortType::kInternal;
  EXPECT_THAT(Formatted(internal),
              IsSupersetOf({Pair("type", "internal"), Pair("mtu", "0"), Pair("mac", ""),
                            Pair("txqueuelen", "1000"), Pair("fast_path", "on")}));
  EXPECT_THAT(Formatted(internal), Not(Contains(Pair("owner", _))));
}

TEST(FormatSettings, ReadsBack) {
  PortSpec spec;
  spec.owner = 0;
  spec.mtu = 9000;
  spec.queues = 16;
  spec.txqueuelen = 500;
  spec.fast_path = false;
  PortSpec copy;
  ASSERT_TRUE(ApplyPortSettings(Formatted(spec), SettingsPhase::kCreate, kRoot, &copy).ok());
  EXPECT_EQ(Formatted(copy), Formatted(spec));
}

TEST(CheckSettings, CatchesWhatNoSettingCouldMake) {
  BridgeSpec bridge;
  bridge.ageing_s = 9;
  EXPECT_THAT(Message(CheckBridgeSettings(bridge)), HasSubstr("10 to 1000000"));

  PortSpec port;
  port.type = static_cast<PortType>(3);
  EXPECT_THAT(Message(CheckPortSettings(port)), HasSubstr("type=3 is out of range"));
  port = {.type = PortType::kInternal, .owner = 5};
  EXPECT_THAT(Message(CheckPortSettings(port)), HasSubstr("owner= applies to"));
  port = {.type = PortType::kNetdev, .created = true};
  EXPECT_THAT(Message(CheckPortSettings(port)), HasSubstr("created"));
}

TEST(SettingsHelp, EveryKeyIsExplained) {
  const auto expect_explained = [](const auto& key) {
    EXPECT_FALSE(key.placeholder.empty()) << key.name;
    EXPECT_FALSE(key.help.empty()) << key.name;
    EXPECT_FALSE(key.value.allowed.empty()) << key.name;
  };
  for (const auto& key : BridgeKeys()) expect_explained(key);
  for (const auto& key : PortKeys()) expect_explained(key);
}

}  // namespace
}  // namespace vswitch
