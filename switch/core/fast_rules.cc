#include "switch/core/fast_rules.h"

namespace vswitch {
namespace {

constexpr uint32_t kRuleFlags = PORT_IS_ISOLATED | PORT_HAS_VLANS | PORT_TAKES_NO_TAGS |
                                PORT_HAS_TRUNKS | PORT_IS_TUNNEL | PORT_MOVES_NOBODY;

bool IsSameSet(const VlanSet* one, const VlanSet* other) {
  return one == other || (one != nullptr && other != nullptr && *one == *other);
}

bool IsSame(const VlanPolicy& one, const VlanPolicy& other) {
  return one.mode == other.mode && one.tag == other.tag &&
         IsSameSet(one.trunks.get(), other.trunks.get());
}

bool HasOwnVlan(const VlanPolicy& vlan) {
  return vlan.mode != VlanMode::kTransparent && vlan.mode != VlanMode::kTrunk;
}

// Other than all.
bool HasTrunks(const VlanPolicy& vlan) {
  const bool is_trunk = vlan.mode == VlanMode::kTrunk || vlan.mode == VlanMode::kNativeTagged ||
                        vlan.mode == VlanMode::kNativeUntagged;
  return is_trunk && vlan.trunks != nullptr;
}

bool IsSame(const PortGuard* one, const PortGuard* other) {
  return one == other || (one != nullptr && other != nullptr && one->rules() == other->rules());
}

}  // namespace

bool operator==(const FastRules& one, const FastRules& other) {
  return IsSame(one.vlan, other.vlan) && one.is_isolated == other.is_isolated &&
         one.is_blocked == other.is_blocked && one.learns == other.learns &&
         one.locked == other.locked && IsSame(one.guard.get(), other.guard.get());
}

FastRules RulesOf(const PortForwarding& port) {
  return {.vlan = port.vlan,
          .is_isolated = port.isolated,
          .is_blocked = port.loop_blocked || port.bpdu_blocked || port.is_mirror_target ||
                        port.stp_state != StpState::kForwarding,
          .learns = port.learns,
          .locked = port.locked,
          .guard = port.guard};
}

bool MayBeKnown(const FastRules& rules, const FdbEntry& entry) {
  if ((!rules.learns || rules.locked) && entry.kind != FdbEntryKind::kStatic) return false;
  if (rules.guard && !MayBeSource(rules.guard->rules(), entry.key.mac())) return false;
  const VlanId vlan = entry.key.vlan();
  // The program leaves VLAN 4095 alone.
  return vlan <= kMaxVlanId && MayLeaveIn(rules.vlan, vlan, VlanState());
}

void PutRules(const FastRules& rules, port_config* config) {
  config->flags &= ~kRuleFlags;
  const VlanPolicy& vlan = rules.vlan;
  const bool is_access = vlan.mode == VlanMode::kAccess;
  if (!vlan.is_transparent()) config->flags |= PORT_HAS_VLANS;
  if (is_access) config->flags |= PORT_TAKES_NO_TAGS;
  if (HasTrunks(vlan)) config->flags |= PORT_HAS_TRUNKS;
  if (vlan.mode == VlanMode::kTunnel) config->flags |= PORT_IS_TUNNEL;
  if (rules.is_isolated) config->flags |= PORT_IS_ISOLATED;
  if (rules.is_blocked || !rules.learns || rules.locked || rules.guard) {
    config->flags |= PORT_MOVES_NOBODY;
  }
  config->untagged_is = HasOwnVlan(vlan) ? vlan.tag : 0;
  config->leaves_untagged = is_access || vlan.mode == VlanMode::kNativeUntagged ? vlan.tag : 0;
}

bool GoesBy(const port_config& config, const FastRules& rules) {
  port_config other = config;
  PutRules(rules, &other);
  return other.flags == config.flags && other.untagged_is == config.untagged_is &&
         other.leaves_untagged == config.leaves_untagged;
}

std::optional<VlanSet> TrunksOf(const FastRules& rules) {
  if (!HasTrunks(rules.vlan)) return std::nullopt;
  VlanSet carried;
  for (VlanId vlan = 0; vlan <= kMaxVlanId; ++vlan) {
    carried[vlan] = MayLeaveIn(rules.vlan, vlan, VlanState());
  }
  return carried;
}

}  // namespace vswitch
