// Stations that have moved too often (move_limiter.h), each with the port where it is held: part of
// the snapshot. Thread-safety: const.
#ifndef VSWITCH_BRIDGE_HELD_STATIONS_H_
#define VSWITCH_BRIDGE_HELD_STATIONS_H_

#include <algorithm>
#include <vector>

#include "mac_table/fdb_key.h"

namespace vswitch {

struct HeldStation {
  FdbKey key;
  PortId port = kNoPort;
};

// Ascending by the value of the key.
using HeldStations = std::vector<HeldStation>;

// kNoPort: it is not held.
inline PortId HeldAt(const HeldStations& stations, FdbKey key) {
  const auto found = std::ranges::lower_bound(stations, key.value, {},
                                              [](const HeldStation& s) { return s.key.value; });
  return found != stations.end() && found->key == key ? found->port : kNoPort;
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_HELD_STATIONS_H_
