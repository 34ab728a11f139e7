// The keys of a bridge and of a port: one table each. What reads a table is what users type
// (settings), the state file and `show` (setting_json), and the help of the command line; none of
// them knows a key of its own. Thread-safety: immutable.
#ifndef VSWITCH_SWITCH_MODEL_SETTING_TABLE_H_
#define VSWITCH_SWITCH_MODEL_SETTING_TABLE_H_

#include <span>

#include "switch/model/port_spec.h"
#include "switch/model/setting_key.h"

namespace vswitch {

std::span<const SettingKey<BridgeSpec>> BridgeKeys();
std::span<const SettingKey<PortSpec>> PortKeys();

// The keys of a Spec, for templates.
template <typename Spec>
std::span<const SettingKey<Spec>> KeysOf();
template <>
inline std::span<const SettingKey<BridgeSpec>> KeysOf<BridgeSpec>() {
  return BridgeKeys();
}
template <>
inline std::span<const SettingKey<PortSpec>> KeysOf<PortSpec>() {
  return PortKeys();
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_SETTING_TABLE_H_
