#include "switch/model/vlan_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "switch/model/settings.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kRoot = 0;

absl::Status Set(const Settings& settings, PortSpec* spec) {
  return ApplyPortSettings(settings, SettingsPhase::kChange, kRoot, spec);
}

// "mode tag trunks", as `vlan show` has them; "-" for none.
std::string Shown(const PortSpec& spec) {
  const auto or_dash = [](std::string text) { return text.empty() ? "-" : text; };
  return or_dash(std::string(VlanModeName(EffectiveVlanMode(spec)))) + " " +
         (spec.tag == 0 ? "-" : std::to_string(spec.tag)) + " " + or_dash(spec.trunks);
}

TEST(VlanList, ReadsWhatIsAList) {
  const struct {
    std::string text;
    std::string back;
  } cases[] = {
      {"", ""},
      {"0", "0"},
      {"10,20-30", "10,20-30"},
      {"20-30,10", "10,20-30"},
      {"1,2,3,5", "1-3,5"},
      {"7-7", "7"},
      {"0-4094", "0-4094"},
      {"4093,4094", "4093-4094"},
  };
  for (const auto& c : cases) {
    const auto vlans = ReadVlanList(c.text);
    ASSERT_TRUE(vlans.ok()) << c.text << ": " << vlans.status();
    EXPECT_EQ(VlanListText(*vlans), c.back);
  }
}

TEST(VlanList, RefusesTheRestInWords) {
  const struct {
    std::string text;
    std::string words;
  } cases[] = {
      {",", "empty piece"},
      {"10,", "empty piece"},
      {",10", "empty piece"},
      {"10,,20", "empty piece"},
      {"4095", "out of range"},
      {"1-5000", "out of range"},
      {"99999999999999999999", "where a VLAN belongs"},
      {"a", "where a VLAN belongs"},
      {"1-", "where a VLAN belongs"},
      {"-1", "where a VLAN belongs"},
      {"1-2-3", "where a VLAN belongs"},
      {" 1", "where a VLAN belongs"},
      {"0x10", "where a VLAN belongs"},
      {"30-20", "ends before it begins"},
      {"10,10", "VLAN 10 twice"},
      {"10-20,20-30", "VLAN 20 twice"},
      {"10-20,12", "VLAN 12 twice"},
  };
  for (const auto& c : cases) {
    const auto vlans = ReadVlanList(c.text);
    ASSERT_FALSE(vlans.ok()) << c.text;
    EXPECT_THAT(std::string(vlans.status().message()), HasSubstr(c.words)) << c.text;
  }
}

// Open vSwitch, vswitchd/vswitch.xml, column vlan_mode: what each needs.
TEST(VlanSettings, WhatGoesTogether) {
  const struct {
    std::string description;
    Settings settings;
    std::string shown;
  } cases[] = {
      {"nothing", {}, "- - -"},
      {"a tag alone", {{"tag", "10"}}, "access 10 -"},
      {"trunks alone", {{"trunks", "10,20-30"}}, "trunk - 10,20-30"},
      {"as it is written shortest", {{"trunks", "30,0020-29,10"}}, "trunk - 10,20-30"},
      {"a trunk of all", {{"vlan_mode", "trunk"}}, "trunk - -"},
      {"in either order", {{"vlan_mode", "access"}, {"tag", "10"}}, "access 10 -"},
      {"in either order", {{"tag", "10"}, {"vlan_mode", "access"}}, "access 10 -"},
      {"native-tagged", {{"tag", "9"}, {"vlan_mode", "native-tagged"}}, "native-tagged 9 -"},
      {"native-untagged",
       {{"trunks", "1-3"}, {"tag", "2"}, {"vlan_mode", "native-untagged"}},
       "native-untagged 2 1-3"},
      {"a tunnel", {{"vlan_mode", "dot1q-tunnel"}, {"tag", "4094"}}, "dot1q-tunnel 4094 -"},
  };
  for (const auto& c : cases) {
    PortSpec spec;
    EXPECT_TRUE(Set(c.settings, &spec).ok()) << c.description;
    EXPECT_EQ(Shown(spec), c.shown) << c.description;
  }
}

TEST(VlanSettings, WhatDoesNotIsRefusedWithItsCureAndChangesNothing) {
  const PortSpec access{.name = "vm0", .tag = 10};
  const PortSpec trunk{.name = "vm0", .trunks = "20"};
  const struct {
    PortSpec before;
    Settings settings;
    std::string words;
  } cases[] = {
      {{}, {{"vlan_mode", "access"}}, "give tag=N too"},
      {{}, {{"vlan_mode", "native-tagged"}}, "give tag=N too"},
      {{}, {{"vlan_mode", "native-untagged"}, {"trunks", "5"}}, "give tag=N too"},
      {{}, {{"vlan_mode", "dot1q-tunnel"}}, "give tag=N too"},
      {{}, {{"vlan_mode", "hybrid"}}, "native-untagged"},
      {{}, {{"tag", "0"}}, "1 to 4094"},
      {{}, {{"tag", "4095"}}, "1 to 4094"},
      {{}, {{"tag", "ten"}}, "1 to 4094"},
      {{}, {{"trunks", "10-20,15"}}, "twice"},
      {{}, {{"trunks", "4095"}}, "out of range"},
      {access, {{"vlan_mode", "trunk"}}, "take it back with tag="},
      {access, {{"trunks", "20"}}, "vlan_mode=native-untagged"},
      {access, {{"tag", "4096"}}, "1 to 4094"},
      {access, {{"vlan_mode", "access"}, {"trunks", "20"}}, "trunks="},
      {trunk, {{"vlan_mode", "dot1q-tunnel"}, {"tag", "1"}}, "trunks="},
      {trunk, {{"tag", "1"}}, "vlan_mode=native-untagged"},
  };
  for (const auto& c : cases) {
    PortSpec spec = c.before;
    const absl::Status status = Set(c.settings, &spec);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << c.words;
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.words));
    EXPECT_EQ(spec, c.before) << c.words;
  }
}

TEST(VlanSettings, AnEmptyValueTakesOneBack) {
  PortSpec spec{.name = "vm0", .tag = 10};
  EXPECT_TRUE(Set({{"vlan_mode", "trunk"}, {"tag", ""}, {"trunks", "5"}}, &spec).ok());
  EXPECT_EQ(Shown(spec), "trunk - 5");
  EXPECT_TRUE(Set({{"vlan_mode", ""}, {"tag", ""}, {"trunks", ""}}, &spec).ok());
  EXPECT_EQ(spec, PortSpec{.name = "vm0"});
}

// `bridge vlan` of Linux (net/bridge/br_vlan.c), as far as a port of ours can be so.
TEST(VlanVerbs, AddAndDeleteMeanWhatBridgeVlanDoes) {
  struct Step {
    // "add" or "del", the VLANs, flags.
    std::string verb;
    std::string vlans;
    std::string flags;
    // What `vlan show` has then; or, behind "!", words of why not.
    std::string result;
  };
  const std::vector<std::vector<Step>> cases = {
      {{"add", "10", "", "trunk - 10"},
       {"add", "20-30", "", "trunk - 10,20-30"},
       {"add", "25", "", "trunk - 10,20-30"},
       {"del", "24-26", "", "trunk - 10,20-23,27-30"},
       {"del", "25", "", "!not in VLAN 25"},
       {"add", "5", "pvid untagged", "native-untagged 5 10,20-23,27-30"},
       {"add", "6", "pvid", "native-tagged 6 5,10,20-23,27-30"},
       {"add", "6", "", "trunk - 5-6,10,20-23,27-30"}},
      {{"add", "10", "pvid untagged", "access 10 -"},
       {"add", "11", "", "native-untagged 10 11"},
       {"del", "10", "", "trunk - 11"},
       {"del", "11", "", "!no other VLAN than 11"}},
      {{"add", "10", "pvid", "native-tagged 10 10"},
       {"add", "10", "pvid untagged", "access 10 -"},
       {"add", "10", "untagged", "!Give pvid too"},
       {"add", "10-11", "pvid untagged", "!one PVID"},
       {"add", "1-4094", "", "trunk - 1-4094"},
       {"add", "7", "pvid", "native-tagged 7 -"},
       {"del", "8", "", "native-tagged 7 1-6,9-4094"}},
      {{"del", "10", "", "!passes all VLANs"}},
  };
  for (const std::vector<Step>& steps : cases) {
    PortSpec spec{.name = "vm0"};
    for (const Step& step : steps) {
      const PortSpec before = spec;
      const auto range = ReadVlanRange(step.vlans);
      ASSERT_TRUE(range.ok()) << range.status();
      const bool pvid = step.flags.starts_with("pvid");
      const bool untagged = step.flags.ends_with("untagged");
      const absl::Status status =
          step.verb == "add" ? AddVlans(*range, pvid, untagged, &spec) : DeleteVlans(*range, &spec);
      if (step.result.starts_with("!")) {
        EXPECT_THAT(std::string(status.message()), HasSubstr(step.result.substr(1)));
        EXPECT_EQ(spec, before);
      } else {
        EXPECT_TRUE(status.ok()) << status;
        EXPECT_EQ(Shown(spec), step.result) << step.verb << " " << step.vlans << " " << step.flags;
        EXPECT_TRUE(CheckVlanSettings(spec).ok()) << Shown(spec);
      }
    }
  }
}

TEST(VlanVerbs, ATrunkOfAllVlansLosesOneAndGetsItBack) {
  PortSpec spec{.name = "vm0", .vlan_mode = VlanModeSetting::kTrunk};
  EXPECT_TRUE(AddVlans({10, 10}, false, false, &spec).ok());
  EXPECT_EQ(Shown(spec), "trunk - -");
  EXPECT_TRUE(DeleteVlans({10, 10}, &spec).ok());
  EXPECT_EQ(Shown(spec), "trunk - 0-9,11-4094");
  EXPECT_TRUE(AddVlans({10, 10}, false, false, &spec).ok());
  EXPECT_EQ(Shown(spec), "trunk - -");
}

TEST(VlanVerbs, ATunnelIsNotChangedSo) {
  PortSpec spec{.name = "vm0", .vlan_mode = VlanModeSetting::kTunnel, .tag = 10};
  EXPECT_THAT(std::string(AddVlans({20, 20}, false, false, &spec).message()),
              HasSubstr("change its tag="));
  EXPECT_THAT(std::string(DeleteVlans({10, 10}, &spec).message()), HasSubstr("change its tag="));
}

TEST(VlanVerbs, RangesThatCannotBe) {
  for (const std::string text : {"0", "4095", "1-4095", "5-4", "a", "", "1,2"}) {
    EXPECT_THAT(std::string(ReadVlanRange(text).status().message()), HasSubstr("give 1 to 4094"))
        << text;
  }
}

}  // namespace
}  // namespace vswitch
