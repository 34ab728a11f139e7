// IP addresses as numbers, and prefixes of them (RFC 4632, RFC 4291). Text is others' business.
// Value types.
#ifndef VSWITCH_BRIDGE_WIRE_IP_PREFIX_H_
#define VSWITCH_BRIDGE_WIRE_IP_PREFIX_H_

#include <compare>
#include <cstdint>

#include "bridge/wire/load.h"

namespace vswitch {

// An address as a number of 128 bits, in two halves. One of IPv4 has its 32 bits at the top, so
// that a prefix means the same in both.
struct IpAddress {
  uint64_t high = 0;
  uint64_t low = 0;

  // Read in wire order: 4 and 16 octets.
  static IpAddress FromV4(const uint8_t* octets) { return {uint64_t{LoadBig32(octets)} << 32, 0}; }
  static IpAddress FromV6(const uint8_t* octets) {
    return {LoadBig64(octets), LoadBig64(octets + 8)};
  }

  bool IsZero() const { return high == 0 && low == 0; }

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

enum class IpFamily : uint8_t { kV4, kV6 };

inline constexpr uint8_t LongestPrefix(IpFamily family) {
  return family == IpFamily::kV4 ? 32 : 128;
}

// The addresses of one family that begin with the same `length` bits. The rest of `address` is 0.
struct IpPrefix {
  IpFamily family = IpFamily::kV4;
  IpAddress address;
  uint8_t length = 0;

  // The first `length` bits are set.
  static IpAddress Mask(uint8_t length) {
    constexpr uint64_t kAll = ~uint64_t{0};
    if (length == 0) return {};
    if (length <= 64) return {kAll << (64 - length), 0};
    return {kAll, kAll << (128 - length)};
  }
  // REQUIRES: an address of this family.
  bool Contains(const IpAddress& other) const {
    const IpAddress mask = Mask(length);
    return (other.high & mask.high) == address.high && (other.low & mask.low) == address.low;
  }
  // Whether nothing is set behind the prefix.
  bool IsCanonical() const { return Contains(address); }

  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;
  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_WIRE_IP_PREFIX_H_
