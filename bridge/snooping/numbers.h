// Numbers of the protocols that are snooped, and that nobody else looks at.
#ifndef VSWITCH_BRIDGE_SNOOPING_NUMBERS_H_
#define VSWITCH_BRIDGE_SNOOPING_NUMBERS_H_

#include <cstdint>

#include "bridge/wire/protocol_numbers.h"

namespace vswitch {

// RFC 3376, 4; RFC 2236, 2.1; RFC 1112, appendix I.
inline constexpr uint8_t kIgmpQuery = 0x11;
inline constexpr uint8_t kIgmpV1Report = 0x12;
inline constexpr uint8_t kIgmpV2Report = 0x16;
inline constexpr uint8_t kIgmpLeave = 0x17;
inline constexpr uint8_t kIgmpV3Report = 0x22;

// RFC 2710, 3.1; reports are in protocol_numbers.h.
inline constexpr uint8_t kMldQuery = 130;
inline constexpr uint8_t kMldDone = 132;

// RFC 7761, 4.9: version 2, type 0.
inline constexpr uint8_t kPimHello = 0x20;

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_NUMBERS_H_
