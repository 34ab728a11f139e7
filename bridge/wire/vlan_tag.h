// What marks an IEEE 802.1Q tag in a frame.
#ifndef VSWITCH_BRIDGE_WIRE_VLAN_TAG_H_
#define VSWITCH_BRIDGE_WIRE_VLAN_TAG_H_

#include <cstdint>

namespace vswitch {

inline constexpr uint32_t kVlanTagBytes = 4;
inline constexpr uint16_t kVlanIdMask = 0xfff;
inline constexpr uint16_t kReservedVlanId = 0xfff;  // IEEE 802.1Q, table 9-2.

// IEEE 802.1Q, table 9-1: the customer tag (0x8100) and the service tag (0x88a8).
inline bool IsVlanTpid(uint16_t ether_type) { return ether_type == 0x8100 || ether_type == 0x88a8; }

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_WIRE_VLAN_TAG_H_
