// Packets put together octet by octet, honest or not: what frame_builder.h has no words for.
// Each function gives the octets of one layer with another one behind it:
//
//   Ether(0x86dd, V6("fd00::1", 0, Extension(58, Icmp(136, Address6("fd00::1")))))
//
// Lengths are true unless a test changes the octets. For tests only.
#ifndef VSWITCH_TESTS_RAW_PACKETS_H_
#define VSWITCH_TESTS_RAW_PACKETS_H_

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <vector>

#include "tests/frame_builder.h"

namespace vswitch::raw {

using Octets = std::vector<uint8_t>;

inline Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// In network order; more octets than the value has begin with zeros.
inline Octets Big(uint64_t value, int bytes) {
  Octets octets;
  for (int i = bytes - 1; i >= 0; --i) {
    octets.push_back(i < 8 ? static_cast<uint8_t>(value >> (8 * i)) : 0);
  }
  return octets;
}
inline Octets Big16(uint32_t value) { return Big(value, 2); }

inline Octets MacOctets(MacAddress mac) {
  Octets octets(6);
  mac.ToBytes(octets.data());
  return octets;
}

inline Octets Address4(const char* text) {
  Octets octets(4);
  if (inet_pton(AF_INET, text, octets.data()) != 1) std::abort();
  return octets;
}

inline Octets Address6(const char* text) {
  Octets octets(16);
  if (inet_pton(AF_INET6, text, octets.data()) != 1) std::abort();
  return octets;
}

// From Station(1), to everybody.
inline Octets Ether(uint16_t type, const Octets& rest, MacAddress source = Station(1)) {
  return MacOctets(kBroadcast) + MacOctets(source) + Big16(type) + rest;
}
// What a type of a tag or of LLC stands before.
inline Octets Tag(uint16_t vid, uint16_t next, const Octets& rest) {
  return Big16(vid) + Big16(next) + rest;
}
inline Octets Snap(uint16_t type, const Octets& rest, uint32_t oui = 0, uint8_t control = 3) {
  return Octets{0xaa, 0xaa, control, static_cast<uint8_t>(oui >> 16)} + Big16(oui) + Big16(type) +
         rest;
}

// `fragment`: flags and offset as in the header. `option_words`: of four octets.
inline Octets V4(const char* source, uint8_t protocol, const Octets& rest, uint16_t fragment = 0,
                 uint32_t option_words = 0) {
  const auto words = 5 + option_words;
  return Octets{static_cast<uint8_t>(0x40 + words), 0} +
         Big16(static_cast<uint32_t>(words * 4 + rest.size())) + Big16(1) + Big16(fragment) +
         Octets{64, protocol, 0, 0} + Address4(source) + Address4("10.9.9.9") +
         Octets(option_words * 4, 1) + rest;
}
inline Octets V6(const char* source, uint8_t next, const Octets& rest) {
  return Octets{0x60, 0, 0, 0} + Big16(static_cast<uint32_t>(rest.size())) + Octets{next, 255} +
         Address6(source) + Address6("ff02::1") + rest;
}
// An extension header of 8 octets and `more` times 8.
inline Octets Extension(uint8_t next, const Octets& rest, uint8_t more = 0) {
  return Octets{next, more} + Octets(6 + more * 8u, 0) + rest;
}
// `at`: offset, reserved bits and M as in the header.
inline Octets Fragment(uint8_t next, uint16_t at, const Octets& rest) {
  return Octets{next, 0} + Big16(at) + Octets(4, 0) + rest;
}
// With an integrity check value of 12 octets.
inline Octets Authentication(uint8_t next, const Octets& rest) {
  return Octets{next, 4} + Octets(22, 0) + rest;
}

inline Octets Udp(uint16_t from, uint16_t to) {
  return Big16(from) + Big16(to) + Big16(12) + Big16(0) + Octets(4, 0);
}
// An ICMPv6 message: four octets of header, four that are zero, the rest.
inline Octets Icmp(uint8_t type, const Octets& rest = {}) {
  return Octets{type, 0, 0, 0, 0, 0, 0, 0} + rest;
}
// 1: the source's link-layer address, 2: the target's.
inline Octets Option(uint8_t kind, MacAddress mac) { return Octets{kind, 1} + MacOctets(mac); }

inline Octets Arp(uint16_t operation, MacAddress sender, const char* sender_ip) {
  return Big16(1) + Big16(0x0800) + Octets{6, 4} + Big16(operation) + MacOctets(sender) +
         Address4(sender_ip) + Octets(6, 0) + Address4("10.9.9.9");
}

}  // namespace vswitch::raw

#endif  // VSWITCH_TESTS_RAW_PACKETS_H_
