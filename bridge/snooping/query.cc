#include "bridge/snooping/query.h"

#include "bridge/snooping/checksum.h"
#include "bridge/snooping/numbers.h"
#include "bridge/wire/load.h"

namespace vswitch {
namespace {

constexpr uint32_t kAllHostsIpv4 = 0xe0000001;

void AppendAddress(const MappedAddress& address, std::vector<uint8_t>* frame) {
  AppendBig(address.high, 8, frame);
  AppendBig(address.low, 8, frame);
}

void AppendEthernet(MacAddress to, MacAddress from, uint16_t type, std::vector<uint8_t>* frame) {
  AppendBig(to.value, 6, frame);
  AppendBig(from.value, 6, frame);
  AppendBig(type, 2, frame);
}

uint32_t ResponseSeconds(const GroupQuery& query) {
  return query.group.has_value() ? kLastMemberSeconds : kQueryResponseSeconds;
}

// RFC 3376, 4 and 4.1: TTL 1, internetwork control, router alert.
std::vector<uint8_t> BuildIgmp(const GroupQuery& query, MacAddress source) {
  constexpr size_t kIpBytes = 24;
  constexpr size_t kIgmpBytes = 12;
  const MappedAddress to = query.group.value_or(MappedAddress::FromIpv4(kAllHostsIpv4));
  std::vector<uint8_t> frame;
  AppendEthernet(to.GroupMac(), source, kTypeIpV4, &frame);
  const size_t ip = frame.size();
  AppendBig(0x46c0, 2, &frame);
  AppendBig(kIpBytes + kIgmpBytes, 2, &frame);
  AppendBig(0, 4, &frame);
  AppendBig(0x01000000 | kProtocolIgmp << 16, 4, &frame);
  AppendBig(0, 4, &frame);
  AppendBig(to.ipv4(), 4, &frame);
  AppendBig(0x94040000, 4, &frame);
  const size_t igmp = frame.size();
  AppendBig(kIgmpQuery, 1, &frame);
  AppendBig(ResponseSeconds(query) * 10, 1, &frame);
  AppendBig(0, 2, &frame);
  AppendBig(query.group.has_value() ? query.group->ipv4() : 0, 4, &frame);
  AppendBig(kRobustness, 1, &frame);
  AppendBig(kQueryIntervalSeconds, 1, &frame);
  AppendBig(0, 2, &frame);
  const std::span<uint8_t> bytes(frame);
  StoreBig16(&frame[ip + 10], FinishChecksum(ChecksumPart(bytes.subspan(ip, kIpBytes))));
  StoreBig16(&frame[igmp + 2], FinishChecksum(ChecksumPart(bytes.subspan(igmp))));
  return frame;
}

// RFC 3810, 5 and 5.1: hop limit 1, router alert, from a link-local address.
std::vector<uint8_t> BuildMld(const GroupQuery& query, MacAddress source) {
  constexpr uint32_t kMldBytes = 28;
  const MappedAddress all_nodes{.high = 0xff02000000000000, .low = 1};
  const MappedAddress to = query.group.value_or(all_nodes);
  std::vector<uint8_t> frame;
  AppendEthernet(to.GroupMac(), source, kTypeIpV6, &frame);
  const size_t ip = frame.size();
  AppendBig(0x60000000, 4, &frame);
  AppendBig(8 + kMldBytes, 2, &frame);
  AppendBig(kHopByHop, 1, &frame);
  AppendBig(1, 1, &frame);
  AppendAddress(LinkLocalOf(source), &frame);
  AppendAddress(to, &frame);
  AppendBig(kProtocolIcmpV6, 1, &frame);
  AppendBig(0, 1, &frame);
  AppendBig(0x050200000100, 6, &frame);
  const size_t mld = frame.size();
  AppendBig(kMldQuery, 1, &frame);
  AppendBig(0, 3, &frame);
  AppendBig(ResponseSeconds(query) * 1000, 2, &frame);
  AppendBig(0, 2, &frame);
  AppendAddress(query.group.value_or(MappedAddress{}), &frame);
  AppendBig(kRobustness, 1, &frame);
  AppendBig(kQueryIntervalSeconds, 1, &frame);
  AppendBig(0, 2, &frame);
  const uint32_t sum = Ipv6PseudoHeader(&frame[ip + 8], kMldBytes, kProtocolIcmpV6);
  const uint16_t checksum = FinishChecksum(ChecksumPart(std::span(frame).subspan(mld), sum));
  StoreBig16(&frame[mld + 2], checksum);
  return frame;
}

}  // namespace

std::vector<uint8_t> BuildQuery(const GroupQuery& query, MacAddress source) {
  return query.ipv6 ? BuildMld(query, source) : BuildIgmp(query, source);
}

MappedAddress LinkLocalOf(MacAddress mac) {
  const uint64_t upper = mac.value >> 24 ^ 0x020000;
  return {.high = 0xfe80000000000000,
          .low = upper << 40 | uint64_t{0xfffe} << 24 | (mac.value & 0xffffff)};
}

}  // namespace vswitch
