// A MAC address as a 48-bit integer, first octet highest, so that it compares, hashes and packs
// into one word. A value type: freely copied, safe in any thread.
#ifndef VSWITCH_MAC_TABLE_MAC_ADDRESS_H_
#define VSWITCH_MAC_TABLE_MAC_ADDRESS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vswitch {

struct MacAddress {
  uint64_t value = 0;  // Below 2^48.

  // Reads six octets in wire order.
  static MacAddress FromBytes(const uint8_t* octets) {
    uint64_t value = 0;
    for (int i = 0; i < 6; ++i) value = value << 8 | octets[i];
    return {value};
  }
  void ToBytes(uint8_t* octets) const {
    for (int i = 0; i < 6; ++i) octets[i] = static_cast<uint8_t>(value >> (40 - 8 * i));
  }

  // Accepts "52:54:00:12:34:56" and "52-54-00-12-34-56", either case; nullopt for anything else.
  static std::optional<MacAddress> Parse(std::string_view text);
  // "52:54:00:12:34:56".
  std::string ToString() const;

  bool IsZero() const { return value == 0; }
  // The I/G bit (IEEE 802, clause 8.2.2): multicast or broadcast.
  bool IsGroup() const { return (value >> 40) & 1; }
  bool IsBroadcast() const { return value == 0xffffffffffff; }
  // 01-80-C2-00-00-0X (IEEE 802.1Q, table 8-1): never relayed by a bridge unless told to.
  bool IsLinkLocalReserved() const { return (value & ~uint64_t{0xf}) == 0x0180c2000000; }

  friend bool operator==(MacAddress, MacAddress) = default;
};

}  // namespace vswitch

#endif  // VSWITCH_MAC_TABLE_MAC_ADDRESS_H_
