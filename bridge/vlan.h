// VLANs (IEEE 802.1Q) as a port's settings make them: which VLAN a frame is in that comes in by it,
// which frames leave by it, and with which tag. Keys and meaning are Open vSwitch's
// (ofproto-dpif-xlate.c); tests/vlan_table.cc has rows with the source of each.
//
// On a bridge none of whose ports has such settings nobody asks: its ports pass every tag, and VLAN
// 4095 too. On one where some port has, the others are `transparent`: a trunk of all VLANs that
// passes what it can byte for byte.
//
// Where this differs from Open vSwitch, for tags that slip past rules (VU#855201):
//  - a priority tag in front of another is dropped by ports with such settings, and leaves by none;
//  - taking a tag away never uncovers another, but on a dot1q-tunnel.
// And it passes on every tag of a stack, however deep.
//
// Thread-safety: pure functions and values.
#ifndef VSWITCH_BRIDGE_VLAN_H_
#define VSWITCH_BRIDGE_VLAN_H_

#include <bitset>
#include <cstdint>
#include <memory>

#include "bridge/drop_reason.h"
#include "bridge/wire/vlan_tag.h"
#include "mac_table/fdb_key.h"

namespace vswitch {

enum class VlanMode : uint8_t {
  // No settings.
  kTransparent,
  // Untagged frames, which are in one VLAN.
  kAccess,
  // Tagged frames, and untagged ones as VLAN 0.
  kTrunk,
  // A trunk whose untagged frames are in a VLAN of it, which leaves with its tag ...
  kNativeTagged,
  // ... or without.
  kNativeUntagged,
  // Whatever a customer sends, tags and all, is in one VLAN, by a service tag in front.
  kTunnel,
};

// Of VLANs 0 to 4095.
using VlanSet = std::bitset<4096>;

struct VlanPolicy {
  VlanMode mode = VlanMode::kTransparent;
  // Where the mode has one: the port's own VLAN, 1 to 4094.
  VlanId tag = 0;
  // kTrunk and the native modes: the VLANs that it carries. Null: all.
  std::shared_ptr<const VlanSet> trunks;

  bool is_transparent() const { return mode == VlanMode::kTransparent; }
  bool Trunks(VlanId vlan) const { return trunks == nullptr || trunks->test(vlan); }
};

// How a frame carries the VLAN that it is in.
struct VlanState {
  enum class Form : uint8_t {
    // Nobody has asked: no port of the bridge has VLAN settings.
    kUnknown,
    // Not at all.
    kUntagged,
    // By its port: the outermost tag has only a priority (VID 0).
    kPriority,
    // By its outermost tag.
    kTagged,
    // By its port, whatever tags it has.
    kTunnelled,
  };
  Form form = Form::kUnknown;
  // Without the tag of its VLAN, a frame with another tag would be left ...
  bool covers_tag = false;
  // ... that no port with VLAN settings takes: VID 4095, or a priority tag in front of another.
  bool covers_refused = false;
  // With this it leaves where its VLAN leaves with a tag.
  VlanTag tag;

  // A priority tag in front of another: only ports without settings let such in.
  bool is_stack() const { return form == Form::kPriority && covers_tag; }
};

// What becomes of a frame that comes in by a port of `policy`, on a bridge where some port has VLAN
// settings. Returns kNone, and sets both, or
//   vlan_reserved     VID 4095: IEEE 802.1Q, table 9-2
//   vlan_stack        a priority tag in front of another, on a port with VLAN settings
//   vlan_not_allowed  a VLAN that the port does not take: input_vid_is_valid() of Open vSwitch
DropReason ClassifyVlan(const VlanPolicy& policy, const TagStack& tags, VlanId* vlan,
                        VlanState* state);

// Whether a frame of this VLAN leaves by a port of `policy`: xbundle_includes_vlan() of Open
// vSwitch. REQUIRES: ClassifyVlan() has let it in.
bool MayLeaveIn(const VlanPolicy& policy, VlanId vlan, const VlanState& state);

// What is done to the frame's tags when it does: xvlan_output_translate() of Open vSwitch.
TagEdit EditFor(const VlanPolicy& policy, VlanId vlan, const VlanState& state);

// The VLANs that a port of `after` carries in another way than one of `before`, or not at all: with
// a tag, without, behind a service tag.
VlanSet ChangedVlans(const VlanPolicy& before, const VlanPolicy& after);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_VLAN_H_
