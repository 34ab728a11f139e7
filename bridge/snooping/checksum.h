// The Internet checksum (RFC 1071).
#ifndef VSWITCH_BRIDGE_SNOOPING_CHECKSUM_H_
#define VSWITCH_BRIDGE_SNOOPING_CHECKSUM_H_

#include <cstdint>
#include <span>

namespace vswitch {

// Sums 16-bit words; an odd octet counts as if a zero stood behind it.
inline uint32_t ChecksumPart(std::span<const uint8_t> bytes, uint32_t sum = 0) {
  for (size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  return sum;
}

// The field's value; 0 over what contains a right one.
inline uint16_t FinishChecksum(uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

// RFC 8200, 8.1: `addresses` are source and destination as they stand in the header, 32 octets.
inline uint32_t Ipv6PseudoHeader(const uint8_t* addresses, uint32_t length, uint8_t upper) {
  return ChecksumPart(std::span(addresses, 32), (length >> 16) + (length & 0xffff) + upper);
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_CHECKSUM_H_
