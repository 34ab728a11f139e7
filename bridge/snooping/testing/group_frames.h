// IGMP, MLD and PIM frames for tests, right in every checksum unless told otherwise: whole Ethernet
// frames without offload header.
#ifndef VSWITCH_BRIDGE_SNOOPING_TESTING_GROUP_FRAMES_H_
#define VSWITCH_BRIDGE_SNOOPING_TESTING_GROUP_FRAMES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bridge/snooping/checksum.h"
#include "bridge/snooping/group_address.h"
#include "bridge/snooping/numbers.h"
#include "tests/frame_builder.h"
#include "tests/raw_packets.h"

namespace vswitch {

using raw::Big;
using raw::Octets;
using raw::operator+;

inline void PutChecksum(uint16_t checksum, size_t at, Octets* bytes) {
  (*bytes)[at] = static_cast<uint8_t>(checksum >> 8);
  (*bytes)[at + 1] = static_cast<uint8_t>(checksum);
}
inline MappedAddress Ip4(int a, int b, int c, int d) {
  return MappedAddress::FromIpv4(static_cast<uint32_t>(a << 24 | b << 16 | c << 8 | d));
}
inline MappedAddress Ip6(uint64_t high, uint64_t low) { return {high, low}; }
inline Octets AddressOctets(const MappedAddress& address) {
  if (address.IsIpv4()) return Big(address.ipv4(), 4);
  return Big(address.high, 8) + Big(address.low, 8);
}

struct Ip4Options {
  uint8_t protocol = kProtocolIgmp;
  MappedAddress source = Ip4(10, 0, 0, 1);
  MappedAddress destination = Ip4(224, 0, 0, 1);
  bool router_alert = true;
  uint8_t ttl = 1;
  uint16_t fragment = 0;
  bool checksum_is_wrong = false;
};

// `payload`: its checksum is put in at octet 2.
inline Octets Ip4Frame(const Ip4Options& options, Octets payload, MacAddress from = Station(1)) {
  if (payload.size() >= 4) PutChecksum(FinishChecksum(ChecksumPart(payload)), 2, &payload);
  Octets ip = Big(options.router_alert ? 0x46c0 : 0x45c0, 2);
  ip = ip + Big(payload.size() + (options.router_alert ? 24 : 20), 2) + Big(0, 2) +
       Big(options.fragment, 2) + Big(options.ttl, 1) + Big(options.protocol, 1) + Big(0, 2) +
       AddressOctets(options.source) + AddressOctets(options.destination);
  if (options.router_alert) ip = ip + Big(0x94040000, 4);
  PutChecksum(FinishChecksum(ChecksumPart(ip)), 10, &ip);
  if (options.checksum_is_wrong) ip[10] ^= 1;
  Octets frame = Big(options.destination.GroupMac().value, 6) + Big(from.value, 6);
  return frame + Big(kTypeIpV4, 2) + ip + payload;
}

struct Ip6Options {
  uint8_t upper = kProtocolIcmpV6;
  MappedAddress source = Ip6(0xfe80000000000000, 1);
  MappedAddress destination = Ip6(0xff02000000000000, 1);
  bool router_alert = true;
  uint8_t hop_limit = 1;
};

inline Octets Ip6Frame(const Ip6Options& options, Octets payload, MacAddress from = Station(1)) {
  const Octets addresses = AddressOctets(options.source) + AddressOctets(options.destination);
  if (payload.size() >= 4) {
    const uint32_t sum =
        Ipv6PseudoHeader(addresses.data(), static_cast<uint32_t>(payload.size()), options.upper);
    PutChecksum(FinishChecksum(ChecksumPart(payload, sum)), 2, &payload);
  }
  Octets ip = Big(0x60000000, 4) + Big(payload.size() + (options.router_alert ? 8 : 0), 2) +
              Big(options.router_alert ? kHopByHop : options.upper, 1) + Big(options.hop_limit, 1) +
              addresses;
  if (options.router_alert) ip = ip + Big(options.upper, 1) + Big(0, 1) + Big(0x050200000100, 6);
  Octets frame = Big(options.destination.GroupMac().value, 6) + Big(from.value, 6);
  return frame + Big(kTypeIpV6, 2) + ip + payload;
}

// The messages themselves.
inline Octets Igmp(uint8_t type, uint8_t code, const MappedAddress& group) {
  return Big(type, 1) + Big(code, 1) + Big(0, 2) + AddressOctets(group);
}
inline Octets Mld(uint8_t type, uint16_t code, const MappedAddress& group) {
  return Big(type, 1) + Big(0, 1) + Big(0, 2) + Big(code, 2) + Big(0, 2) + AddressOctets(group);
}
// Of a report of IGMPv3 or MLDv2.
inline Octets GroupRecord(uint8_t type, const MappedAddress& group, uint16_t sources = 0) {
  const int address_bytes = group.IsIpv4() ? 4 : 16;
  Octets record = Big(type, 1) + Big(0, 1) + Big(sources, 2) + AddressOctets(group);
  record.resize(record.size() + size_t{sources} * static_cast<size_t>(address_bytes), 7);
  return record;
}
inline Octets RecordsReport(uint8_t type, uint16_t count, const Octets& records) {
  return Big(type, 1) + Big(0, 1) + Big(0, 2) + Big(0, 2) + Big(count, 2) + records;
}

// Frames as hosts and routers send them.
inline Octets JoinFrame(const MappedAddress& group, MacAddress from = Station(1)) {
  constexpr uint8_t kToExclude = 4;
  const Octets records = GroupRecord(kToExclude, group);
  if (group.IsIpv4()) {
    return Ip4Frame({.destination = Ip4(224, 0, 0, 22)}, RecordsReport(kIgmpV3Report, 1, records),
                    from);
  }
  return Ip6Frame({.destination = Ip6(0xff02000000000000, 0x16)},
                  RecordsReport(kMldV2Report, 1, records), from);
}

inline Octets TaggedWith(uint16_t vid, Octets frame) {
  const Octets tag = Big(0x8100, 2) + Big(vid, 2);
  frame.insert(frame.begin() + 12, tag.begin(), tag.end());
  return frame;
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_TESTING_GROUP_FRAMES_H_
