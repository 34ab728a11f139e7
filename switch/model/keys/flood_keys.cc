// What is relayed and flooded, and to whom.
#include "switch/model/keys/keys.h"
#include "switch/model/reserved_names.h"
#include "switch/model/setting_value.h"

namespace vswitch {
namespace {

// The same field as that of group_fwd_mask.
SettingValue<BridgeSpec> ReservedNamesValue() {
  return {.allowed =
              "some of stp, pause, lacp, eapol, elmi, provider-stp, mvrp, lldp and, for addresses "
              "without a name, 0x4 to 0xf, such as stp,lldp, or nothing for none",
          .json = JsonForm::kText,
          .parse = setting_value_internal::Parser(&BridgeSpec::group_fwd_mask, ReadReservedNames),
          .format = [](const BridgeSpec& spec) { return ReservedNamesText(spec.group_fwd_mask); }};
}

}  // namespace

std::vector<SettingKey<BridgeSpec>> FloodBridgeKeys() {
  return std::vector<SettingKey<BridgeSpec>>{
      // Linux refuses bits 0 to 2 (STP, pause frames, LACP). A lab between guests wants exactly
      // these. Of the three the switch speaks STP alone, with rstp=on, and takes BPDUs then
      // whatever the mask is.
      {.name = "group_fwd_mask",
       .placeholder = "MASK",
       .help = "bit n relays frames to 01-80-C2-00-00-0n (0: STP, 2: LACP, 14: LLDP), which are "
               "otherwise dropped; BPDUs never with rstp=on",
       .value = MaskValue(&BridgeSpec::group_fwd_mask)},
      {.name = "forward_reserved",
       .placeholder = "NAMES",
       .help = "group_fwd_mask by names, as in stp,lacp,lldp",
       .is_alias = true,
       .default_words = "none",
       .value = ReservedNamesValue()},
  };
}

std::vector<SettingKey<PortSpec>> FloodPortKeys() {
  return std::vector<SettingKey<PortSpec>>{
      {.name = "flood",
       .placeholder = "on|off",
       .help = "whether frames to unknown stations leave by the port",
       .value = SwitchValue(&PortSpec::flood)},
      {.name = "mcast_flood",
       .placeholder = "on|off",
       .help =
           "whether frames to groups leave by the port; with mcast_snooping, those of groups that "
           "it has joined do in any case",
       .value = SwitchValue(&PortSpec::mcast_flood)},
      {.name = "bcast_flood",
       .placeholder = "on|off",
       .help = "whether broadcasts leave by the port",
       .value = SwitchValue(&PortSpec::bcast_flood)},
      {.name = "isolated",
       .placeholder = "on|off",
       .help =
           "whether the port reaches only ports that are not isolated, and is reached by them only",
       .value = SwitchValue(&PortSpec::isolated)},
  };
}

}  // namespace vswitch
