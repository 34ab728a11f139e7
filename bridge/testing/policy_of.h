// The ports of the table of VLANs (tests/vlan_table.h), as the bridge knows them.
#ifndef VSWITCH_BRIDGE_TESTING_POLICY_OF_H_
#define VSWITCH_BRIDGE_TESTING_POLICY_OF_H_

#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "bridge/vlan.h"
#include "tests/vlan_table.h"

namespace vswitch {

inline VlanPolicy PolicyOf(const VlanTablePort& port) {
  static constexpr std::pair<std::string_view, VlanMode> kModes[] = {
      {"", VlanMode::kTransparent},
      {"access", VlanMode::kAccess},
      {"trunk", VlanMode::kTrunk},
      {"native-tagged", VlanMode::kNativeTagged},
      {"native-untagged", VlanMode::kNativeUntagged},
      {"dot1q-tunnel", VlanMode::kTunnel},
  };
  VlanPolicy policy{.mode = VlanMode::kTransparent, .tag = port.tag, .trunks = nullptr};
  for (const auto& [name, mode] : kModes) {
    if (name == port.mode) policy.mode = mode;
  }
  if (!port.trunks.empty()) {
    auto set = std::make_shared<VlanSet>();
    for (const VlanId vlan : port.trunks) set->set(vlan);
    policy.trunks = set;
  }
  return policy;
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_POLICY_OF_H_
