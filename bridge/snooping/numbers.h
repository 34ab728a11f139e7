// Numbers of the protocols that are snooped.
#ifndef VSWITCH_BRIDGE_SNOOPING_NUMBERS_H_
#define VSWITCH_BRIDGE_SNOOPING_NUMBERS_H_

#include <cstdint>

namespace vswitch {

inline constexpr uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr uint16_t kEtherTypeIpv6 = 0x86dd;

inline constexpr uint32_t kIpv4Bytes = 20;
inline constexpr uint32_t kIpv6Bytes = 40;

// IPv4 protocols and IPv6 next headers.
inline constexpr uint8_t kHopByHop = 0;
inline constexpr uint8_t kIgmp = 2;
inline constexpr uint8_t kIcmpv6 = 58;
inline constexpr uint8_t kPim = 103;

// RFC 3376, 4; RFC 2236, 2.1; RFC 1112, appendix I.
inline constexpr uint8_t kIgmpQuery = 0x11;
inline constexpr uint8_t kIgmpV1Report = 0x12;
inline constexpr uint8_t kIgmpV2Report = 0x16;
inline constexpr uint8_t kIgmpLeave = 0x17;
inline constexpr uint8_t kIgmpV3Report = 0x22;

// RFC 3810, 5; RFC 2710, 3.1.
inline constexpr uint8_t kMldQuery = 130;
inline constexpr uint8_t kMldV1Report = 131;
inline constexpr uint8_t kMldDone = 132;
inline constexpr uint8_t kMldV2Report = 143;

// RFC 7761, 4.9: version 2, type 0.
inline constexpr uint8_t kPimHello = 0x20;

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_NUMBERS_H_
