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

#include "bridge/wire/ip_prefix.h"
#include "mac_table/fdb_key.h"
#include "mac_table/mac_address.h"
#include "switch/model/mirror_spec.h"

namespace vswitch {

enum class PortType { kTap, kInternal, kNetdev };
inline constexpr std::array kPortTypes = {PortType::kTap, PortType::kInternal, PortType::kNetdev};

// "tap", "internal", "netdev"; empty for what is no type.
std::string_view PortTypeName(PortType type);
// "tap, internal or netdev".
std::string PortTypeList(std::span<const PortType> types);

// bridge/vlan.h says what each does. kNone: what tag and trunks alone make of the port.
enum class VlanModeSetting { kNone, kAccess, kTrunk, kNativeTagged, kNativeUntagged, kTunnel };
// Whether a port leads to a multicast router; and where groups go that nobody has joined.
enum class McastRouter : uint8_t { kAuto, kOn, kOff };
enum class McastUnregistered : uint8_t { kFlood, kRouterOnly };

// The words of PortSpec::guard, of which bit n is the n-th; what they mean: bridge/port_guard.h.
inline constexpr std::array<std::string_view, 6> kGuardWords = {"mac", "ip",          "arp",
                                                                "nd",  "dhcp-server", "ra"};
enum GuardBit : uint8_t {
  kGuardsMac = 1,
  kGuardsIp = 2,
  kGuardsArp = 4,
  kGuardsNd = 8,
  kGuardsDhcpServer = 16,
  kGuardsRa = 32,
};

// Whether no bridge is behind a port: found out, or by the user's word.
enum class RstpEdge { kAuto, kOn, kOff };

// IEEE 802.1D-2004, table 17-2.
inline constexpr uint32_t kDefaultRstpBridgePriority = 32768;
inline constexpr uint32_t kDefaultRstpPortPriority = 128;

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
  VlanId tag = 0;      // The port's own VLAN; 0: none.
  std::string trunks;  // The VLANs that it carries, as text (vlan_settings.h); empty: all.
  // GuardBits, and what they go by: see GuardRules.
  uint8_t guard = 0;
  std::vector<MacAddress> allowed_macs;
  std::vector<IpPrefix> allowed_ips;
  // Frames or bits a second, and how much of it may come at once; 0: no limit, and a usual burst.
  uint64_t storm_broadcast_pps = 0;
  uint64_t storm_broadcast_pps_burst = 0;
  uint64_t storm_multicast_pps = 0;
  uint64_t storm_multicast_pps_burst = 0;
  uint64_t storm_unknown_pps = 0;
  uint64_t storm_unknown_pps_burst = 0;
  uint64_t ingress_bps = 0;
  uint64_t ingress_bps_burst = 0;
  uint64_t ingress_pps = 0;
  uint64_t ingress_pps_burst = 0;
  uint64_t egress_bps = 0;
  uint64_t egress_bps_burst = 0;
  uint64_t egress_pps = 0;
  uint64_t egress_pps_burst = 0;
  McastRouter mcast_router = McastRouter::kAuto;
  bool mcast_fast_leave = false;
  RstpEdge rstp_edge = RstpEdge::kAuto;
  uint32_t rstp_cost = 0;  // 0: by its speed.
  uint32_t rstp_priority = kDefaultRstpPortPriority;
  bool bpdu_guard = false;
  // What is learned on it: see PortForwarding and MacTable::PortRules.
  bool learning = true;
  bool sticky = false;
  bool locked = false;
  uint32_t learn_limit = 0;
  bool created = false;  // tap: we made the TAP, so del-port removes it.

  friend bool operator==(const PortSpec&, const PortSpec&) = default;
};

// An entry of the table that somebody has added.
struct StaticEntrySpec {
  MacAddress mac;
  VlanId vlan = 0;
  std::string port;
  // It ages, and comes back with its port or the daemon: see MacTable::AddSticky().
  bool sticky = false;

  friend bool operator==(const StaticEntrySpec&, const StaticEntrySpec&) = default;
};

// So many moves of a station in so many seconds are allowed; 0 moves: any number.
struct MoveLimitSpec {
  uint32_t moves = 0;
  uint32_t seconds = 0;
  friend bool operator==(const MoveLimitSpec&, const MoveLimitSpec&) = default;
};

struct BridgeSpec {
  std::string name;  // 1 to 15 characters, as a netdev's although none is made.
  uint32_t ageing_s = kDefaultAgeingSeconds;  // 0: never.
  bool learning = true;
  uint32_t learn_limit = 0;  // 0: none.
  MoveLimitSpec move_limit;
  uint32_t fdb_entries = kDefaultFdbEntries;
  uint16_t group_fwd_mask = 0;  // See BridgeForwarding.
  uint32_t mtu = 0;             // Of ports that have none of their own; 0: leave their devices.
  bool fast_path = true;        // Of all of its ports, or of none.
  bool mcast_snooping = false;
  bool mcast_querier = false;
  McastUnregistered mcast_unregistered = McastUnregistered::kFlood;
  bool rstp = false;  // It takes part in a spanning tree.
  uint32_t rstp_priority = kDefaultRstpBridgePriority;
  std::vector<PortSpec> ports;
  std::vector<StaticEntrySpec> static_entries;
  std::vector<MirrorSpec> mirrors;

  friend bool operator==(const BridgeSpec&, const BridgeSpec&) = default;
};

// The port as its device is to be: with its bridge's MTU, unless it has one of its own.
PortSpec DeviceSpec(const BridgeSpec& bridge, const PortSpec& port);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_PORT_SPEC_H_
