// What a user asked of a bridge or a port: the desired state. Plain values; kept in the state file,
// shown by `vswitchctl show`, reconciled against the kernel by the controller.
#ifndef VSWITCH_SWITCH_MODEL_PORT_SPEC_H_
#define VSWITCH_SWITCH_MODEL_PORT_SPEC_H_

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mac_table/fdb_key.h"
#include "mac_table/mac_address.h"

namespace vswitch {

enum class PortType { kTap, kInternal, kNetdev };
inline constexpr std::array kPortTypes = {PortType::kTap, PortType::kInternal, PortType::kNetdev};

// "tap", "internal", "netdev"; empty for what is no type.
std::string_view PortTypeName(PortType type);
// "tap, internal or netdev".
std::string PortTypeList(std::span<const PortType> types);

// bridge/vlan.h says what each does. kNone: what tag and trunks alone make of the port.
enum class VlanModeSetting { kNone, kAccess, kTrunk, kNativeTagged, kNativeUntagged, kTunnel };

// What each setting may be is in setting_table.cc.
struct PortSpec {
  std::string name;  // The netdev's name, 1 to 15 characters (IFNAMSIZ).
  PortType type = PortType::kTap;
  uid_t owner = 0;             // tap: who may open the TAP without root (TUNSETOWNER).
  uint32_t mtu = 0;            // Bytes; 0: leave the device as it is.
  uint32_t queues = 1;         // tap: queues for the guest; more than one needs QEMU's queues=N.
  uint32_t txqueuelen = 1000;  // Frames that the kernel queues in each direction.
  MacAddress mac;              // internal: the user's end's; zero: one that the switch derives.
  bool fast_path = true;       // The kernel may forward its frames by itself.
  // See PortForwarding.
  bool isolated = false;
  bool flood = true;
  bool mcast_flood = true;
  bool bcast_flood = true;
  bool loop_guard = false;
  VlanModeSetting vlan_mode = VlanModeSetting::kNone;
  VlanId tag = 0;        // The port's own VLAN; 0: none.
  std::string trunks;    // The VLANs that it carries, as text (vlan_settings.h); empty: all.
  bool created = false;  // tap: we made the TAP, so del-port removes it.

  friend bool operator==(const PortSpec&, const PortSpec&) = default;
};

struct StaticEntrySpec {
  MacAddress mac;
  VlanId vlan = 0;
  std::string port;

  friend bool operator==(const StaticEntrySpec&, const StaticEntrySpec&) = default;
};

struct BridgeSpec {
  std::string name;  // 1 to 15 characters, as a netdev's although none is made.
  uint32_t ageing_s = kDefaultAgeingSeconds;
  uint32_t fdb_entries = kDefaultFdbEntries;
  uint16_t group_fwd_mask = 0;  // See BridgeForwarding.
  uint32_t mtu = 0;             // Of ports that have none of their own; 0: leave their devices.
  bool fast_path = true;        // Of all of its ports, or of none.
  std::vector<PortSpec> ports;
  std::vector<StaticEntrySpec> static_entries;

  friend bool operator==(const BridgeSpec&, const BridgeSpec&) = default;
};

// The port as its device is to be: with its bridge's MTU, unless it has one of its own.
PortSpec DeviceSpec(const BridgeSpec& bridge, const PortSpec& port);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_PORT_SPEC_H_
