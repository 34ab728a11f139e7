// Keys and tables for the tests of the MAC table.
#ifndef VSWITCH_MAC_TABLE_TESTING_MAC_TABLE_TEST_UTIL_H_
#define VSWITCH_MAC_TABLE_TESTING_MAC_TABLE_TEST_UTIL_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "mac_table/mac_table.h"

namespace vswitch {

// The n-th station: 02:00:00:00:00:01 is number 1.
inline FdbKey Key(uint64_t number, VlanId vlan = 1) {
  return FdbKey(MacAddress{0x020000000000 + number}, vlan);
}

// Unicast addresses at random, on random VLANs.
inline std::vector<FdbKey> RandomKeys(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<FdbKey> keys;
  while (keys.size() < count) {
    const uint64_t bits = random();
    keys.emplace_back(MacAddress{(bits & 0xfcffffffffff) | 0x020000000000}, bits >> 52);
  }
  return keys;
}

// A table on the heap: it is large.
inline std::unique_ptr<MacTable> NewTable(MacTable::Options options = {.capacity = 1024}) {
  return std::make_unique<MacTable>(options);
}

// What ForEach visits, by key value; a key that is visited twice is counted twice.
inline std::multimap<uint64_t, FdbEntry> Entries(const MacTable& table, uint32_t now) {
  std::multimap<uint64_t, FdbEntry> entries;
  table.ForEach(now, [&](const FdbEntry& entry) { entries.emplace(entry.key.value, entry); });
  return entries;
}

// The sum rule of MacTable::Stats, which holds whenever nobody writes.
inline uint64_t LearnedByAccount(const MacTable::Stats& stats) {
  return stats.entries - stats.static_entries + stats.aged_out + stats.flushed + stats.evicted +
         stats.removed;
}

}  // namespace vswitch

#endif  // VSWITCH_MAC_TABLE_TESTING_MAC_TABLE_TEST_UTIL_H_
