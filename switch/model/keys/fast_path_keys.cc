// The fast path.
#include "switch/model/keys/keys.h"
#include "switch/model/setting_value.h"

namespace vswitch {

std::vector<SettingKey<BridgeSpec>> FastPathBridgeKeys() {
  return std::vector<SettingKey<BridgeSpec>>{
      {.name = "fast_path",
       .placeholder = "on|off",
       .help = "whether the kernel forwards between known stations by itself",
       .value = SwitchValue(&BridgeSpec::fast_path)},
  };
}

std::vector<SettingKey<PortSpec>> FastPathPortKeys() {
  return std::vector<SettingKey<PortSpec>>{
      {.name = "fast_path",
       .placeholder = "on|off",
       .help = "whether the kernel forwards this port's frames by itself where it can",
       .value = SwitchValue(&PortSpec::fast_path)},
  };
}

}  // namespace vswitch
