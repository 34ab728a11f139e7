// The spanning tree.
#include "switch/model/keys/keys.h"
#include "switch/model/setting_value.h"

namespace vswitch {
namespace {

// IEEE 802.1D-2004, 9.2.5, 9.2.7, tables 17-2 and 17-3.
constexpr NumberRange kBridgePriorities = {.max = 61440, .step = 4096};
constexpr NumberRange kPortPriorities = {.max = 240, .step = 16};
constexpr NumberRange kPathCosts = {
    .min = 1, .max = 200'000'000, .zero_means = "for what its speed makes it"};

}  // namespace

std::vector<SettingKey<BridgeSpec>> RstpBridgeKeys() {
  return std::vector<SettingKey<BridgeSpec>>{
      {.name = "rstp",
       .placeholder = "on|off",
       .help = "whether the bridge speaks the Rapid Spanning Tree Protocol (IEEE 802.1D-2004)",
       .value = SwitchValue(&BridgeSpec::rstp)},
      {.name = "rstp_priority",
       .placeholder = "N",
       .help = "the bridge's priority: the least of all becomes the root",
       .value = NumberValue(&BridgeSpec::rstp_priority, kBridgePriorities)},
  };
}

std::vector<SettingKey<PortSpec>> RstpPortKeys() {
  return std::vector<SettingKey<PortSpec>>{
      {.name = "rstp_edge",
       .placeholder = "auto|on|off",
       .help = "whether no bridge is behind the port, so that it forwards at once; auto: found out "
               "in three seconds of silence, some five on a bridge that is not the root",
       .value =
           WordValue(&PortSpec::rstp_edge,
                     {{"auto", RstpEdge::kAuto}, {"on", RstpEdge::kOn}, {"off", RstpEdge::kOff}})},
      {.name = "rstp_cost",
       .placeholder = "N",
       .help = "what a way to the root costs that leads through the port",
       .value = NumberValue(&PortSpec::rstp_cost, kPathCosts)},
      {.name = "rstp_priority",
       .placeholder = "N",
       .help = "of ports that lead to the root equally well, the least is taken",
       .value = NumberValue(&PortSpec::rstp_priority, kPortPriorities)},
      {.name = "bpdu_guard",
       .placeholder = "on|off",
       .help =
           "whether the port is blocked when it hears a BPDU, for 300 seconds after the last or "
           "until this is set again",
       .value = SwitchValue(&PortSpec::bpdu_guard)},
  };
}

}  // namespace vswitch
