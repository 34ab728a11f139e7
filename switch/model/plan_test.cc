#include "switch/model/plan.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Plan(const Desired& before, const Desired& after) {
  std::vector<std::string> lines;
  for (const PlanStep& step : PlanOf(before, after)) {
    lines.push_back(PlanStepText(step) + (step.new_device ? " NEW" : ""));
  }
  return lines;
}

Desired Example() {
  Desired state;
  state.bridges.push_back({.name = "br0", .ports = {{.name = "vm0"}, {.name = "vm1"}}});
  state.bridges.push_back({.name = "br1", .ports = {{.name = "vm2"}}});
  state.bridges[0].static_entries = {{.mac = {0x020000000001}, .vlan = 7, .port = "vm0"}};
  state.bridges[0].mirrors = {{.name = "m1", .sources = {"vm0"}, .to = "vm1"}};
  return state;
}

TEST(Plan, OfTheSameStateIsEmpty) {
  Desired other = Example();
  std::swap(other.bridges[0].ports[0], other.bridges[0].ports[1]);
  std::swap(other.bridges[0], other.bridges[1]);
  other.bridges[0].ports[0].created = true;
  EXPECT_THAT(Plan(Example(), other), ElementsAre());
}

TEST(Plan, FromNothing) {
  EXPECT_THAT(
      Plan({}, Example()),
      ElementsAre("add bridge br0", "add port vm0 on br0", "add port vm1 on br0",
                  "add fdb 02:00:00:00:00:01 vlan 7 on br0 port=vm0",
                  "add mirror m1 on br0 src=vm0 to=vm1", "add bridge br1", "add port vm2 on br1"));
}

TEST(Plan, ToNothingTellsAllThatGoes) {
  EXPECT_THAT(Plan(Example(), {}),
              ElementsAre("delete port vm0 on br0", "delete port vm1 on br0",
                          "delete fdb 02:00:00:00:00:01 vlan 7 on br0", "delete mirror m1 on br0",
                          "delete bridge br0", "delete port vm2 on br1", "delete bridge br1"));
}

TEST(Plan, ChangesHaveBothValues) {
  Desired next = Example();
  next.bridges[0].ageing_s = 60;
  next.bridges[0].ports[0].mtu = 9000;
  next.bridges[0].ports[1].queues = 2;
  next.bridges[0].static_entries[0].port = "vm1";
  next.bridges[0].mirrors[0].all = true;
  next.bridges[0].mirrors[0].sources.clear();
  EXPECT_THAT(Plan(Example(), next),
              ElementsAre("change bridge br0 ageing_s=60 (was 300)",
                          "change port vm0 on br0 mtu=9000 (was 0)",
                          "change port vm1 on br0 queues=2 (was 1) NEW",
                          "change fdb 02:00:00:00:00:01 vlan 7 on br0 port=vm1 (was vm0)",
                          "change mirror m1 on br0 src=all (was vm0)"));
}

// Its ports' devices change with it, which is told once.
TEST(Plan, ABridgesMtuIsNoChangeOfItsPorts) {
  Desired next = Example();
  next.bridges[0].mtu = 9000;
  EXPECT_THAT(Plan(Example(), next), ElementsAre("change bridge br0 mtu=9000 (was 0)"));
}

TEST(Plan, AMoveIsNoDeletion) {
  Desired next = Example();
  next.bridges[0].ports.push_back(next.bridges[1].ports[0]);
  next.bridges[0].ports.back().mtu = 1400;
  next.bridges.pop_back();
  EXPECT_THAT(
      Plan(Example(), next),
      ElementsAre("move port vm2 on br0, which leaves br1 mtu=1400 (was 0)", "delete bridge br1"));
}

TEST(Plan, WhatGoesStandsLast) {
  Desired next = Example();
  next.bridges[0].ports[0].name = "vm9";
  next.bridges[0].static_entries.clear();
  next.bridges[0].mirrors[0].sources = {"vm9"};
  next.bridges[1].ports.push_back({.name = "vm3"});
  EXPECT_THAT(Plan(Example(), next),
              ElementsAre("add port vm9 on br0", "change mirror m1 on br0 src=vm9 (was vm0)",
                          "add port vm3 on br1", "delete port vm0 on br0",
                          "delete fdb 02:00:00:00:00:01 vlan 7 on br0"));
}

}  // namespace
}  // namespace vswitch
