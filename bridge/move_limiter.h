// Finds stations that move too often: a loop, or two that use one address.
//
// Place in the frame's path: bridge/learn.cc tells it of moves; the control thread asks who is to
// be held, and where, and puts that into the next snapshot (held_stations.h).
//
// A station is held at its home: where it was when it had last not moved for as long as the limit
// counts. So whoever only now begins to send with another's address does not get it that way,
// however he chooses the moments in which he does. Who had the address before its owner was heard
// at all does, or who had it for so long; see docs/vswitchctl.md.
//
// Thread-safety: every method from any thread. Nobody waits: a move that is told while another
// thread is busy with stations of the same set is not counted (move_limiter_test.cc runs under
// TSan). Limits: kStations stations are watched; where there are more, those that moved longest ago
// are forgotten, and their homes with them, so that millions of addresses that move hide others for
// as long as they come, and take no memory.
#ifndef VSWITCH_BRIDGE_MOVE_LIMITER_H_
#define VSWITCH_BRIDGE_MOVE_LIMITER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mac_table/keyed_hash.h"
#include "mac_table/mac_table.h"

namespace vswitch {

class MoveLimiter {
 public:
  static constexpr uint32_t kMaxMoves = 30;
  static constexpr size_t kStations = 512;

  // More than `moves` moves in `ticks` are too many. REQUIRES: 1 to kMaxMoves moves.
  struct Limit {
    uint32_t moves = 1;
    uint32_t ticks = 1;
    friend bool operator==(const Limit&, const Limit&) = default;
  };
  struct Flapping {
    FdbKey key;
    PortId home = kNoPort;
  };

  // `seed` keys the hash, as for MacTable.
  MoveLimiter(const Limit& limit, uint64_t seed) : limit_(limit), hash_(seed) {}

  const Limit& limit() const { return limit_; }

  void OnMove(const FdbMove& move, uint32_t now);

  // Those that have moved too often since the last call. Their moves are counted anew, but their
  // homes stay what they are until they have rested.
  std::vector<Flapping> Take();

 private:
  static constexpr size_t kWays = 8;
  static constexpr size_t kSets = kStations / kWays;

  struct Station {
    FdbKey key;
    // kNoPort: nobody is watched here.
    PortId home = kNoPort;
    uint32_t last_move = 0;
    // Of the latest moves, the oldest at `next`; `count` of them are there.
    std::array<uint32_t, kMaxMoves + 1> ticks;
    uint8_t next = 0;
    uint8_t count = 0;
    // Has moved too often.
    bool is_flapping = false;
  };
  struct alignas(64) Set {
    // Whoever sets it may touch the rest. Acquire and release, as a lock that nobody waits for.
    std::atomic_flag busy;
    // Where the search for one to replace begins: of those that moved at one tick, each in turn.
    uint8_t hand = 0;
    std::array<Station, kWays> stations;
  };

  Station& FindOrReplace(Set& set, FdbKey key, uint32_t now);
  void FollowHome(Station& station, PortId from, uint32_t now) const;
  bool IsTooMuch(Station& station, uint32_t now) const;

  const Limit limit_;
  const KeyedHash hash_;
  // How many stations are flapping; publishes nothing.
  std::atomic<uint32_t> flapping_{0};
  std::array<Set, kSets> sets_;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_MOVE_LIMITER_H_
