// VLANs the slow and obvious way: a frame is a list of tags, and a VLAN a list of them that its
// ports take one from and put one on. For the model (pipeline_model.h).
#ifndef VSWITCH_BRIDGE_TESTING_MODEL_VLAN_H_
#define VSWITCH_BRIDGE_TESTING_MODEL_VLAN_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "bridge/forwarding_config.h"
#include "bridge/frame.h"

namespace vswitch {

// From the outermost on; TPID in the upper half, TCI in the lower.
using ModelTags = std::vector<uint32_t>;

inline ModelTags ModelTagsOf(const FrameBytes& frame) {
  const auto word = [&](uint32_t at) {
    const bool is_there = at + 2 <= frame.ethernet_length();
    return is_there ? uint32_t{frame.EthernetByte(at)} << 8 | frame.EthernetByte(at + 1) : 0;
  };
  ModelTags tags;
  for (uint32_t at = 12; word(at) == 0x8100 || word(at) == 0x88a8; at += 4) {
    tags.push_back(word(at) << 16 | word(at + 2));
  }
  return tags;
}

inline VlanId ModelVid(uint32_t tag) { return tag & 0xfff; }

// What a port with VLAN settings takes from nobody.
inline bool ModelIsRefused(const ModelTags& tags) {
  return !tags.empty() &&
         (ModelVid(tags[0]) == 4095 || (ModelVid(tags[0]) == 0 && tags.size() > 1));
}

inline bool ModelHasNative(const VlanPolicy& policy) {
  return policy.mode == VlanMode::kNativeTagged || policy.mode == VlanMode::kNativeUntagged;
}
inline bool ModelCarries(const VlanPolicy& policy, VlanId vlan) {
  const bool is_trunk = policy.trunks == nullptr || (*policy.trunks)[vlan];
  switch (policy.mode) {
    case VlanMode::kTransparent:
      return true;
    case VlanMode::kAccess:
    case VlanMode::kTunnel:
      return vlan == policy.tag;
    case VlanMode::kTrunk:
      return is_trunk;
    case VlanMode::kNativeTagged:
    case VlanMode::kNativeUntagged:
      return vlan == policy.tag || (vlan != 0 && is_trunk);
  }
  return false;
}

// Sets the frame's VLAN (in both keys) and whether a tunnel has put it there (the form), or says
// why it is dropped. REQUIRES: the bridge has VLANs.
inline DropReason ModelClassify(const VlanPolicy& policy, Frame& frame) {
  const ModelTags tags = ModelTagsOf(frame);
  const VlanId vid = tags.empty() ? 0 : ModelVid(tags[0]);
  if (vid == 4095) return DropReason::kVlanReserved;
  const bool is_open = policy.mode == VlanMode::kTransparent;
  if (ModelIsRefused(tags) && !is_open) return DropReason::kVlanStack;
  const bool is_tunnel = policy.mode == VlanMode::kTunnel;
  VlanId vlan = vid;
  if (is_tunnel) vlan = policy.tag;
  if (vid == 0 && (policy.mode == VlanMode::kAccess || ModelHasNative(policy))) vlan = policy.tag;
  if (policy.mode == VlanMode::kAccess && vid != 0) return DropReason::kVlanNotAllowed;
  if (!ModelCarries(policy, vlan)) return DropReason::kVlanNotAllowed;
  frame.vlan.form = is_tunnel ? VlanState::Form::kTunnelled : VlanState::Form::kUntagged;
  frame.source = FdbKey(frame.source.mac(), vlan);
  frame.destination = FdbKey(frame.destination.mac(), vlan);
  return DropReason::kNone;
}

// The tags with which the frame leaves, or nothing where it may not.
inline std::optional<ModelTags> ModelLeaves(const VlanPolicy& policy, const Frame& frame) {
  const ModelTags tags = ModelTagsOf(frame);
  const VlanId vlan = frame.destination.vlan();
  const bool is_tunnelled = frame.vlan.form == VlanState::Form::kTunnelled;
  // The frame as its VLAN has it: the VLAN's tag, and what is under it.
  ModelTags under = tags;
  uint32_t own = uint32_t{is_tunnelled ? 0x88a8u : 0x8100u} << 16 | vlan;
  if (!is_tunnelled && !tags.empty()) {
    under.erase(under.begin());
    own = (tags[0] & 0xfffff000) | vlan;
  }
  if (policy.mode != VlanMode::kTransparent) {
    if (!is_tunnelled && ModelIsRefused(tags)) return std::nullopt;
    if (!ModelCarries(policy, vlan)) return std::nullopt;
  }
  const bool is_native = policy.mode == VlanMode::kNativeUntagged && vlan == policy.tag;
  if (policy.mode == VlanMode::kAccess || is_native) {
    if (!under.empty()) return std::nullopt;
    return under;
  }
  if (policy.mode == VlanMode::kTunnel) {
    if (ModelIsRefused(under)) return std::nullopt;
    return under;
  }
  if (vlan == 0) return tags;
  under.insert(under.begin(), own);
  return under;
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_MODEL_VLAN_H_
