// The VLAN settings of a port: what they are written as, which go together, and what the verbs
// `vlan add` and `vlan del` make of them. Keys and meaning are Open vSwitch's; what a frame becomes
// is bridge/vlan.h. Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_MODEL_VLAN_SETTINGS_H_
#define VSWITCH_SWITCH_MODEL_VLAN_SETTINGS_H_

#include <bitset>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/model/port_spec.h"

namespace vswitch {

// Of VLANs 0 to 4094.
using VlanList = std::bitset<kMaxVlanId + 2>;

// "10,20-30". Empty text: none. InvalidArgument says in words what is wrong with it: a piece that
// is empty or no number, a range that ends before it begins, one that overlaps another, a VLAN that
// does not exist.
absl::StatusOr<VlanList> ReadVlanList(std::string_view text);
std::string VlanListText(const VlanList& vlans);

// "access", ...; empty for kNone.
std::string_view VlanModeName(VlanModeSetting mode);
absl::StatusOr<VlanModeSetting> ReadVlanMode(std::string_view text);

// What the settings come down to: a tag alone is an access port, trunks alone are a trunk. kNone:
// the port is transparent.
VlanModeSetting EffectiveVlanMode(const PortSpec& spec);

// Whether the three go together. InvalidArgument names what does not, and what to set instead.
absl::Status CheckVlanSettings(const PortSpec& spec);

// A VLAN or some in a row, as `bridge vlan` names them.
struct VlanRange {
  VlanId first = 0;
  VlanId last = 0;
};
// "10" or "20-30", of 1 to 4094.
absl::StatusOr<VlanRange> ReadVlanRange(std::string_view text);

// `bridge vlan add dev PORT vid RANGE [pvid] [untagged]`, as far as a port of this switch can be
// so: at most one VLAN leaves it untagged, and that is the one that untagged frames are in. What
// cannot be is InvalidArgument or FailedPrecondition, with the reason, and changes nothing.
//
// A port without VLAN settings has no VLANs yet here.
absl::Status AddVlans(VlanRange range, bool pvid, bool untagged, PortSpec* spec);
// NotFound when the port is in none of them.
absl::Status DeleteVlans(VlanRange range, PortSpec* spec);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_VLAN_SETTINGS_H_
