#include "bridge/vlan.h"

namespace vswitch {
namespace {

using Form = VlanState::Form;

constexpr uint16_t kPriorityMask = static_cast<uint16_t>(~kVlanIdMask);

Form FormOf(const TagStack& tags) {
  if (tags.count == 0) return Form::kUntagged;
  return tags.tags[0].vid() == 0 ? Form::kPriority : Form::kTagged;
}

// Under the outermost tag. REQUIRES: there is another.
bool IsRefused(const TagStack& tags) {
  const uint16_t vid = tags.tags[1].vid();
  return vid == kReservedVlanId || (vid == 0 && tags.count > 2);
}

// The tag that the frame has or would have in its VLAN. The priority of a tag that is not the
// VLAN's own is kept.
VlanTag TagIn(VlanId vlan, Form form, VlanTag outermost) {
  switch (form) {
    case Form::kTagged:
      return outermost;
    case Form::kPriority:
      return {.tpid = outermost.tpid,
              .tci = static_cast<uint16_t>((outermost.tci & kPriorityMask) | vlan)};
    case Form::kTunnelled:
      return {.tpid = kServiceTpid, .tci = vlan};
    case Form::kUntagged:
    case Form::kUnknown:
      break;
  }
  return {.tpid = kCustomerTpid, .tci = vlan};
}

bool HasNative(const VlanPolicy& policy) {
  return policy.mode == VlanMode::kNativeTagged || policy.mode == VlanMode::kNativeUntagged;
}

// Of a port with a native VLAN: that is always carried, and VLAN 0 never (Open vSwitch,
// ofproto-dpif.c, bundle_set()).
bool CarriesWithNative(const VlanPolicy& policy, VlanId vlan) {
  return vlan == policy.tag || (vlan != 0 && policy.Trunks(vlan));
}

bool LeavesTagged(const VlanPolicy& policy, VlanId vlan) {
  switch (policy.mode) {
    case VlanMode::kTransparent:
    case VlanMode::kTrunk:
    case VlanMode::kNativeTagged:
      return true;
    case VlanMode::kNativeUntagged:
      return vlan != policy.tag;
    case VlanMode::kAccess:
    case VlanMode::kTunnel:
      return false;
  }
  return true;
}

// The VLAN of untagged frames, if the port takes such.
VlanId UntaggedIs(const VlanPolicy& policy) {
  const bool has_own = policy.mode != VlanMode::kTransparent && policy.mode != VlanMode::kTrunk;
  return has_own ? policy.tag : VlanId{0};
}

// In which way a port carries frames of a VLAN.
enum class Carriage { kNot, kTagged, kUntagged, kTunnelled };

Carriage CarriageOf(const VlanPolicy& policy, VlanId vlan) {
  const VlanState plain = {.form = vlan == 0 ? Form::kUntagged : Form::kTagged,
                           .covers_tag = false,
                           .covers_refused = false,
                           .tag = {.tpid = kCustomerTpid, .tci = vlan}};
  if (!MayLeaveIn(policy, vlan, plain)) return Carriage::kNot;
  if (policy.mode == VlanMode::kTunnel) return Carriage::kTunnelled;
  return LeavesTagged(policy, vlan) ? Carriage::kTagged : Carriage::kUntagged;
}

}  // namespace

DropReason ClassifyVlan(const VlanPolicy& policy, const TagStack& tags, VlanId* vlan,
                        VlanState* state) {
  Form form = FormOf(tags);
  const VlanId vid = tags.count == 0 ? VlanId{0} : tags.tags[0].vid();
  if (vid == kReservedVlanId) return DropReason::kVlanReserved;
  state->covers_tag = tags.count > 1;
  state->covers_refused = form == Form::kTagged && state->covers_tag && IsRefused(tags);
  if (form == Form::kPriority && state->covers_tag && !policy.is_transparent()) {
    return DropReason::kVlanStack;
  }
  switch (policy.mode) {
    case VlanMode::kTransparent:
      *vlan = vid;
      break;
    case VlanMode::kAccess:
      if (vid != 0) return DropReason::kVlanNotAllowed;
      *vlan = policy.tag;
      break;
    case VlanMode::kTrunk:
      if (!policy.Trunks(vid)) return DropReason::kVlanNotAllowed;
      *vlan = vid;
      break;
    case VlanMode::kNativeTagged:
    case VlanMode::kNativeUntagged:
      *vlan = vid == 0 ? policy.tag : vid;
      if (!CarriesWithNative(policy, *vlan)) return DropReason::kVlanNotAllowed;
      break;
    case VlanMode::kTunnel:
      *vlan = policy.tag;
      form = Form::kTunnelled;
      state->covers_tag = tags.count > 0;
      state->covers_refused = false;
      break;
  }
  state->form = form;
  state->tag = TagIn(*vlan, form, tags.tags[0]);
  return DropReason::kNone;
}

bool MayLeaveIn(const VlanPolicy& policy, VlanId vlan, const VlanState& state) {
  if (policy.is_transparent()) return true;
  if (state.is_stack()) return false;
  if (policy.mode == VlanMode::kTunnel) return vlan == policy.tag && !state.covers_refused;
  if (!LeavesTagged(policy, vlan) && state.covers_tag) return false;
  if (policy.mode == VlanMode::kAccess) return vlan == policy.tag;
  return HasNative(policy) ? CarriesWithNative(policy, vlan) : policy.Trunks(vlan);
}

TagEdit EditFor(const VlanPolicy& policy, VlanId vlan, const VlanState& state) {
  if (LeavesTagged(policy, vlan)) {
    if (vlan == 0 || state.form == Form::kTagged) return TagEdit::kKeep;
    return state.form == Form::kPriority ? TagEdit::kReplace : TagEdit::kPush;
  }
  return state.form == Form::kTagged || state.form == Form::kPriority ? TagEdit::kPop
                                                                      : TagEdit::kKeep;
}

VlanSet ChangedVlans(const VlanPolicy& before, const VlanPolicy& after) {
  VlanSet changed;
  if (before.is_transparent() && after.is_transparent()) return changed;
  for (VlanId vlan = 0; vlan < changed.size(); ++vlan) {
    const Carriage carriage = CarriageOf(before, vlan);
    if (carriage == Carriage::kNot) continue;
    const bool untagged_elsewhere = vlan == UntaggedIs(before) && vlan != UntaggedIs(after);
    changed[vlan] = untagged_elsewhere || carriage != CarriageOf(after, vlan);
  }
  return changed;
}

}  // namespace vswitch
