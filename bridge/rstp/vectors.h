// What bridges tell each other and compare: identifiers, priority vectors and times, IEEE
// 802.1D-2004, 9.2 and 17.5 to 17.8. Numerically less is better everywhere.
#ifndef VSWITCH_BRIDGE_RSTP_VECTORS_H_
#define VSWITCH_BRIDGE_RSTP_VECTORS_H_

#include <compare>
#include <cstdint>

#include "mac_table/mac_address.h"

namespace vswitch::rstp {

// 9.2.5: the priority in the upper 16 bits, the bridge's address in the lower 48.
using BridgeIdentifier = uint64_t;
// 9.2.7: the priority in the upper 4 bits, the port's number, from 1 on, in the lower 12.
using PortIdentifier = uint16_t;

// Table 17-2.
inline constexpr uint32_t kDefaultBridgePriority = 32768;
inline constexpr uint32_t kDefaultPortPriority = 128;
// 9.2.7.
inline constexpr uint16_t kMaxPortNumber = 4095;

inline constexpr BridgeIdentifier MakeBridgeIdentifier(uint32_t priority, MacAddress address) {
  return static_cast<uint64_t>(priority) << 48 | address.value;
}
inline constexpr PortIdentifier MakePortIdentifier(uint32_t priority, uint16_t number) {
  return static_cast<PortIdentifier>(priority << 8 | number);
}
inline constexpr MacAddress AddressOf(BridgeIdentifier bridge) {
  return MacAddress{bridge & 0xffffffffffff};
}
inline constexpr uint32_t PriorityOf(BridgeIdentifier bridge) {
  return static_cast<uint32_t>(bridge >> 48);
}
inline constexpr uint16_t NumberOf(PortIdentifier port) { return port & 0xfff; }

// 17.5, without the port of the receiver, which only breaks ties of the root port.
struct PriorityVector {
  BridgeIdentifier root = 0;
  uint32_t root_path_cost = 0;
  BridgeIdentifier designated_bridge = 0;
  PortIdentifier designated_port = 0;

  auto operator<=>(const PriorityVector&) const = default;
};

// 17.6: better, or from the port that the other came from, which has changed its mind.
inline bool IsSuperior(const PriorityVector& message, const PriorityVector& held) {
  return message < held ||
         (message != held &&
          AddressOf(message.designated_bridge) == AddressOf(held.designated_bridge) &&
          NumberOf(message.designated_port) == NumberOf(held.designated_port));
}

// 17.18.4, in seconds.
struct Times {
  uint16_t message_age = 0;
  uint16_t max_age = 20;
  uint16_t forward_delay = 15;
  uint16_t hello_time = 2;

  bool operator==(const Times&) const = default;
};

}  // namespace vswitch::rstp

#endif  // VSWITCH_BRIDGE_RSTP_VECTORS_H_
