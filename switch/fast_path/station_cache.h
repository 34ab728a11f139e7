// Which stations the kernel knows: a cache of the bridges' tables, filled with what was used for
// forwarding, emptied with what the tables forget. In force when a call returns.
//
// How an entry comes in, so that no frame goes to where a station was before: it is put there as
// pending, which the program does not forward by but marks when it sees the station elsewhere; when
// all frames that were on their way to the tables by then are learned, and the table still says the
// same, it becomes active. What the program has marked as moved becomes active again when the table
// has learned the same.
//
// When it is full, an entry of the port that has most of them goes: a port that floods new
// addresses displaces its own.
//
// Thread-safety: control thread only. Limits: FastPath::kMaxStations entries.
#ifndef VSWITCH_SWITCH_FAST_PATH_STATION_CACHE_H_
#define VSWITCH_SWITCH_FAST_PATH_STATION_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mac_table/fdb_key.h"
#include "switch/fast_path/fast_path.h"

namespace vswitch {

// A station, and where: in the table's words.
struct StationPlace {
  // Of the bridge (port_config::bridge).
  uint32_t bridge = 0;
  FdbKey key;
  PortId port = kNoPort;
  // Seconds of the monotonic clock.
  uint32_t seen = 0;
  bool is_static = false;
  bool is_sticky = false;
};

class StationCache {
 public:
  // `only_worker`: see FlowOrder. `fast_path` outlives the object.
  StationCache(FastPath* fast_path, bool only_worker, size_t capacity = FastPath::kMaxStations);

  // The table says so, and the kernel is to forward by it.
  void Want(const StationPlace& place);

  // Activates what has become certain: `is_true(place)` tells whether the table says the same
  // still. Call it now and then while HasPending().
  void Settle(const std::function<bool(const StationPlace&)>& is_true);
  bool HasPending() const { return !pending_.empty() || !next_.empty(); }

  // What the kernel forwards by now: when it saw the station last. Nullopt: it does not.
  std::optional<uint32_t> SeenByKernel(uint32_t bridge, FdbKey key) const;

  // The kernel knows it already, at this port, from an earlier daemon.
  void TakeOver(uint32_t bridge, FdbKey key, PortId port) { Insert({bridge, key.value}, port); }

  // The table knows no more of it, or else.
  void Erase(uint32_t bridge, FdbKey key);
  // All for which `is_gone(bridge, key, port)`.
  void EraseIf(const std::function<bool(uint32_t, FdbKey, PortId)>& is_gone);

  // Calls `visit` for `count` entries after those of the last call, all around: the place with what
  // the kernel knows of it. `visit` answers whether it may stay.
  void Review(size_t count, const std::function<bool(const StationPlace&)>& visit);

  size_t size() const { return entries_.size(); }
  size_t size_of(PortId port) const { return by_port_[port].size(); }

 private:
  struct Key {
    uint32_t bridge;
    uint64_t station;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return std::hash<uint64_t>()(key.station * 0x9e3779b97f4a7c15 + key.bridge);
    }
  };
  struct Entry {
    PortId port;
    // In by_port_.
    size_t index;
    // Another one each time that a station comes in or changes its port.
    uint64_t coming;
  };
  // Waits to become active, unless it has gone or come again meanwhile.
  struct Pending {
    StationPlace place;
    uint64_t coming;
  };

  uint64_t Insert(const Key& key, PortId port);
  void Remove(const Key& key);
  uint64_t MoveTo(const Key& key, PortId port);
  bool IsSame(const Pending& pending) const;
  void MakeRoom();
  bool HaveAllPassed() const;
  void NoteTotals();

  FastPath& fast_path_;
  const bool only_worker_;
  const size_t capacity_;
  std::unordered_map<Key, Entry, KeyHash> entries_;
  std::vector<std::vector<Key>> by_port_;
  // Pending since `totals_` was noted, and those for which it is to be noted next.
  std::vector<Pending> pending_;
  std::vector<Pending> next_;
  uint64_t comings_ = 0;
  std::vector<std::pair<PortId, uint64_t>> totals_;
  size_t review_port_ = 0;
  size_t review_index_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_FAST_PATH_STATION_CACHE_H_
