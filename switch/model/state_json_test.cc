#include "switch/model/state_json.h"

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/base/str_cat.h"
#include "switch/model/check_state.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

BridgeSpec ExampleBridge() {
  BridgeSpec bridge;
  bridge.name = "br0";
  bridge.ageing_s = 60;
  bridge.fdb_entries = 1024;
  bridge.group_fwd_mask = 0x4000;
  bridge.ports.push_back({.name = "vm0", .owner = 1000, .mtu = 9000, .queues = 2, .created = true});
  bridge.ports.push_back({.name = "host0", .type = PortType::kInternal, .txqueuelen = 500});
  bridge.ports.push_back({.name = "eth1", .type = PortType::kNetdev});
  bridge.static_entries.push_back({*MacAddress::Parse("52:54:00:12:34:56"), 0, "vm0"});
  bridge.static_entries.push_back({*MacAddress::Parse("52:54:00:12:34:56"), 4094, "eth1"});
  return bridge;
}

TEST(StateJson, RoundTripKeepsEveryField) {
  Desired desired = {{ExampleBridge(), BridgeSpec{"br1"}}};
  desired.bridges[0].mirrors = {
      {.name = "m1",
       .sources = {"vm0"},
       .direction = MirrorDirection::kIngress,
       .vlan = 7,
       .to = "eth1"},
      {.name = "m2", .all = true, .direction = MirrorDirection::kEgress, .to = "eth1"}};
  const auto copy = StateFromJson(StateToJson(desired));
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ(*copy, desired);
  const std::vector<BridgeSpec>& bridges = copy->bridges;
  ASSERT_EQ(bridges.size(), 2u);
  const BridgeSpec& bridge = bridges[0];
  EXPECT_EQ(bridge.name, "br0");
  EXPECT_EQ(bridge.ageing_s, 60u);
  EXPECT_EQ(bridge.fdb_entries, 1024u);
  EXPECT_EQ(bridge.group_fwd_mask, 0x4000);
  ASSERT_EQ(bridge.ports.size(), 3u);
  EXPECT_EQ(bridge.ports[0].name, "vm0");
  EXPECT_EQ(bridge.ports[0].type, PortType::kTap);
  EXPECT_EQ(bridge.ports[0].owner, 1000u);
  EXPECT_EQ(bridge.ports[0].mtu, 9000u);
  EXPECT_EQ(bridge.ports[0].queues, 2u);
  EXPECT_TRUE(bridge.ports[0].created);
  EXPECT_EQ(bridge.ports[1].type, PortType::kInternal);
  EXPECT_EQ(bridge.ports[1].txqueuelen, 500u);
  EXPECT_FALSE(bridge.ports[1].created);
  EXPECT_EQ(bridge.ports[2].type, PortType::kNetdev);
  ASSERT_EQ(bridge.static_entries.size(), 2u);
  EXPECT_EQ(bridge.static_entries[1].mac.ToString(), "52:54:00:12:34:56");
  EXPECT_EQ(bridge.static_entries[1].vlan, 4094);
  EXPECT_EQ(bridge.static_entries[1].port, "eth1");
  EXPECT_EQ(bridges[1].name, "br1");
  EXPECT_EQ(bridges[1].ageing_s, 300u);
}

// Files outlive daemons: what stands in them, and in which JSON type, stays. What is as it is by
// default does not stand there: a thousand ports have forty settings each.
TEST(StateJson, TextIsAContract) {
  Desired desired = {{ExampleBridge()}};
  desired.bridges[0].ports.resize(1);
  desired.bridges[0].static_entries.resize(1);
  EXPECT_EQ(StateToJson(desired), R"({
  "version": 1,
  "bridges": [
    {
      "name": "br0",
      "ageing_s": 60,
      "fdb_entries": 1024,
      "group_fwd_mask": 16384,
      "ports": [
        {
          "name": "vm0",
          "owner": 1000,
          "mtu": 9000,
          "queues": 2,
          "created": true
        }
      ],
      "static_entries": [
        {
          "mac": "52:54:00:12:34:56",
          "vlan": 0,
          "port": "vm0"
        }
      ]
    }
  ]
}
)");
}

// Any state that CheckState() accepts comes back the same.
TEST(StateJson, RandomStatesRoundTrip) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto in = [&](uint32_t low, uint32_t high) {
    return std::uniform_int_distribution<uint32_t>(low, high)(random);
  };
  for (int round = 0; round < 50; ++round) {
    Desired desired;
    desired.bridges.resize(in(0, 4));
    for (size_t i = 0; i < desired.bridges.size(); ++i) {
      BridgeSpec& bridge = desired.bridges[i];
      bridge.name = absl::StrCat("br", i);
      bridge.ageing_s = in(10, 1'000'000);
      if (in(0, 3) == 0) bridge.ageing_s = 0;
      bridge.learning = in(0, 1) != 0;
      bridge.learn_limit = in(0, 100);
      if (in(0, 1) != 0) bridge.move_limit = {.moves = in(1, 30), .seconds = in(1, 3600)};
      bridge.fdb_entries = in(16, 4'194'304);
      bridge.group_fwd_mask = in(0, 0xffff);
      for (uint32_t j = in(0, 5); j-- > 0;) {
        PortSpec port{.name = absl::StrCat("p\"\\", i, ".", j), .txqueuelen = in(16, 65536)};
        port.type = static_cast<PortType>(in(0, 2));
        if (in(0, 1) != 0) port.mtu = in(68, 65521);
        if (port.type == PortType::kTap) {
          port.owner = in(0, 0xfffffffe);
          port.queues = in(1, 16);
          port.created = in(0, 1) != 0;
        }
        port.learning = in(0, 1) != 0;
        port.sticky = in(0, 1) != 0;
        port.locked = in(0, 1) != 0;
        port.learn_limit = in(0, 100);
        bridge.static_entries.push_back(
            {{in(1, 0xffffffff)}, VlanId(in(0, 4094)), port.name, in(0, 1) != 0});
        bridge.ports.push_back(std::move(port));
      }
    }
    ASSERT_TRUE(CheckState(desired).ok()) << CheckState(desired);
    const std::string text = StateToJson(desired);
    const auto copy = StateFromJson(text);
    ASSERT_TRUE(copy.ok()) << copy.status() << text;
    EXPECT_EQ(*copy, desired);
    EXPECT_EQ(StateToJson(*copy), text);
  }
}

TEST(StateJson, CutAnywhereIsAnError) {
  const std::string text = StateToJson({{ExampleBridge()}});
  ASSERT_TRUE(text.ends_with("}\n"));
  for (size_t size = 0; size + 1 < text.size(); ++size) {
    EXPECT_FALSE(StateFromJson(text.substr(0, size)).ok()) << size;
  }
  EXPECT_TRUE(StateFromJson(text.substr(0, text.size() - 1)).ok());  // Only the newline is gone.
}

// One wrong byte: an error, or a state that could have been asked for. Never a crash.
TEST(StateJson, AnyByteDamaged) {
  const std::string text = StateToJson({{ExampleBridge()}});
  size_t refused = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    for (const char c : {'\0', '"', '}', ']', '9', '-', 'x', ' ', '\xff'}) {
      std::string damaged = text;
      damaged[i] = c;
      const auto desired = StateFromJson(damaged);
      if (!desired.ok()) {
        ++refused;
      } else {
        EXPECT_TRUE(CheckState(*desired).ok()) << damaged;
      }
    }
  }
  EXPECT_GT(refused, text.size());
}

// Each case is the example with one member replaced.
TEST(StateJson, DamageIsNamedWithItsPlace) {
  const struct {
    const char* pointer;  // A JSON pointer.
    const char* value;    // JSON.
    const char* message;
  } kCases[] = {
      {"/version", "2",
       "version: 2 was written by a newer vswitchd; this one knows versions up to 1"},
      {"/version", "0", "version: must be a whole number from 1"},
      {"/version", "\"1\"", "version: must be a whole number from 1"},
      {"/version", "1.0", "version: must be a whole number from 1"},
      {"/version", "-1", "version: must be"},
      {"/bridge", "[]", "unknown member 'bridge': did you mean 'bridges'?"},
      {"/bridges", "{}", "the file.bridges: must be an array"},
      {"/bridges", "null", "the file.bridges: must be an array"},
      {"/bridges/0", "[]", "bridges[0]: must be an object"},
      {"/bridges/0/name", "7", "bridges[0].name: must be a string"},
      {"/bridges/0/name", "\"a/b\"", "bridges[0]: bridge name 'a/b' contains '/'"},
      {"/bridges/0/ageing_s", "9", "bridges[0].ageing_s: ageing_s=9 is out of range: give 10 to"},
      {"/bridges/0/ageing_s", "4294967596", "bridges[0].ageing_s"},  // 2^32 + 300.
      {"/bridges/0/ageing_s", "18446744073709551916",
       "bridges[0].ageing_s: must be a whole number"},
      {"/bridges/0/ageing_s", "300.0", "bridges[0].ageing_s: must be a whole number"},
      {"/bridges/0/ageing_s", "\"300\"", "bridges[0].ageing_s: must be a whole number"},
      {"/bridges/0/ageing_s", "true", "bridges[0].ageing_s: must be a whole number"},
      {"/bridges/0/aging_s", "300", "unknown member 'aging_s': did you mean 'ageing_s'?"},
      {"/bridges/0/group_fwd_mask", "65536", "bridges[0].group_fwd_mask"},
      {"/bridges/0/ports", "7", "bridges[0].ports: must be an array"},
      {"/bridges/0/ports/1", "null", "bridges[0].ports[1]: must be an object"},
      {"/bridges/0/ports/1/name", "\"vm0\"", "bridges[0].ports[1]: a port 'vm0' is already there"},
      {"/bridges/0/ports/1/name", "\"\"", "bridges[0].ports[1]: port name is empty"},
      {"/bridges/0/ports/0/type", "\"veth\"", "bridges[0].ports[0].type: type=veth is no type"},
      {"/bridges/0/ports/0/type", "0", "bridges[0].ports[0].type: must be a string"},
      {"/bridges/0/ports/0/owner", "-1", "bridges[0].ports[0].owner: must be a whole number"},
      {"/bridges/0/ports/0/owner", "4294967295", "bridges[0].ports[0].owner: owner=4294967295 is"},
      {"/bridges/0/ports/0/owner", "\"root\"", "bridges[0].ports[0].owner: must be a whole number"},
      {"/bridges/0/ports/0/mtu", "67", "give 68 to 65521 bytes, or 0"},
      {"/bridges/0/ports/0/created", "1", "bridges[0].ports[0].created: must be true or false"},
      {"/bridges/0/ports/1/owner", "1000", "bridges[0].ports[1]: owner= applies to"},
      {"/bridges/0/ports/1/created", "true", "bridges[0].ports[1]: only a port of type=tap"},
      {"/bridges/0/static_entries/0/mac", "\"52:54\"", "static_entries[0].mac: '52:54' is no MAC"},
      {"/bridges/0/static_entries/0/mac", "\"ff:ff:ff:ff:ff:ff\"", "is not a unicast address"},
      {"/bridges/0/static_entries/0/mac", "\"00:00:00:00:00:00\"", "is not a unicast address"},
      {"/bridges/0/static_entries/0/vlan", "4095",
       "static_entries[0].vlan: must be a whole number"},
      {"/bridges/0/static_entries/0/vlan", "65536",
       "static_entries[0].vlan: must be a whole number"},
      {"/bridges/0/static_entries/0/sticky", "1",
       "static_entries[0].sticky: must be true or false"},
      {"/bridges/0/static_entries/0/port", "\"vm9\"", "'vm9' is no port of 'br0'"},
      {"/bridges/0/static_entries/1/vlan", "0", "52:54:00:12:34:56 is there twice in VLAN 0"},
  };
  const auto example = nlohmann::json::parse(StateToJson({{ExampleBridge()}}));
  for (const auto& c : kCases) {
    nlohmann::json damaged = example;
    damaged[nlohmann::json::json_pointer(c.pointer)] = nlohmann::json::parse(c.value);
    const auto desired = StateFromJson(damaged.dump());
    ASSERT_EQ(desired.status().code(), absl::StatusCode::kInvalidArgument)
        << c.pointer << " = " << c.value;
    EXPECT_THAT(std::string(desired.status().message()), HasSubstr(c.message))
        << c.pointer << " = " << c.value;
  }
}

TEST(StateJson, WhatMayBeMissing) {
  const struct {
    const char* text;
    const char* message;  // Null: accepted.
  } kCases[] = {
      {R"({"version": 1, "bridges": []})", nullptr},
      {R"({"version": 1, "bridges": [{"name": "br0"}]})", nullptr},
      {R"({"version": 1, "bridges": [{"name": "br0", "ports": [{"name": "vm0"}]}]})", nullptr},
      {R"({})", "\"version\" is missing"},
      {R"({"bridges": []})", "\"version\" is missing"},
      {R"({"version": 1})", "\"bridges\" is missing"},
      {R"({"version": 1, "bridges": [{}]})", "bridges[0]: \"name\" is missing"},
      {R"([])", "must hold one object"},
      {R"({"version": 1, "bridges": [{"name": "br0", "static_entries": [{}]}]})",
       "\"mac\" is missing"},
      {R"({"version": 1, "bridges": [{"name": "br0"}, {"name": "br0"}]})",
       "bridges[1]: a bridge 'br0' is already there"},
      {R"({"version": 1, "bridges": [{"name": "a", "ports": [{"name": "vm0"}]},
                                     {"name": "b", "ports": [{"name": "vm0"}]}]})",
       "bridges[1].ports[0]: a port 'vm0' is already there"},
  };
  for (const auto& c : kCases) {
    const auto desired = StateFromJson(c.text);
    EXPECT_EQ(desired.ok(), c.message == nullptr) << c.text << desired.status();
    if (c.message != nullptr) {
      EXPECT_THAT(std::string(desired.status().message()), HasSubstr(c.message));
    }
  }
}

}  // namespace
}  // namespace vswitch
