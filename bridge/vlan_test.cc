#include "bridge/vlan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bridge/testing/vlan_table.h"

namespace vswitch {
namespace {

TagStack StackOf(const std::vector<VlanTag>& tags) {
  TagStack stack;
  for (const VlanTag& tag : tags) {
    if (stack.count < TagStack::kMost) stack.tags[stack.count++] = tag;
  }
  return stack;
}

std::string Edited(std::vector<VlanTag> tags, TagEdit edit, VlanTag tag) {
  if (edit == TagEdit::kPop || edit == TagEdit::kReplace) tags.erase(tags.begin());
  if (edit == TagEdit::kPush || edit == TagEdit::kReplace) tags.insert(tags.begin(), tag);
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
    const std::vector<VlanTag> tags = TagsOf(row.tags);
    ASSERT_EQ(TextOf(tags), row.tags);
    const VlanTablePort& in = *std::ranges::find(ports, row.port, &VlanTablePort::name);
    VlanId vlan = 0;
    VlanState state;
    const DropReason reason = ClassifyVlan(in.policy(), StackOf(tags), &vlan, &state);
    EXPECT_EQ(TextOf(reason), row.drop);
    if (reason != DropReason::kNone) continue;
    for (size_t i = 0; i < ports.size(); ++i) {
      if (ports[i].name == row.port) continue;
      const VlanPolicy out = ports[i].policy();
      const std::string leaves =
          MayLeaveIn(out, vlan, state) ? Edited(tags, EditFor(out, vlan, state), state.tag) : "-";
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
        if (ClassifyVlan(in.policy(), tags, &vlan, &state) != DropReason::kNone) continue;
        if (!MayLeaveIn(out.policy(), vlan, state)) continue;
        const TagEdit edit = EditFor(out.policy(), vlan, state);
        if (edit == TagEdit::kPop) tags = {};
        if (edit == TagEdit::kPush) tags = {.tags = {{state.tag}}, .count = 1};
        VlanId back = 0;
        ASSERT_EQ(ClassifyVlan(out.policy(), tags, &back, &state), DropReason::kNone)
            << in.name << " to " << out.name << ", VLAN " << vlan;
        ASSERT_EQ(back, vlan) << in.name << " to " << out.name;
      }
    }
  }
}

}  // namespace
}  // namespace vswitch
