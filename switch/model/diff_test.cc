#include "switch/model/diff.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// "+name", "-name", "name" or, where it needs another device or table, "name!".
template <typename Spec>
std::string Sign(const Spec* before, const Spec* after, bool made_anew) {
  if (before == nullptr) return "+" + after->name;
  if (after == nullptr) return "-" + before->name;
  return after->name + (made_anew ? "!" : "");
}

std::vector<std::string> Bridges(const StateDiff& diff) {
  std::vector<std::string> signs;
  for (const BridgeDiff& each : diff.bridges) {
    signs.push_back(Sign(each.before, each.after, each.needs_table()));
  }
  return signs;
}

std::vector<std::string> Ports(const StateDiff& diff) {
  std::vector<std::string> signs;
  for (const PortDiff& each : diff.ports) {
    signs.push_back(Sign(each.before, each.after, each.needs_device()));
  }
  return signs;
}

Desired Some() {
  Desired state;
  state.bridges.push_back({.name = "br0",
                           .ports = {{.name = "vm0", .created = true}, {.name = "vm1"}},
                           .static_entries = {{.mac = {0x525400000001}, .port = "vm0"},
                                              {.mac = {0x525400000002}, .port = "vm0"},
                                              {.mac = {0x525400000003}, .port = "vm1"}}});
  state.bridges.push_back({.name = "br1", .ports = {{.name = "in0", .type = PortType::kInternal}}});
  return state;
}

TEST(Diff, TheSameStateHasNone) {
  const StateDiff diff = Diff(Some(), Some());
  EXPECT_THAT(Bridges(diff), IsEmpty());
  EXPECT_THAT(Ports(diff), IsEmpty());
}

TEST(Diff, OrderAndWhoMadeATapDoNotCount) {
  const Desired before = Some();
  Desired after = Some();
  std::swap(after.bridges[0], after.bridges[1]);
  std::swap(after.bridges[1].ports[0], after.bridges[1].ports[1]);
  after.FindPort("vm0").port->created = false;
  EXPECT_THAT(Ports(Diff(before, after)), IsEmpty());
}

TEST(Diff, ComingAndGoing) {
  const Desired none;
  const Desired some = Some();
  const StateDiff comes = Diff(none, some);
  EXPECT_THAT(Bridges(comes), ElementsAre("+br0", "+br1"));
  EXPECT_THAT(Ports(comes), ElementsAre("+vm0", "+vm1", "+in0"));
  EXPECT_EQ(comes.bridges[0].entries_set.size(), 3);
  EXPECT_TRUE(comes.bridges[0].needs_table());
  EXPECT_TRUE(comes.ports[0].needs_device());
  const StateDiff goes = Diff(some, none);
  EXPECT_THAT(Bridges(goes), UnorderedElementsAre("-br0", "-br1"));
  EXPECT_THAT(Ports(goes), UnorderedElementsAre("-vm0", "-vm1", "-in0"));
  EXPECT_FALSE(goes.bridges[0].needs_table());
  EXPECT_FALSE(goes.ports[0].needs_device());
}

TEST(Diff, WhatATableOrADeviceTakesInPlace) {
  const Desired before = Some();
  Desired after = Some();
  after.bridges[0].ageing_s = 60;
  after.bridges[1].fdb_entries = 1024;
  after.FindPort("vm0").port->mtu = 1400;
  after.FindPort("vm1").port->queues = 2;
  after.FindPort("in0").port->txqueuelen = 500;
  const StateDiff diff = Diff(before, after);
  EXPECT_THAT(Bridges(diff), ElementsAre("br0", "br1!"));
  EXPECT_THAT(Ports(diff), ElementsAre("vm0", "vm1!", "in0!"));
}

TEST(Diff, APortThatMoves) {
  const Desired before = Some();
  Desired after = Some();
  after.bridges[1].ports.push_back(after.bridges[0].ports[1]);
  after.bridges[0].ports.pop_back();
  const StateDiff diff = Diff(before, after);
  ASSERT_THAT(Ports(diff), ElementsAre("vm1"));
  EXPECT_EQ(diff.ports[0].bridge_before->name, "br0");
  EXPECT_EQ(diff.ports[0].bridge_after->name, "br1");
}

TEST(Diff, StaticEntries) {
  const Desired before = Some();
  Desired after = Some();
  after.bridges[0].static_entries = {{.mac = {0x525400000002}, .port = "vm1"},
                                     {.mac = {0x525400000001}, .port = "vm0"},
                                     {.mac = {0x525400000001}, .vlan = 7, .port = "vm0"}};
  const StateDiff diff = Diff(before, after);
  ASSERT_THAT(Bridges(diff), ElementsAre("br0"));
  const std::vector<StaticEntrySpec>& entries = after.bridges[0].static_entries;
  EXPECT_THAT(diff.bridges[0].entries_set, ElementsAre(&entries[0], &entries[2]));
  EXPECT_THAT(diff.bridges[0].entries_gone, ElementsAre(&before.bridges[0].static_entries[2]));
}

}  // namespace
}  // namespace vswitch
