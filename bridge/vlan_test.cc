#include "bridge/vlan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bridge/testing/policy_of.h"
#include "tests/vlan_table.h"

namespace vswitch {
namespace {

TagStack StackOf(std::string_view text) {
  TagStack stack;
  for (const TableTag& tag : TagsOf(text)) {
    if (stack.count == TagStack::kMost) break;
    stack.tags[stack.count++] = {tag.tpid, static_cast<uint16_t>(tag.priority << 13 | tag.vid)};
  }
  return stack;
}

std::string Edited(std::string_view text, TagEdit edit, VlanTag tag) {
  std::vector<TableTag> tags = TagsOf(text);
  if (edit == TagEdit::kPop || edit == TagEdit::kReplace) tags.erase(tags.begin());
  if (edit == TagEdit::kPush || edit == TagEdit::kReplace) {
    tags.insert(tags.begin(), {tag.tpid, tag.vid(), static_cast<uint8_t>(tag.tci >> 13)});
  }
  return TextOf(tags);
}

std::string TextOf(DropReason reason) {
  return reason == DropReason::kNone ? ""
                                     : std::string(kDropReasonText[static_cast<size_t>(reason)]);
}

TEST(VlanTest, FollowsTheTable) {
  const auto& ports = VlanTablePorts();
  for (const VlanRow& row : VlanTable()) {
    SCOPED_TRACE(std::string(row.port) + " " + std::string(row.tags) + ": " +
                 std::string(row.source));
    ASSERT_EQ(TextOf(TagsOf(row.tags)), row.tags);
    const VlanTablePort& in = *std::ranges::find(ports, row.port, &VlanTablePort::name);
    VlanId vlan = 0;
    VlanState state;
    const DropReason reason = ClassifyVlan(PolicyOf(in), StackOf(row.tags), &vlan, &state);
    EXPECT_EQ(TextOf(reason), row.drop);
    if (reason != DropReason::kNone) continue;
    for (size_t i = 0; i < ports.size(); ++i) {
      if (ports[i].name == row.port) continue;
      const VlanPolicy out = PolicyOf(ports[i]);
      const std::string leaves = MayLeaveIn(out, vlan, state)
                                     ? Edited(row.tags, EditFor(out, vlan, state), state.tag)
                                     : "-";
      EXPECT_EQ(leaves, row.leaves[i].tags) << "by " << ports[i].name;
    }
  }
}

// IEEE 802.1Q, 8.6.1: whatever a port is, it takes no VID that is reserved, and where a VLAN is
// carried in both directions it is the same one.
TEST(VlanTest, WhatAPortLetsOutItLetsInAsTheSameVlan) {
  for (const VlanTablePort& in : VlanTablePorts()) {
    for (const VlanTablePort& out : VlanTablePorts()) {
      for (VlanId vid = 0; vid <= kMaxVlanId; ++vid) {
        TagStack tags;
        if (vid != 0) tags = {.tags = {{{kCustomerTpid, vid}}}, .count = 1};
        VlanId vlan = 0;
        VlanState state;
        if (ClassifyVlan(PolicyOf(in), tags, &vlan, &state) != DropReason::kNone) continue;
        if (!MayLeaveIn(PolicyOf(out), vlan, state)) continue;
        const TagEdit edit = EditFor(PolicyOf(out), vlan, state);
        if (edit == TagEdit::kPop) tags = {};
        if (edit == TagEdit::kPush) tags = {.tags = {{state.tag}}, .count = 1};
        VlanId back = 0;
        ASSERT_EQ(ClassifyVlan(PolicyOf(out), tags, &back, &state), DropReason::kNone)
            << in.name << " to " << out.name << ", VLAN " << vlan;
        ASSERT_EQ(back, vlan) << in.name << " to " << out.name;
      }
    }
  }
}

TEST(VlanTest, TellsWhichVlansAPortCarriesInAnotherWay) {
  const auto policy_of = [](std::string_view name) {
    return PolicyOf(*std::ranges::find(VlanTablePorts(), name, &VlanTablePort::name));
  };
  const auto changed = [&](std::string_view before, std::string_view after) {
    return ChangedVlans(policy_of(before), policy_of(after));
  };
  VlanSet ten;
  ten.set(10);
  EXPECT_TRUE(changed("open", "open").none());
  EXPECT_TRUE(changed("acc10", "acc10").none());
  EXPECT_EQ(changed("acc10", "acc20"), ten);
  EXPECT_EQ(changed("acc10", "open"), ten) << "its frames have a tag now";
  EXPECT_EQ(changed("acc10", "trunk10"), ten);
  EXPECT_EQ(changed("acc10", "tunnel"), ten);
  EXPECT_TRUE(changed("acc10", "native").none());
  EXPECT_TRUE(changed("trunk10", "trunk").none()) << "more than before";
  EXPECT_EQ(changed("tagged", "native"), ten);
  EXPECT_EQ(changed("tagged", "trunk"), ten) << "who is untagged is in VLAN 0 now";
  EXPECT_EQ(changed("open", "trunk10").count(), 4095u) << "all but one";
}

}  // namespace
}  // namespace vswitch
