// What hosts and routers send to IP groups, byte for byte and with its checksums, by rules of its
// own and not those of bridge/snooping. For tests only.
#ifndef VSWITCH_TESTS_GROUP_PACKETS_H_
#define VSWITCH_TESTS_GROUP_PACKETS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mac_table/mac_address.h"

namespace vswitch {

// An Ethernet frame about `group`, an address of IPv4 or IPv6. What it is, by `verb`:
//
//   data          a UDP datagram to the group
//   join, leave   IGMPv2, RFC 2236, or MLDv1, RFC 2710
//   join3         a report of IGMPv3, RFC 3376, 4.2: IPv4 only
//   query         of this group, or of all if it is 0.0.0.0 or ::; to be answered in 0.1 s
//   hello         of PIM, RFC 7761, 4.9.2: IPv4 only, to all PIM routers
//
// Throws std::invalid_argument for any other.
std::vector<uint8_t> GroupPacket(std::string_view verb, const std::string& group, MacAddress from);

}  // namespace vswitch

#endif  // VSWITCH_TESTS_GROUP_PACKETS_H_
