#include "switch/model/settings.h"

#include <pwd.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/base/str_cat.h"
#include "switch/model/setting_table.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kRoot = 0;
constexpr uid_t kAlice = 4'000'000'001;  // Nobody's number.

std::string Message(const absl::Status& status) { return std::string(status.message()); }

TEST(BridgeSettings, GoodValues) {
  const struct {
    Settings settings;
    uint32_t ageing_s, fdb_entries;
    uint16_t group_fwd_mask;
  } kCases[] = {
      {{}, 300, 65536, 0},
      {{{"ageing_s", "10"}}, 10, 65536, 0},
      {{{"ageing_s", "1000000"}}, 1'000'000, 65536, 0},
      {{{"fdb_entries", "16"}}, 300, 16, 0},
      {{{"fdb_entries", "4194304"}}, 300, 4'194'304, 0},
      {{{"group_fwd_mask", "0x4001"}}, 300, 65536, 0x4001},
      {{{"group_fwd_mask", "0XFFFF"}}, 300, 65536, 0xffff},
      {{{"group_fwd_mask", "65535"}, {"ageing_s", "60"}}, 60, 65536, 0xffff},
  };
  for (const auto& c : kCases) {
    BridgeSpec spec;
    ASSERT_TRUE(ApplyBridgeSettings(c.settings, &spec).ok());
    EXPECT_EQ(spec.ageing_s, c.ageing_s);
    EXPECT_EQ(spec.fdb_entries, c.fdb_entries);
    EXPECT_EQ(spec.group_fwd_mask, c.group_fwd_mask);
    EXPECT_TRUE(CheckBridgeSettings(spec).ok());
  }
}

TEST(BridgeSettings, BadValuesNameTheRange) {
  const struct {
    const char* key;
    const char* value;
    const char* message;
  } kCases[] = {
      {"ageing_s", "9", "ageing_s=9 is out of range: give 10 to 1000000 seconds"},
      {"ageing_s", "1000001", "give 10 to 1000000 seconds"},
      {"ageing_s", "1", "give 10 to 1000000 seconds, or 0 for ever"},
      {"learn_limit", "4194305", "give 1 to 4194304 addresses, or 0 for no limit"},
      {"learning", "hub", "on"},
      {"move_limit", "5", "move_limit=5 cannot be used: give off, or N/SECONDS"},
      {"move_limit", "0/10", "move_limit=0/10 is out of range"},
      {"move_limit", "31/10", "is out of range"},
      {"move_limit", "5/0", "is out of range"},
      {"move_limit", "5/3601", "is out of range"},
      {"move_limit", "5/", "cannot be used"},
      {"move_limit", "/10", "cannot be used"},
      {"move_limit", "5/10/2", "cannot be used"},
      {"ageing_s", "abc", "ageing_s=abc cannot be used: give 10 to 1000000 seconds"},
      {"ageing_s", "-300", "cannot be used"},
      {"ageing_s", "+300", "cannot be used"},
      {"ageing_s", " 300", "cannot be used"},
      {"ageing_s", "300 ", "cannot be used"},
      {"ageing_s", "300s", "cannot be used"},
      {"ageing_s", "3e2", "cannot be used"},
      {"ageing_s", "0x100", "cannot be used"},
      {"ageing_s", "4294967596", "out of range"},              // 2^32 + 300.
      {"ageing_s", "18446744073709551916", "cannot be used"},  // 2^64 + 300.
      {"ageing_s", "\x1b[2J", "ageing_s=\\x1b[2J cannot be used"},
      {"fdb_entries", "15", "give 16 to 4194304 addresses"},
      {"group_fwd_mask", "0x10000", "give 0 to 0xffff, in decimal or hexadecimal"},
      {"fast_path", "maybe", "on"},
      {"fast_path", "ON", "on"},
      {"group_fwd_mask", "0x", "give 0 to 0xffff"},
      {"group_fwd_mask", "ffff", "give 0 to 0xffff"},
  };
  for (const auto& c : kCases) {
    BridgeSpec spec;
    const absl::Status status = ApplyBridgeSettings({{c.key, c.value}}, &spec);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.key << "=" << c.value;
    EXPECT_THAT(Message(status), HasSubstr(c.message));
  }
}

TEST(BridgeSettings, UnknownKeyNamesTheNearestAndAll) {
  BridgeSpec spec;
  std::string all;
  for (const auto& key : BridgeKeys()) all += StrCat(all.empty() ? "" : ", ", key.name);
  EXPECT_EQ(Message(ApplyBridgeSettings({{"aging_s", "300"}}, &spec)),
            "unknown key 'aging_s': did you mean 'ageing_s'? The keys are " + all);
  EXPECT_EQ(Message(ApplyBridgeSettings({{"color", "blue"}}, &spec)),
            "unknown key 'color'. The keys are " + all);
}

TEST(BridgeSettings, AllOrNothing) {
  BridgeSpec spec;
  EXPECT_FALSE(ApplyBridgeSettings({{"ageing_s", "60"}, {"fdb_entries", "1"}}, &spec).ok());
  EXPECT_FALSE(ApplyBridgeSettings({{"ageing_s", "60"}, {"nonsense", "1"}}, &spec).ok());
  EXPECT_EQ(spec.ageing_s, 300u);
}

TEST(BridgeSettings, NoValueIsTheDefault) {
  BridgeSpec spec;
  spec.name = "br0";
  const BridgeSpec defaults = spec;
  spec.ageing_s = 60;
  spec.fdb_entries = 16;
  spec.group_fwd_mask = 1;
  spec.fast_path = false;
  Settings settings;
  for (const auto& key : BridgeKeys()) settings.emplace_back(key.name, "");
  ASSERT_TRUE(ApplyBridgeSettings(settings, &spec).ok());
  EXPECT_EQ(spec, defaults);
}

TEST(BridgeSettings, OneKeyTwiceIsAMistake) {
  BridgeSpec spec;
  EXPECT_THAT(Message(ApplyBridgeSettings({{"ageing_s", "60"}, {"ageing_s", "60"}}, &spec)),
              HasSubstr("ageing_s= is given twice"));
}

TEST(PortSettings, DefaultsBelongToTheCaller) {
  PortSpec spec;
  ASSERT_TRUE(ApplyPortSettings({}, SettingsPhase::kCreate, kAlice, &spec).ok());
  EXPECT_EQ(spec.type, PortType::kTap);
  EXPECT_EQ(spec.owner, kAlice);
  EXPECT_EQ(spec.mtu, 0u);
  EXPECT_EQ(spec.queues, 1u);
  EXPECT_EQ(spec.txqueuelen, 1000u);
}

TEST(PortSettings, OtherTypesHaveNoOwner) {
  for (const char* type : {"internal", "netdev"}) {
    PortSpec spec;
    ASSERT_TRUE(ApplyPortSettings({{"type", type}}, SettingsPhase::kCreate, kAlice, &spec).ok());
    EXPECT_EQ(PortTypeName(spec.type), type);
    EXPECT_EQ(spec.owner, 0u);
    EXPECT_TRUE(CheckPortSettings(spec).ok());
  }
}

TEST(PortSettings, OrderDoesNotMatter) {
  for (const Settings& settings : {Settings{{"queues", "2"}, {"type", "internal"}},
                                   Settings{{"type", "internal"}, {"queues", "2"}}}) {
    PortSpec spec;
    EXPECT_EQ(Message(ApplyPortSettings(settings, SettingsPhase::kCreate, kRoot, &spec)),
              "queues= applies to ports of type=tap only, not to type=internal");
    EXPECT_EQ(spec.type, PortType::kTap);
  }
}

TEST(PortSettings, Values) {
  const struct {
    const char* key;
    const char* value;
    const char* message;  // Null: accepted.
  } kCases[] = {
      {"type", "tap", nullptr},
      {"type", "TAP", "type=TAP is no type of port: give tap, internal or netdev"},
      {"mtu", "0", nullptr},
      {"mtu", "68", nullptr},
      {"mtu", "65521", nullptr},
      {"mtu", "67", "mtu=67 is out of range: give 68 to 65521 bytes, or 0 for the bridge's"},
      {"mtu", "65522", "give 68 to 65521 bytes"},
      {"queues", "1", nullptr},
      {"queues", "16", nullptr},
      {"queues", "0", "give 1 to 16 queues"},
      {"queues", "17", "give 1 to 16 queues"},
      {"txqueuelen", "16", nullptr},
      {"txqueuelen", "65536", nullptr},
      {"txqueuelen", "15", "give 16 to 65536 frames"},
      {"txqueuelen", "65537", "give 16 to 65536 frames"},
      {"owner", "root", nullptr},
      {"owner", "4294967294", nullptr},
      {"owner", "4294967295", "out of range"},  // (uid_t)-1: "leave it" to the kernel.
      {"owner", "no such user", "owner=no such user is no user of this host"},
      {"owner", "-1", "is no user of this host"},
  };
  for (const auto& c : kCases) {
    PortSpec spec;
    const absl::Status status =
        ApplyPortSettings({{c.key, c.value}}, SettingsPhase::kCreate, kRoot, &spec);
    EXPECT_EQ(status.ok(), c.message == nullptr) << c.key << "=" << c.value << ": " << status;
    if (c.message != nullptr) {
      EXPECT_THAT(Message(status), HasSubstr(c.message));
    }
    EXPECT_TRUE(CheckPortSettings(spec).ok());
  }
}

TEST(PortSettings, NoValueIsTheDefault) {
  PortSpec spec;
  ASSERT_TRUE(ApplyPortSettings({}, SettingsPhase::kCreate, kAlice, &spec).ok());
  const PortSpec defaults = spec;
  spec.mtu = 9000;
  spec.isolated = true;
  spec.flood = false;
  spec.mcast_flood = false;
  spec.bcast_flood = false;
  spec.fast_path = false;
  Settings settings;
  for (const auto& key : PortKeys()) {
    if (key.AppliesTo(spec.type)) settings.emplace_back(key.name, "");
  }
  const absl::Status status = ApplyPortSettings(settings, SettingsPhase::kChange, kAlice, &spec);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(spec, defaults);
}

TEST(PortSettings, MacAddresses) {
  const struct {
    const char* value;
    const char* message;  // Null: accepted.
    const char* formatted;
  } kCases[] = {
      {"02:00:00:00:00:0a", nullptr, "02:00:00:00:00:0a"},
      {"02-00-00-00-00-0A", nullptr, "02:00:00:00:00:0a"},
      {"", nullptr, ""},
      {"01:00:5e:00:00:01", "is no unicast address: give a unicast address, such as", ""},
      {"ff:ff:ff:ff:ff:ff", "is no unicast address", ""},
      {"00:00:00:00:00:00", "is no unicast address", ""},
      {"02:00:00:00:00", "mac=02:00:00:00:00 is no MAC address", ""},
      {"mine", "is no MAC address", ""},
  };
  for (const auto& c : kCases) {
    PortSpec spec{.type = PortType::kInternal};
    const absl::Status status =
        ApplyPortSettings({{"mac", c.value}}, SettingsPhase::kChange, kRoot, &spec);
    EXPECT_EQ(status.ok(), c.message == nullptr) << c.value << ": " << status;
    if (c.message != nullptr) {
      EXPECT_THAT(Message(status), HasSubstr(c.message));
    }
    EXPECT_EQ(spec.mac.IsZero() ? "" : spec.mac.ToString(), c.formatted);
  }
}

TEST(PortSettings, OwnerByName) {
  const passwd* nobody = getpwnam("nobody");
  if (nobody == nullptr) GTEST_SKIP() << "this host has no user 'nobody'";
  PortSpec spec;
  ASSERT_TRUE(ApplyPortSettings({{"owner", "nobody"}}, SettingsPhase::kCreate, kRoot, &spec).ok());
  EXPECT_EQ(spec.owner, nobody->pw_uid);
}

TEST(PortSettings, OnlyRootNamesAnotherOwner) {
  const struct {
    uid_t caller;
    uid_t owner;
    SettingsPhase phase;
    bool allowed;
  } kCases[] = {
      {kRoot, kAlice, SettingsPhase::kCreate, true},
      {kRoot, kAlice, SettingsPhase::kChange, true},
      {kAlice, kAlice, SettingsPhase::kCreate, true},
      {kAlice, kAlice, SettingsPhase::kChange, true},
      {kAlice, 0, SettingsPhase::kCreate, false},
      {kAlice, 0, SettingsPhase::kChange, false},
      {kAlice, 7777, SettingsPhase::kChange, true},  // What it is already: no change.
  };
  for (const auto& c : kCases) {
    PortSpec spec;
    spec.owner = 7777;
    const std::string owner = absl::StrCat(c.owner);
    const absl::Status status = ApplyPortSettings({{"owner", owner}}, c.phase, c.caller, &spec);
    if (c.allowed) {
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_EQ(spec.owner, c.owner);
    } else {
      EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
      EXPECT_EQ(spec.owner, 7777u);
    }
  }
}

TEST(PortSettings, WhatShapesTheDeviceIsFixedAtCreation) {
  for (const auto& [key, same, other] :
       {std::tuple("type", "tap", "internal"), std::tuple("queues", "1", "2"),
        std::tuple("txqueuelen", "1000", "2000")}) {
    PortSpec spec;
    EXPECT_TRUE(ApplyPortSettings({{key, same}}, SettingsPhase::kChange, kRoot, &spec).ok());
    const absl::Status status =
        ApplyPortSettings({{"mtu", "9000"}, {key, other}}, SettingsPhase::kChange, kRoot, &spec);
    EXPECT_THAT(Message(status), HasSubstr(StrCat(key,
                                                  "= can only be given when the port is added; "
                                                  "it is ",
                                                  same)));
    EXPECT_EQ(spec.mtu, 0u);
  }
}

TEST(PortSettings, ChangeKeepsTheRest) {
  PortSpec spec;
  spec.name = "vm0";
  spec.owner = kAlice;
  spec.created = true;
  ASSERT_TRUE(ApplyPortSettings({{"mtu", "9000"}}, SettingsPhase::kChange, kRoot, &spec).ok());
  EXPECT_EQ(spec.name, "vm0");
  EXPECT_EQ(spec.mtu, 9000u);
  EXPECT_EQ(spec.owner, kAlice);
  EXPECT_TRUE(spec.created);
}

TEST(CheckHas, DifferencesAreNamed) {
  const PortSpec spec = {.name = "vm0", .owner = kAlice, .queues = 2};
  PortSpec shown = spec;
  shown.mtu = 1500;
  const struct {
    Settings settings;
    std::string message;  // Empty: none differs.
  } kCases[] = {
      {{}, ""},
      {{{"type", "tap"}, {"queues", "2"}, {"owner", StrCat(kAlice)}}, ""},
      // What was asked for and what the device has are both what the port has.
      {{{"mtu", "0"}}, ""},
      {{{"mtu", "1500"}}, ""},
      {{{"mtu", "9000"}},
       "port 'vm0' exists already, but has mtu=1500 and not mtu=9000: change that"},
      {{{"mtu", "9000"}, {"owner", "0"}}, "owner=4000000001 and not owner=0: change that"},
      {{{"type", "netdev"}}, "has type=tap and not type=netdev: remove it and add it again"},
      {{{"mtu", "9000"}, {"queues", "1"}}, "has mtu=1500 and not mtu=9000, queues=2 and not "},
      {{{"color", "red"}}, "unknown key 'color'"},
      {{{"mtu", "big"}}, "mtu=big cannot be used"},
  };
  for (const auto& c : kCases) {
    const absl::Status status = CheckPortHas(c.settings, spec, shown);
    EXPECT_EQ(status.ok(), c.message.empty()) << status;
    EXPECT_THAT(Message(status), HasSubstr(c.message));
  }
  const PortSpec uplink = {.name = "up0", .type = PortType::kNetdev};
  EXPECT_THAT(Message(CheckPortHas({{"queues", "1"}}, uplink, uplink)),
              HasSubstr("queues= applies to ports of type=tap only"));

  const BridgeSpec bridge = {.name = "br0", .ageing_s = 60};
  EXPECT_TRUE(CheckBridgeHas({{"ageing_s", "60"}}, bridge).ok());
  const absl::Status differs = CheckBridgeHas({{"ageing_s", "300"}}, bridge);
  EXPECT_TRUE(absl::IsAlreadyExists(differs));
  EXPECT_EQ(Message(differs),
            "bridge 'br0' exists already, but has ageing_s=60 and not ageing_s=300: change that");
  EXPECT_TRUE(absl::IsInvalidArgument(CheckBridgeHas({{"ageing", "300"}}, bridge)));
}

}  // namespace
}  // namespace vswitch
