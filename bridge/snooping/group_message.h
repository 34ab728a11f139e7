// IGMP, MLD and PIM hellos read from a frame, as far as a bridge is to believe them. Every length
// is checked, and every checksum.
//
//   IGMPv1, v2, v3   RFC 1112 appendix I, RFC 2236, RFC 3376
//   MLDv1, v2        RFC 2710, RFC 3810
//   PIM hello        RFC 7761, 4.9.2: a router is there
//
// Thread-safety: pure functions.
#ifndef VSWITCH_BRIDGE_SNOOPING_GROUP_MESSAGE_H_
#define VSWITCH_BRIDGE_SNOOPING_GROUP_MESSAGE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bridge/snooping/group_address.h"

namespace vswitch {

struct GroupMessage {
  enum class Type { kQuery, kReport, kHello };
  // Of a report: somebody wants the group's frames, or somebody wants them no more.
  struct Record {
    MappedAddress group;
    bool joins = false;
    friend bool operator==(const Record&, const Record&) = default;
  };

  Type type = Type::kQuery;
  bool ipv6 = false;
  // IGMP 1 to 3, MLD 1 and 2.
  int version = 0;
  MappedAddress source;
  MappedAddress destination;
  MacAddress source_mac;

  // Query: the group that it asks for, or none. Within how many seconds hosts answer, rounded up.
  std::optional<MappedAddress> group;
  uint32_t response_s = 0;
  // The querier's robustness variable and interval; 0: it does not say.
  uint32_t robustness = 0;
  uint32_t interval_s = 0;
  // Routers are not to lower their timers (the S flag).
  bool suppresses = false;

  // Report: those that are to be remembered; groups that are always flooded are left out.
  std::vector<Record> records;
};

// `ethernet`: from the destination address on, behind four VLAN tags at most. Nullopt: it is none,
// or it is malformed, cut short, or not as its RFC has it:
//   sent   to whom its type is for, and to that group's MAC address, so that whom a query lets end
//          has heard it. A general query: to all hosts; one of a group: to that or to all hosts
//          (RFC 3376, 4.1.12; RFC 3810, 5.1.15). Reports with records: to 224.0.0.22 or ff02::16
//          (RFC 3376, 4.2.14; RFC 3810, 5.2.14); older ones: to any group (the same). A leave: to
//          all routers or, as old hosts do, to its group (RFC 2236, 9; RFC 2710, 8). A hello: to
//          224.0.0.13 or ff02::d (RFC 7761, 4.3.1)
//   IPv4   whole, no fragment, header checksum, TTL 1 (RFC 2236, 2; RFC 3376, 4; RFC 7761, 4.3.1)
//   IGMP   checksum; a length that its type has (RFC 3376, 7.1: others are ignored); a query of
//          version 2 or 3 has a router alert (RFC 3376, 9.1, against queries from afar)
//   MLD    hop limit 1, a router alert in a hop-by-hop header, a link-local source, or :: for
//          reports (RFC 3810, 5, 5.1.14 and 5.2.13; RFC 3590), checksum
//   PIM    checksum
std::optional<GroupMessage> ReadGroupMessage(std::span<const uint8_t> ethernet);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_GROUP_MESSAGE_H_
