// Multicast snooping.
#include "switch/model/keys/keys.h"
#include "switch/model/setting_value.h"

namespace vswitch {

std::vector<SettingKey<BridgeSpec>> McastBridgeKeys() {
  return std::vector<SettingKey<BridgeSpec>>{
      {.name = "mcast_snooping",
       .placeholder = "on|off",
       .help = "whether a group's frames go only to ports that have joined it, by IGMP and MLD",
       .value = SwitchValue(&BridgeSpec::mcast_snooping)},
      {.name = "mcast_querier",
       .placeholder = "on|off",
       .help = "whether the bridge asks who has joined, as long as no router does",
       .value = SwitchValue(&BridgeSpec::mcast_querier)},
      {.name = "mcast_unregistered",
       .placeholder = "WORD",
       .help = "where a group goes that nobody has joined",
       .value = WordValue<BridgeSpec, McastUnregistered>(
           &BridgeSpec::mcast_unregistered, {{"flood", McastUnregistered::kFlood},
                                             {"router-only", McastUnregistered::kRouterOnly}})},
  };
}

std::vector<SettingKey<PortSpec>> McastPortKeys() {
  return std::vector<SettingKey<PortSpec>>{
      {.name = "mcast_router",
       .placeholder = "auto|on|off",
       .help = "whether the port leads to a multicast router; auto: when one is heard there; off: "
               "never, and queries from there are not believed",
       .value = WordValue<PortSpec, McastRouter>(
           &PortSpec::mcast_router,
           {{"auto", McastRouter::kAuto}, {"on", McastRouter::kOn}, {"off", McastRouter::kOff}})},
      {.name = "mcast_fast_leave",
       .placeholder = "on|off",
       .help = "whether a leave ends membership at once: for a port with one guest behind it",
       .value = SwitchValue(&PortSpec::mcast_fast_leave)},
  };
}

}  // namespace vswitch
