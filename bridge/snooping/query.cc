#include "bridge/snooping/query.h"

#include "bridge/snooping/checksum.h"
#include "bridge/snooping/numbers.h"

namespace vswitch {
namespace {

constexpr uint32_t kAllHostsIpv4 = 0xe0000001;

void Append(uint64_t value, int bytes, std::vector<uint8_t>* frame) {
  for (int i = bytes - 1; i >= 0; --i) frame->push_back(static_cast<uint8_t>(value >> (8 * i)));
}
void Append(const MappedAddress& address, std::vector<uint8_t>* frame) {
  Append(address.high, 8, frame);
  Append(address.low, 8, frame);
}
void SetBig16(uint16_t value, uint8_t* at) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

void AppendEthernet(MacAddress to, MacAddress from, uint16_t type, std::vector<uint8_t>* frame) {
  Append(to.value, 6, frame);
  Append(from.value, 6, frame);
  Append(type, 2, frame);
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
  AppendEthernet(to.GroupMac(), source, kEtherTypeIpv4, &frame);
  const size_t ip = frame.size();
  Append(0x46c0, 2, &frame);
  Append(kIpBytes + kIgmpBytes, 2, &frame);
  Append(0, 4, &frame);
  Append(0x01000000 | kIgmp << 16, 4, &frame);
  Append(0, 4, &frame);
  Append(to.ipv4(), 4, &frame);
  Append(0x94040000, 4, &frame);
  const size_t igmp = frame.size();
  Append(kIgmpQuery, 1, &frame);
  Append(ResponseSeconds(query) * 10, 1, &frame);
  Append(0, 2, &frame);
  Append(query.group.has_value() ? query.group->ipv4() : 0, 4, &frame);
  Append(kRobustness, 1, &frame);
  Append(kQueryIntervalSeconds, 1, &frame);
  Append(0, 2, &frame);
  const std::span<uint8_t> bytes(frame);
  SetBig16(FinishChecksum(ChecksumPart(bytes.subspan(ip, kIpBytes))), &frame[ip + 10]);
  SetBig16(FinishChecksum(ChecksumPart(bytes.subspan(igmp))), &frame[igmp + 2]);
  return frame;
}

// RFC 3810, 5 and 5.1: hop limit 1, router alert, from a link-local address.
std::vector<uint8_t> BuildMld(const GroupQuery& query, MacAddress source) {
  constexpr uint32_t kMldBytes = 28;
  const MappedAddress all_nodes{.high = 0xff02000000000000, .low = 1};
  const MappedAddress to = query.group.value_or(all_nodes);
  std::vector<uint8_t> frame;
  AppendEthernet(to.GroupMac(), source, kEtherTypeIpv6, &frame);
  const size_t ip = frame.size();
  Append(0x60000000, 4, &frame);
  Append(8 + kMldBytes, 2, &frame);
  Append(kHopByHop, 1, &frame);
  Append(1, 1, &frame);
  Append(LinkLocalOf(source), &frame);
  Append(to, &frame);
  Append(kIcmpv6, 1, &frame);
  Append(0, 1, &frame);
  Append(0x050200000100, 6, &frame);
  const size_t mld = frame.size();
  Append(kMldQuery, 1, &frame);
  Append(0, 3, &frame);
  Append(ResponseSeconds(query) * 1000, 2, &frame);
  Append(0, 2, &frame);
  Append(query.group.value_or(MappedAddress{}), &frame);
  Append(kRobustness, 1, &frame);
  Append(kQueryIntervalSeconds, 1, &frame);
  Append(0, 2, &frame);
  const uint32_t sum = Ipv6PseudoHeader(&frame[ip + 8], kMldBytes, kIcmpv6);
  const uint16_t checksum = FinishChecksum(ChecksumPart(std::span(frame).subspan(mld), sum));
  SetBig16(checksum, &frame[mld + 2]);
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
