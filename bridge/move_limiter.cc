#include "bridge/move_limiter.h"

#include <algorithm>

namespace vswitch {
namespace {

// Workers' clocks may differ by a tick: what another has told may be ahead of `now`.
uint32_t Since(uint32_t tick, uint32_t now) {
  const uint32_t ticks = now - tick;
  return ticks > UINT32_MAX / 2 ? 0 : ticks;
}

}  // namespace

void MoveLimiter::OnMove(const FdbMove& move, uint32_t now) {
  Set& set = sets_[hash_(move.key.value) % kSets];
  if (set.busy.test_and_set(std::memory_order_acquire)) return;
  Station& station = FindOrReplace(set, move.key, now);
  if (!station.home.has_value()) {
    Count(station, move.from, now);
    if (station.home.has_value()) flapping_.fetch_add(1, std::memory_order_relaxed);
  }
  set.busy.clear(std::memory_order_release);
}

// In the place of another, if need be: one that is not flapping, and of those the one whose last
// move is longest ago.
MoveLimiter::Station& MoveLimiter::FindOrReplace(Set& set, FdbKey key, uint32_t now) {
  Station* oldest = nullptr;
  uint32_t age = 0;
  ++set.hand;
  for (size_t i = 0; i < kWays; ++i) {
    Station& station = set.stations[(set.hand + i) % kWays];
    if (station.count != 0 && station.key == key) return station;
    const size_t last = (station.next + limit_.moves) % (limit_.moves + 1);
    const uint32_t its_age = station.count == 0         ? UINT32_MAX
                             : station.home.has_value() ? 0
                                                        : Since(station.ticks[last], now);
    if (oldest == nullptr || its_age > age) {
      oldest = &station;
      age = its_age;
    }
  }
  if (oldest->home.has_value()) flapping_.fetch_sub(1, std::memory_order_relaxed);
  oldest->key = key;
  oldest->next = oldest->count = 0;
  oldest->home.reset();
  return *oldest;
}

void MoveLimiter::Count(Station& station, PortId from, uint32_t now) const {
  const uint32_t kept = limit_.moves + 1;
  station.ticks[station.next] = now;
  station.from[station.next] = from;
  station.next = static_cast<uint8_t>((station.next + 1) % kept);
  station.count = static_cast<uint8_t>(std::min<uint32_t>(station.count + 1, kept));
  if (station.count < kept) return;
  // The first of as many moves as are too many is the oldest.
  if (Since(station.ticks[station.next], now) < limit_.ticks) {
    station.home = station.from[station.next];
  }
}

std::vector<MoveLimiter::Flapping> MoveLimiter::Take() {
  std::vector<Flapping> all;
  if (flapping_.load(std::memory_order_relaxed) == 0) return all;
  for (Set& set : sets_) {
    // The next call comes soon.
    if (set.busy.test_and_set(std::memory_order_acquire)) continue;
    for (Station& station : set.stations) {
      if (!station.home.has_value()) continue;
      all.push_back({.key = station.key, .home = *station.home});
      station.next = station.count = 0;
      station.home.reset();
      flapping_.fetch_sub(1, std::memory_order_relaxed);
    }
    set.busy.clear(std::memory_order_release);
  }
  return all;
}

}  // namespace vswitch
