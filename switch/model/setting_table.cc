#include "switch/model/setting_table.h"

#include <vector>

#include "mac_table/fdb_key.h"
#include "switch/model/setting_value.h"

namespace vswitch {

// The order of a table is that of `show`, of the state file and of help.

std::span<const SettingKey<BridgeSpec>> BridgeKeys() {
  static const auto* const keys = new std::vector<SettingKey<BridgeSpec>>{
      {.name = "ageing_s",
       .placeholder = "SECONDS",
       .help = "how long a learned address is kept after its last frame",
       .value =
           NumberValue(&BridgeSpec::ageing_s,
                       {.min = kMinAgeingSeconds, .max = kMaxAgeingSeconds, .unit = "seconds"})},
      {.name = "fdb_entries",
       .placeholder = "N",
       .help = "how many addresses the forwarding table holds",
       .value = NumberValue(&BridgeSpec::fdb_entries,
                            {.min = kMinFdbEntries, .max = kMaxFdbEntries, .unit = "addresses"})},
      // Linux refuses bits 0 to 2 (STP, pause frames, LACP). A lab between guests wants exactly
      // these, and the switch speaks none of the three itself, so nothing is refused here.
      {.name = "group_fwd_mask",
       .placeholder = "MASK",
       .help = "bit n relays frames to 01-80-C2-00-00-0n (0: STP, 2: LACP, 14: LLDP), which are "
               "otherwise dropped",
       .value = MaskValue(&BridgeSpec::group_fwd_mask)},
      {.name = "fast_path",
       .placeholder = "on|off",
       .help = "whether the kernel forwards between known stations by itself",
       .value = SwitchValue(&BridgeSpec::fast_path)},
  };
  return *keys;
}

std::span<const SettingKey<PortSpec>> PortKeys() {
  static const auto* const keys = new std::vector<SettingKey<PortSpec>>{
      {.name = "type",
       .placeholder = "TYPE",
       .help = "tap: for a guest; internal: PORT becomes a netdev of this host; netdev: PORT is an "
               "existing netdev, such as an uplink",
       .creation_only = true,
       .value = PortTypeValue(&PortSpec::type)},
      {.name = "owner",
       .placeholder = "USER",
       .help = "the user whose QEMU may open the TAP without root",
       .applies_to = {PortType::kTap},
       .default_words = "the caller",
       .value = UserValue(&PortSpec::owner)},
      // From RFC 791 to a frame of 65,535 bytes less its 14-byte header, the kernel's limit for a
      // TAP.
      {.name = "mtu",
       .placeholder = "BYTES",
       .help = "the device's MTU",
       .value = NumberValue(&PortSpec::mtu, {.min = 68,
                                             .max = 65521,
                                             .unit = "bytes",
                                             .zero_means = "to leave the device as it is"})},
      {.name = "mac",
       .placeholder = "MAC",
       .help = "the device's MAC address",
       .applies_to = {PortType::kInternal},
       .default_words = "derived from this machine, its switch and PORT",
       .value = MacValue(&PortSpec::mac)},
      {.name = "queues",
       .placeholder = "N",
       .help = "queue pairs of the guest; more than one needs the same queues= of QEMU",
       .applies_to = {PortType::kTap},
       .creation_only = true,
       .value = NumberValue(&PortSpec::queues, {.min = 1, .max = 16, .unit = "queues"})},
      {.name = "txqueuelen",
       .placeholder = "FRAMES",
       .help = "frames that the kernel queues in each direction before it drops",
       .creation_only = true,
       .value = NumberValue(&PortSpec::txqueuelen, {.min = 16, .max = 65536, .unit = "frames"})},
      {.name = "fast_path",
       .placeholder = "on|off",
       .help = "whether the kernel forwards this port's frames by itself where it can",
       .value = SwitchValue(&PortSpec::fast_path)},
  };
  return *keys;
}

}  // namespace vswitch
