#include "switch/model/setting_table.h"

#include <initializer_list>
#include <vector>

#include "switch/model/keys/keys.h"

namespace vswitch {
namespace {

template <typename Spec>
using Keys = std::vector<SettingKey<Spec>>;

template <typename Spec>
const Keys<Spec>* Concatenate(std::initializer_list<Keys<Spec>> subjects) {
  auto* const all = new Keys<Spec>;
  for (const Keys<Spec>& keys : subjects) all->insert(all->end(), keys.begin(), keys.end());
  return all;
}

}  // namespace

// The order of a table is that of `show`, of the state file and of help.

std::span<const SettingKey<BridgeSpec>> BridgeKeys() {
  static const auto* const keys =
      Concatenate<BridgeSpec>({FdbBridgeKeys(), FloodBridgeKeys(), McastBridgeKeys(),
                               RstpBridgeKeys(), DeviceBridgeKeys(), FastPathBridgeKeys()});
  return *keys;
}

std::span<const SettingKey<PortSpec>> PortKeys() {
  static const auto* const keys = Concatenate<PortSpec>(
      {DevicePortKeys(), FdbPortKeys(), VlanPortKeys(), FloodPortKeys(), LoopPortKeys(),
       GuardPortKeys(), PolicePortKeys(), McastPortKeys(), RstpPortKeys(), FastPathPortKeys()});
  return *keys;
}

}  // namespace vswitch
