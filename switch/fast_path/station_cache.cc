#include "switch/fast_path/station_cache.h"

#include <algorithm>
#include <atomic>

namespace vswitch {
namespace {

uint64_t Where(const StationPlace& place) {
  return place.port | (place.is_static ? STATION_STATIC : 0) |
         (place.is_sticky ? STATION_STICKY : 0);
}

uint64_t Load(__u64& word) { return std::atomic_ref(word).load(std::memory_order_acquire); }

}  // namespace

StationCache::StationCache(FastPath* fast_path, bool only_worker, size_t capacity)
    : fast_path_(*fast_path), only_worker_(only_worker), capacity_(capacity), by_port_(kMaxPorts) {}

void StationCache::Want(const StationPlace& place) {
  const Key key{place.bridge, place.key.value};
  const uint64_t wanted = Where(place);
  const std::optional<station> present = fast_path_.Get(place.bridge, place.key);
  if (!present.has_value()) {
    Remove(key);
    if (entries_.size() >= capacity_) MakeRoom();
    if (!fast_path_.Put(place.bridge, place.key, STATION_ABSENT, wanted | STATION_PENDING,
                        place.seen)) {
      return;
    }
    next_.push_back({place, Insert(key, place.port)});
    return;
  }
  const uint64_t where = present->where;
  if (where == wanted || where == (wanted | STATION_PENDING)) return;
  if (where == (place.port | STATION_MOVED)) {
    // Table and program agree.
    if (fast_path_.Put(place.bridge, place.key, where, wanted, place.seen)) MoveTo(key, place.port);
    return;
  }
  // It has moved on meanwhile: the table will learn it.
  if ((where & STATION_MOVED) != 0) return;
  if (!fast_path_.Put(place.bridge, place.key, where, wanted | STATION_PENDING, place.seen)) return;
  next_.push_back({place, MoveTo(key, place.port)});
}

void StationCache::Settle(const std::function<bool(const StationPlace&)>& is_true) {
  if (!pending_.empty() && HaveAllPassed()) {
    for (const Pending& pending : pending_) {
      if (!IsSame(pending)) continue;
      const StationPlace& place = pending.place;
      const uint64_t wanted = Where(place);
      if (!is_true(place)) {
        const auto present = fast_path_.Get(place.bridge, place.key);
        if (present && present->where == (wanted | STATION_PENDING)) Erase(place.bridge, place.key);
        continue;
      }
      fast_path_.Put(place.bridge, place.key, wanted | STATION_PENDING, wanted, place.seen);
    }
    pending_.clear();
  }
  if (!pending_.empty() || next_.empty()) return;
  pending_.swap(next_);
  NoteTotals();
}

void StationCache::NoteTotals() {
  totals_.clear();
  std::span<port_order> orders = fast_path_.orders();
  for (size_t port = 0; port < orders.size(); ++port) {
    if (!fast_path_.HasPort(static_cast<PortId>(port))) continue;
    const uint64_t total = Load(orders[port].total);
    if (total != Load(orders[port].written)) totals_.emplace_back(port, total);
  }
}

bool StationCache::HaveAllPassed() const {
  return std::ranges::all_of(totals_, [&](const auto& noted) {
    // What was in a queue that is gone is learned no more.
    if (!fast_path_.HasPort(noted.first)) return true;
    port_order& order = fast_path_.orders()[noted.first];
    const uint64_t written = Load(order.written);
    const uint64_t total = only_worker_ ? noted.second : Load(order.total);
    return static_cast<int64_t>(written - total) >= 0;
  });
}

std::optional<uint32_t> StationCache::SeenByKernel(uint32_t bridge, FdbKey key) const {
  const std::optional<station> present = fast_path_.Get(bridge, key);
  if (!present || (present->where & (STATION_MOVED | STATION_PENDING)) != 0) return std::nullopt;
  return present->seen;
}

void StationCache::Erase(uint32_t bridge, FdbKey key) {
  fast_path_.Erase(bridge, key);
  Remove({bridge, key.value});
}

void StationCache::EraseIf(const std::function<bool(uint32_t, FdbKey, PortId)>& is_gone) {
  std::vector<Key> gone;
  for (const auto& [key, entry] : entries_) {
    FdbKey station;
    station.value = key.station;
    if (is_gone(key.bridge, station, entry.port)) gone.push_back(key);
  }
  for (const Key& key : gone) {
    FdbKey station;
    station.value = key.station;
    Erase(key.bridge, station);
  }
}

void StationCache::Review(size_t count, const std::function<bool(const StationPlace&)>& visit) {
  for (size_t steps = 0; count > 0 && steps <= by_port_.size() && !entries_.empty();) {
    const std::vector<Key>& keys = by_port_[review_port_];
    if (review_index_ >= keys.size()) {
      review_index_ = 0;
      review_port_ = (review_port_ + 1) % by_port_.size();
      ++steps;
      continue;
    }
    --count;
    const Key key = keys[review_index_];
    StationPlace place{.bridge = key.bridge};
    place.key.value = key.station;
    const std::optional<station> present = fast_path_.Get(place.bridge, place.key);
    if (present.has_value()) {
      place.port = static_cast<PortId>(STATION_PORT(present->where));
      place.seen = present->seen;
      place.is_static = (present->where & STATION_STATIC) != 0;
      place.is_sticky = (present->where & STATION_STICKY) != 0;
    }
    if (present.has_value() && visit(place)) {
      ++review_index_;
    } else {
      Erase(place.bridge, place.key);
    }
  }
}

// ---- What is there ----

uint64_t StationCache::Insert(const Key& key, PortId port) {
  entries_[key] = {port, by_port_[port].size(), ++comings_};
  by_port_[port].push_back(key);
  return comings_;
}

void StationCache::Remove(const Key& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  std::vector<Key>& keys = by_port_[found->second.port];
  const size_t index = found->second.index;
  entries_.find(keys.back())->second.index = index;
  keys[index] = keys.back();
  keys.pop_back();
  entries_.erase(key);
}

uint64_t StationCache::MoveTo(const Key& key, PortId port) {
  Remove(key);
  return Insert(key, port);
}

bool StationCache::IsSame(const Pending& pending) const {
  const auto found = entries_.find({pending.place.bridge, pending.place.key.value});
  return found != entries_.end() && found->second.coming == pending.coming;
}

void StationCache::MakeRoom() {
  const auto most = std::ranges::max_element(by_port_, {}, &std::vector<Key>::size);
  const Key key = most->front();
  FdbKey station;
  station.value = key.station;
  Erase(key.bridge, station);
}

}  // namespace vswitch
