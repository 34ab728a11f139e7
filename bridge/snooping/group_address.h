// The address of an IP multicast group, of either family. Thread-safety: a value.
#ifndef VSWITCH_BRIDGE_SNOOPING_GROUP_ADDRESS_H_
#define VSWITCH_BRIDGE_SNOOPING_GROUP_ADDRESS_H_

#include <compare>
#include <cstdint>
#include <string>

#include "bridge/wire/load.h"
#include "mac_table/mac_address.h"

namespace vswitch {

// An IPv6 address; an IPv4 one as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
struct MappedAddress {
  uint64_t high = 0;
  uint64_t low = 0;

  static MappedAddress FromIpv4(uint32_t address) { return {0, uint64_t{0xffff} << 32 | address}; }
  // Sixteen octets in wire order.
  static MappedAddress FromIpv6(const uint8_t* octets) {
    return {LoadBig64(octets), LoadBig64(octets + 8)};
  }

  bool IsIpv4() const { return high == 0 && low >> 32 == 0xffff; }
  uint32_t ipv4() const { return static_cast<uint32_t>(low); }
  // :: or 0.0.0.0.
  bool IsUnspecified() const { return high == 0 && (low == 0 || low == uint64_t{0xffff} << 32); }
  // RFC 1112, section 4: 224.0.0.0/4; RFC 4291, 2.7: ff00::/8.
  bool IsGroup() const { return IsIpv4() ? ipv4() >> 28 == 0xe : high >> 56 == 0xff; }
  // RFC 4291, 2.5.6: fe80::/10.
  bool IsLinkLocal() const { return high >> 54 == 0xfe80 >> 6; }
  // Groups that are flooded, whoever has joined them. RFC 4541, 2.1.2 (2): 224.0.0.0/24, as hosts
  // do not join all of these. Of IPv6 what does not leave the link, that is, scopes 0 to 2 (RFC
  // 4291, 2.7): neighbour discovery lives there.
  bool IsAlwaysFlooded() const {
    return IsIpv4() ? ipv4() >> 8 == 0xe00000 : (high >> 48 & 0xf) <= 2;
  }
  // RFC 1112, 6.4; RFC 2464, section 7.
  MacAddress GroupMac() const {
    return IsIpv4() ? MacAddress{0x01005e000000 | (low & 0x7fffff)}
                    : MacAddress{0x333300000000 | (low & 0xffffffff)};
  }
  // "239.1.2.3", "ff05::3" (RFC 5952).
  std::string ToString() const;

  friend auto operator<=>(const MappedAddress&, const MappedAddress&) = default;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_GROUP_ADDRESS_H_
