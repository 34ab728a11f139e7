// What a mirror may be: read from text, and beside others on a bridge.
#include "switch/model/mirrors.h"

#include <gtest/gtest.h>

#include <string>

namespace vswitch {
namespace {

BridgeSpec Bridge() {
  BridgeSpec bridge{.name = "br0"};
  for (const char* name : {"vm0", "vm1", "vm2", "vm3"}) bridge.ports.push_back({.name = name});
  return bridge;
}

TEST(MirrorsTest, AreReadFromText) {
  const struct {
    Settings settings;
    MirrorSpec mirror;
  } kCases[] = {
      {{{"src", "vm0"}, {"to", "vm2"}}, {.name = "m", .sources = {"vm0"}, .to = "vm2"}},
      {{{"src", "vm0,vm1"}, {"to", "vm2"}, {"dir", ""}, {"vlan", ""}},
       {.name = "m", .sources = {"vm0", "vm1"}, .to = "vm2"}},
      {{{"src", "all"}, {"to", "vm2"}, {"dir", "egress"}, {"vlan", "0"}},
       {.name = "m", .all = true, .direction = MirrorDirection::kEgress, .vlan = 0, .to = "vm2"}},
      {{{"vlan", "4094"}, {"dir", "ingress"}, {"to", "vm2"}, {"src", "vm0"}},
       {.name = "m",
        .sources = {"vm0"},
        .direction = MirrorDirection::kIngress,
        .vlan = 4094,
        .to = "vm2"}},
  };
  for (const auto& c : kCases) {
    const auto mirror = ReadMirror("m", c.settings);
    ASSERT_TRUE(mirror.ok()) << mirror.status();
    EXPECT_EQ(*mirror, c.mirror);
    BridgeSpec bridge = Bridge();
    bridge.mirrors.push_back(*mirror);
    EXPECT_TRUE(CheckMirrors(bridge).ok()) << CheckMirrors(bridge);
  }
}

TEST(MirrorsTest, WhatIsWrongIsSaid) {
  const struct {
    Settings settings;
    std::string words;
  } kCases[] = {
      {{{"to", "vm2"}}, "needs src="},
      {{{"src", "vm0"}}, "needs to="},
      {{{"src", ""}, {"to", "vm2"}}, "empty name"},
      {{{"src", "vm0,,vm1"}, {"to", "vm2"}}, "empty name"},
      {{{"src", "vm0,all"}, {"to", "vm2"}}, "reserved"},
      {{{"src", "vm0,vm0"}, {"to", "vm2"}}, "twice"},
      {{{"src", "vm0"}, {"src", "vm1"}, {"to", "vm2"}}, "twice"},
      {{{"src", "vm9"}, {"to", "vm2"}}, "'vm9' is no port of 'br0'"},
      {{{"src", "vm0"}, {"to", "vm9"}}, "'vm9' is no port of 'br0'"},
      {{{"src", "vm0,vm2"}, {"to", "vm2"}}, "is the target of a mirror"},
      {{{"src", "vm0"}, {"to", "vm2"}, {"dir", "in"}}, "is no direction"},
      {{{"src", "vm0"}, {"to", "vm2"}, {"vlan", "4095"}}, "is no VLAN"},
      {{{"src", "vm0"}, {"to", "vm2"}, {"vlan", "x"}}, "is no VLAN"},
      {{{"src", "vm0"}, {"to", "vm2"}, {"vln", "1"}}, "did you mean 'vlan'?"},
  };
  for (const auto& c : kCases) {
    const auto mirror = ReadMirror("m", c.settings);
    absl::Status status = mirror.status();
    if (mirror.ok()) {
      BridgeSpec bridge = Bridge();
      bridge.mirrors.push_back(*mirror);
      status = CheckMirrors(bridge);
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.words;
    EXPECT_NE(status.ToString().find(c.words), std::string::npos) << status;
  }
}

TEST(MirrorsTest, NextToOthers) {
  BridgeSpec bridge = Bridge();
  bridge.mirrors.push_back({.name = "a", .sources = {"vm0"}, .to = "vm2"});
  // The same target, the same source, another mirror.
  bridge.mirrors.push_back({.name = "b", .sources = {"vm0", "vm1"}, .to = "vm2"});
  EXPECT_TRUE(CheckMirrors(bridge).ok());
  bridge.mirrors.push_back({.name = "b", .sources = {"vm0"}, .to = "vm2"});
  EXPECT_EQ(CheckMirrors(bridge).code(), absl::StatusCode::kAlreadyExists);
  // A loop by way of another mirror.
  bridge.mirrors.back() = {.name = "c", .sources = {"vm2"}, .to = "vm3"};
  EXPECT_EQ(CheckMirrors(bridge).code(), absl::StatusCode::kInvalidArgument);
  bridge.mirrors.back() = {.name = "c", .sources = {"vm3"}, .to = "vm0"};
  EXPECT_EQ(CheckMirrors(bridge).code(), absl::StatusCode::kInvalidArgument);
  bridge.mirrors.back() = {.name = "", .sources = {"vm1"}, .to = "vm3"};
  EXPECT_EQ(CheckMirrors(bridge).code(), absl::StatusCode::kInvalidArgument);
  bridge.mirrors.pop_back();
  for (size_t i = bridge.mirrors.size(); i <= kMaxMirrors; ++i) {
    EXPECT_TRUE(CheckMirrors(bridge).ok());
    bridge.mirrors.push_back({.name = "m" + std::to_string(i), .sources = {"vm0"}, .to = "vm2"});
  }
  EXPECT_EQ(CheckMirrors(bridge).code(), absl::StatusCode::kResourceExhausted);
}

TEST(MirrorsTest, AllAreThoseThatAreNoTargets) {
  BridgeSpec bridge = Bridge();
  bridge.mirrors.push_back({.name = "a", .all = true, .to = "vm2"});
  bridge.mirrors.push_back({.name = "b", .sources = {"vm0"}, .to = "vm3"});
  for (const char* port : {"vm0", "vm1"}) {
    EXPECT_TRUE(IsSourceOf(bridge.mirrors[0], bridge, port)) << port;
  }
  for (const char* port : {"vm2", "vm3"}) {
    EXPECT_FALSE(IsSourceOf(bridge.mirrors[0], bridge, port)) << port;
  }
  EXPECT_FALSE(IsSourceOf(bridge.mirrors[1], bridge, "vm1"));
}

}  // namespace
}  // namespace vswitch
