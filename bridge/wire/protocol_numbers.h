// Numbers that frames carry, as far as several rules look at them.
#ifndef VSWITCH_BRIDGE_WIRE_PROTOCOL_NUMBERS_H_
#define VSWITCH_BRIDGE_WIRE_PROTOCOL_NUMBERS_H_

#include <cstdint>

namespace vswitch {

// What stands where a type may stand is a length up to here (IEEE 802.3, 3.2.6).
inline constexpr uint16_t kMaxLength = 1500;
// EtherTypes.
inline constexpr uint16_t kTypeIpV4 = 0x0800;
inline constexpr uint16_t kTypeArp = 0x0806;
inline constexpr uint16_t kTypeRarp = 0x8035;
inline constexpr uint16_t kTypeIpV6 = 0x86dd;

// Without options and extension headers.
inline constexpr uint32_t kIpV4Bytes = 20;
inline constexpr uint32_t kIpV6Bytes = 40;

// IPv4 protocols and IPv6 next headers.
inline constexpr uint8_t kHopByHop = 0;
inline constexpr uint8_t kProtocolIgmp = 2;
inline constexpr uint8_t kProtocolUdp = 17;
inline constexpr uint8_t kProtocolIcmpV6 = 58;
// "No next header" (RFC 8200, 4.7): also of what a reader cannot see into, as a later fragment.
inline constexpr uint8_t kProtocolNone = 59;
inline constexpr uint8_t kProtocolPim = 103;

// ICMPv6 types: RFC 2710, 3.1; RFC 3810, 5.
inline constexpr uint8_t kMldV1Report = 131;
inline constexpr uint8_t kMldV2Report = 143;

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_WIRE_PROTOCOL_NUMBERS_H_
