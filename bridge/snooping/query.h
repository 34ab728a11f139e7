// The queries that a bridge sends: IGMPv3 and MLDv2, which hosts of older versions take as theirs
// (RFC 3376, 7.2; RFC 3810, 8.2). Thread-safety: pure functions.
#ifndef VSWITCH_BRIDGE_SNOOPING_QUERY_H_
#define VSWITCH_BRIDGE_SNOOPING_QUERY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "bridge/snooping/group_address.h"

namespace vswitch {

// RFC 3376, 8; RFC 3810, 9: the same for both families.
inline constexpr uint32_t kRobustness = 2;
inline constexpr uint32_t kQueryIntervalSeconds = 125;
inline constexpr uint32_t kQueryResponseSeconds = 10;
inline constexpr uint32_t kLastMemberSeconds = 1;
inline constexpr uint32_t kStartupIntervalSeconds = kQueryIntervalSeconds / 4;

struct GroupQuery {
  bool ipv6 = false;
  // Not set: a general query.
  std::optional<MappedAddress> group;
};

// The whole Ethernet frame, untagged, from `source`. Its IPv4 address is 0.0.0.0, as a bridge that
// has none says (RFC 4541, 2.1.1 (1)), its IPv6 one LinkLocalOf(source).
std::vector<uint8_t> BuildQuery(const GroupQuery& query, MacAddress source);

// RFC 4291, appendix A: fe80:: and the modified EUI-64.
MappedAddress LinkLocalOf(MacAddress mac);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_QUERY_H_
