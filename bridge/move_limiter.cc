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
  FollowHome(station, move.from, now);
  if (!station.is_flapping) {
    station.is_flapping = IsTooMuch(station, now);
    if (station.is_flapping) flapping_.fetch_add(1, std::memory_order_relaxed);
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
    if (station.home != kNoPort && station.key == key) return station;
    const uint32_t its_age = station.home == kNoPort ? UINT32_MAX
                             : station.is_flapping   ? 0
                                                     : Since(station.last_move, now);
    if (oldest == nullptr || its_age > age) {
      oldest = &station;
      age = its_age;
    }
  }
  if (oldest->is_flapping) flapping_.fetch_sub(1, std::memory_order_relaxed);
  oldest->key = key;
  oldest->home = kNoPort;
  oldest->last_move = now;
  oldest->next = oldest->count = 0;
  oldest->is_flapping = false;
  return *oldest;
}

// The port that a move comes from is the home only if the station has rested there. Between others'
// moves it has not: by then it may be with whoever has taken its address, and of as many moves as
// are too many the first may well be the one by which its owner takes it back. More ticks than the
// limit's, as two moves a moment apart may be of two ticks.
void MoveLimiter::FollowHome(Station& station, PortId from, uint32_t now) const {
  const uint32_t rested = Since(station.last_move, now);
  station.last_move += rested;
  if (station.home == kNoPort || (!station.is_flapping && rested > limit_.ticks)) {
    station.home = from;
  }
}

// With this move.
bool MoveLimiter::IsTooMuch(Station& station, uint32_t now) const {
  const uint32_t kept = limit_.moves + 1;
  station.ticks[station.next] = now;
  station.next = static_cast<uint8_t>((station.next + 1) % kept);
  station.count = static_cast<uint8_t>(std::min<uint32_t>(station.count + 1, kept));
  return station.count == kept && Since(station.ticks[station.next], now) < limit_.ticks;
}

std::vector<MoveLimiter::Flapping> MoveLimiter::Take() {
  std::vector<Flapping> all;
  if (flapping_.load(std::memory_order_relaxed) == 0) return all;
  for (Set& set : sets_) {
    // The next call comes soon.
    if (set.busy.test_and_set(std::memory_order_acquire)) continue;
    for (Station& station : set.stations) {
      if (!station.is_flapping) continue;
      all.push_back({.key = station.key, .home = station.home});
      station.next = station.count = 0;
      station.is_flapping = false;
      flapping_.fetch_sub(1, std::memory_order_relaxed);
    }
    set.busy.clear(std::memory_order_release);
  }
  return all;
}

}  // namespace vswitch
