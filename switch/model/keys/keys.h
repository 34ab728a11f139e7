// The keys of bridges and ports, a function and a file for each subject; setting_table.cc puts them
// together. Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_MODEL_KEYS_KEYS_H_
#define VSWITCH_SWITCH_MODEL_KEYS_KEYS_H_

#include <vector>

#include "absl/status/status.h"
#include "switch/model/port_spec.h"
#include "switch/model/setting_key.h"

namespace vswitch {

std::vector<SettingKey<BridgeSpec>> FdbBridgeKeys();
std::vector<SettingKey<BridgeSpec>> FloodBridgeKeys();
std::vector<SettingKey<BridgeSpec>> DeviceBridgeKeys();
std::vector<SettingKey<BridgeSpec>> McastBridgeKeys();
std::vector<SettingKey<BridgeSpec>> RstpBridgeKeys();
std::vector<SettingKey<BridgeSpec>> FastPathBridgeKeys();

std::vector<SettingKey<PortSpec>> DevicePortKeys();
std::vector<SettingKey<PortSpec>> FdbPortKeys();
std::vector<SettingKey<PortSpec>> FloodPortKeys();
std::vector<SettingKey<PortSpec>> LoopPortKeys();
std::vector<SettingKey<PortSpec>> VlanPortKeys();
std::vector<SettingKey<PortSpec>> GuardPortKeys();
std::vector<SettingKey<PortSpec>> PolicePortKeys();
std::vector<SettingKey<PortSpec>> McastPortKeys();
std::vector<SettingKey<PortSpec>> RstpPortKeys();
std::vector<SettingKey<PortSpec>> FastPathPortKeys();

// InvalidArgument when a guard has no list to go by.
absl::Status CheckGuard(const PortSpec& spec);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_KEYS_KEYS_H_
