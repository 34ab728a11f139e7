// The devices of ports.
#include "switch/model/keys/keys.h"
#include "switch/model/setting_value.h"

namespace vswitch {
namespace {

// From RFC 791 to a frame of 65,535 bytes less its 14-byte header, the kernel's limit for a TAP.
template <typename Spec>
SettingValue<Spec> MtuValue(uint32_t Spec::*field, std::string_view zero_means) {
  return NumberValue(field, {.min = 68, .max = 65521, .unit = "bytes", .zero_means = zero_means});
}

}  // namespace

std::vector<SettingKey<BridgeSpec>> DeviceBridgeKeys() {
  return std::vector<SettingKey<BridgeSpec>>{
      {.name = "mtu",
       .placeholder = "BYTES",
       .help = "the MTU of the devices of ports that have no mtu= of their own",
       .value = MtuValue(&BridgeSpec::mtu, "to leave them as they are")},
  };
}

std::vector<SettingKey<PortSpec>> DevicePortKeys() {
  return std::vector<SettingKey<PortSpec>>{
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
      {.name = "mtu",
       .placeholder = "BYTES",
       .help = "the device's MTU",
       .value = MtuValue(&PortSpec::mtu,
                         "for the bridge's, and without that to leave the device as it is")},
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
  };
}

}  // namespace vswitch
