// Against loops.
#include "switch/model/keys/keys.h"
#include "switch/model/setting_value.h"

namespace vswitch {

std::vector<SettingKey<PortSpec>> LoopPortKeys() {
  return std::vector<SettingKey<PortSpec>>{
      {.name = "loop_guard",
       .placeholder = "on|off",
       .help = "whether the port is blocked as long as it hears its own bridge's probes",
       .value = SwitchValue(&PortSpec::loop_guard)},
  };
}

}  // namespace vswitch
