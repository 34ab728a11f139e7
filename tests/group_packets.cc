#include "tests/group_packets.h"

#include <stdexcept>

#include "tests/raw_packets.h"

namespace vswitch {
namespace {

using raw::Address4;
using raw::Address6;
using raw::Big16;
using raw::MacOctets;
using raw::Octets;
using raw::operator+;

constexpr uint8_t kIgmp = 2;
constexpr uint8_t kUdp = 17;
constexpr uint8_t kIcmpv6 = 58;
constexpr uint8_t kPim = 103;

// RFC 1071.
uint32_t ChecksumOf(const Octets& octets) {
  uint32_t sum = 0;
  for (size_t i = 0; i < octets.size(); ++i) sum += octets[i] << (i % 2 == 0 ? 8 : 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

void Put16(uint32_t value, size_t at, Octets* octets) {
  (*octets)[at] = static_cast<uint8_t>(value >> 8);
  (*octets)[at + 1] = static_cast<uint8_t>(value);
}

// With its checksum at octet 2.
Octets Summed(Octets message) {
  Put16(ChecksumOf(message), 2, &message);
  return message;
}

// RFC 1112, 6.4. With TTL 1 and a router alert, as RFC 2236, 2 has it; data comes without.
Octets Ipv4Frame(const Octets& group, uint8_t protocol, const Octets& payload, MacAddress from) {
  const Octets alert = protocol == kIgmp ? Octets{0x94, 4, 0, 0} : Octets{};
  const size_t header_bytes = 20 + alert.size();
  Octets header = Octets{static_cast<uint8_t>(0x40 + header_bytes / 4), 0} +
                  Big16(static_cast<uint32_t>(header_bytes + payload.size())) +
                  Octets{0, 0, 0, 0, 1, protocol, 0, 0} + Address4("10.0.0.9") + group + alert;
  Put16(ChecksumOf(header), 10, &header);
  const Octets to = {0x01, 0x00, 0x5e, static_cast<uint8_t>(group[1] & 0x7f), group[2], group[3]};
  return to + MacOctets(from) + Big16(0x0800) + header + payload;
}

// RFC 2464, 7, and RFC 2710, 3.
Octets Ipv6Frame(const Octets& group, uint8_t next, Octets payload, MacAddress from) {
  const Octets addresses = Address6("fe80::9") + group;
  const auto bytes = static_cast<uint32_t>(payload.size());
  const Octets pseudo_header = addresses + Big16(0) + Big16(bytes) + Octets{0, 0, 0, next};
  Put16(ChecksumOf(pseudo_header + payload), next == kUdp ? 6 : 2, &payload);
  const bool has_alert = next == kIcmpv6;
  const Octets alert = has_alert ? Octets{next, 0, 5, 2, 0, 0, 1, 0} : Octets{};
  const Octets to = {0x33, 0x33, group[12], group[13], group[14], group[15]};
  return to + MacOctets(from) + Big16(0x86dd) + Octets{0x60, 0, 0, 0} +
         Big16(bytes + static_cast<uint32_t>(alert.size())) +
         Octets{has_alert ? uint8_t{0} : next, 1} + addresses + alert + payload;
}

Octets UdpDatagram() { return Big16(1000) + Big16(2000) + Big16(26) + Octets(20, 0); }

[[noreturn]] void Refuse(std::string_view verb) {
  throw std::invalid_argument("no packet to a group: " + std::string(verb));
}

Octets Ipv4Packet(std::string_view verb, const std::string& text, MacAddress from) {
  const Octets group = Address4(text.c_str());
  const auto igmp = [&](const Octets& to, uint8_t type, uint8_t response_tenths = 0) {
    return Ipv4Frame(to, kIgmp, Summed(Octets{type, response_tenths, 0, 0} + group), from);
  };
  if (verb == "data") return Ipv4Frame(group, kUdp, UdpDatagram(), from);
  if (verb == "join") return igmp(group, 0x16);
  if (verb == "leave") return igmp(Address4("224.0.0.2"), 0x17);
  if (verb == "query") return igmp(text == "0.0.0.0" ? Address4("224.0.0.1") : group, 0x11, 1);
  if (verb == "join3") {
    // One record: CHANGE_TO_EXCLUDE_MODE, without sources.
    const Octets report = Octets{0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0} + group;
    return Ipv4Frame(Address4("224.0.0.22"), kIgmp, Summed(report), from);
  }
  if (verb != "hello") Refuse(verb);
  // Its one option: for how long it holds.
  const Octets hello = Octets{0x20, 0, 0, 0, 0, 1, 0, 2, 0, 105};
  return Ipv4Frame(Address4("224.0.0.13"), kPim, Summed(hello), from);
}

Octets Ipv6Packet(std::string_view verb, const std::string& text, MacAddress from) {
  const Octets group = Address6(text.c_str());
  const auto mld = [&](const Octets& to, uint8_t type, uint8_t response_ms = 0) {
    return Ipv6Frame(to, kIcmpv6, Octets{type, 0, 0, 0, 0, response_ms, 0, 0} + group, from);
  };
  if (verb == "data") return Ipv6Frame(group, kUdp, UdpDatagram(), from);
  if (verb == "join") return mld(group, 131);
  if (verb == "leave") return mld(Address6("ff02::2"), 132);
  if (verb == "query") return mld(text == "::" ? Address6("ff02::1") : group, 130, 100);
  Refuse(verb);
}

}  // namespace

std::vector<uint8_t> GroupPacket(std::string_view verb, const std::string& group, MacAddress from) {
  return group.find(':') == group.npos ? Ipv4Packet(verb, group, from)
                                       : Ipv6Packet(verb, group, from);
}

}  // namespace vswitch
