// What a forwarding table is asked by and answers with, and the bounds of both: the words that all
// rooms of the switch share. Thread-safety: values.
#ifndef VSWITCH_MAC_TABLE_FDB_KEY_H_
#define VSWITCH_MAC_TABLE_FDB_KEY_H_

#include <cstddef>
#include <cstdint>

#include "mac_table/mac_address.h"

namespace vswitch {

// A port's slot in the switch, stable as long as the port exists.
using PortId = uint16_t;
inline constexpr PortId kNoPort = 0xffff;
// PortIds are below this.
inline constexpr size_t kMaxPorts = 4096;

// An IEEE 802.1Q VLAN identifier, 0 (untagged) to 4094: table 9-2 reserves 4095.
using VlanId = uint16_t;
inline constexpr VlanId kMaxVlanId = 4094;

// How many entries a table may have, and has unless told otherwise.
inline constexpr size_t kMinFdbEntries = 16;
inline constexpr size_t kMaxFdbEntries = 4'194'304;
inline constexpr size_t kDefaultFdbEntries = 65'536;

// IEEE 802.1Q, table 8-6: the range and the default of the ageing time, in seconds.
inline constexpr uint32_t kMinAgeingSeconds = 10;
inline constexpr uint32_t kMaxAgeingSeconds = 1'000'000;
inline constexpr uint32_t kDefaultAgeingSeconds = 300;

// VLAN and MAC packed as the table keeps them: MAC in bits 12-59, VLAN in bits 0-11.
struct FdbKey {
  uint64_t value = 0;
  FdbKey() = default;
  FdbKey(MacAddress mac, VlanId vlan) : value(mac.value << 12 | (vlan & 0xfff)) {}
  MacAddress mac() const { return {value >> 12}; }
  VlanId vlan() const { return value & 0xfff; }
  friend bool operator==(FdbKey, FdbKey) = default;
};

}  // namespace vswitch

#endif  // VSWITCH_MAC_TABLE_FDB_KEY_H_
