// The words, entries and buckets of the MAC table, and how a key finds its buckets. Internal to
// mac_table/: only the mac_table*.cc files include it.
//
// Thread-safety: functions of values only, except Read() and FindIn(), the ways to read an entry
// that other threads may be changing.
#ifndef VSWITCH_MAC_TABLE_MAC_TABLE_LAYOUT_H_
#define VSWITCH_MAC_TABLE_MAC_TABLE_LAYOUT_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "mac_table/mac_table.h"

namespace vswitch::mac_table_internal {

// ---- The key word: MAC 48 | VLAN 12 | state 4 ----
//
// The state is 0 when the slot is empty. Bit 1 says that the entry is live; bit 0 then says static,
// and bits 2-3 repeat the low bits of the tag. A slot that is not live but has bit 0 belongs to the
// one thread that made it so: nobody else may touch it, except to turn kInserting into kCancelled.
inline constexpr uint64_t kEmpty = 0;
inline constexpr uint64_t kInserting = 0b0001;
inline constexpr uint64_t kRemoving = 0b0101;
inline constexpr uint64_t kCancelled = 0b1001;  // Still inserting, but a static entry was faster.
inline constexpr uint64_t kLearned = 0b0010;
inline constexpr uint64_t kStatic = 0b0011;
inline constexpr uint64_t kVersionMask = 0b1100;
inline constexpr int kVersionShift = 2;

inline constexpr uint64_t KeyWord(FdbKey key, uint64_t state) { return key.value << 4 | state; }
inline FdbKey KeyOf(uint64_t key_word) {
  FdbKey key;
  key.value = key_word >> 4;
  return key;
}
inline bool IsLive(uint64_t key_word) { return (key_word & kLearned) != 0; }
inline bool IsStatic(uint64_t key_word) { return (key_word & kStatic) == kStatic; }
// Whether the word is `key`'s and live, learned or static, of whatever version.
inline bool IsLiveEntryOf(uint64_t key_word, FdbKey key) {
  return ((key_word ^ KeyWord(key, kLearned)) & ~(kVersionMask | uint64_t{1})) == 0;
}

// ---- The port word: port 16 | generation 16 | tick 20 | sticky 1 | tag 11 ----

inline constexpr uint32_t kTickMask = (1u << 20) - 1;
// Of a learned entry: it does not move. Beside the tag, so that neither reading a port nor
// comparing what would be stored has to look at it.
inline constexpr uint64_t kSticky = 1u << 11;
inline constexpr uint64_t kTagMask = kSticky - 1;

inline uint64_t PortWord(PortId port, uint16_t generation, uint32_t tick, uint64_t tag) {
  return uint64_t{port} << 48 | uint64_t{generation} << 32 | uint64_t{tick & kTickMask} << 12 |
         (tag & kTagMask);
}
inline PortId PortOf(uint64_t port_word) { return static_cast<PortId>(port_word >> 48); }
inline uint16_t GenerationOf(uint64_t port_word) { return static_cast<uint16_t>(port_word >> 32); }
inline uint64_t TagOf(uint64_t port_word) { return port_word & kTagMask; }

// Ticks since the entry was seen. A thread whose `now` lags behind the one that stored the tick
// would otherwise find it almost 2^20 ticks old.
inline uint32_t AgeOf(uint64_t port_word, uint32_t now) {
  const uint32_t age = (now - static_cast<uint32_t>(port_word >> 12)) & kTickMask;
  return age <= kTickMask - kMaxTickSkew ? age : 0;
}

// ---- Entries and buckets ----

struct Entry {
  // Pairs: Publish() releases, Read() acquires, so that a reader of a live key also sees its port
  // word. Every thread that takes a slot does so by a compare-exchange here.
  std::atomic<uint64_t> key_word{kEmpty};
  // Pairs: stored with release by the slot's owner and by Refresh(); Read() acquires, so that a
  // reader who got a later occupant's port word also sees that the key word has changed.
  std::atomic<uint64_t> port_word{0};
};

inline constexpr size_t kEntriesPerBucket = 4;

struct alignas(64) Bucket {
  Entry entries[kEntriesPerBucket];
};
static_assert(sizeof(Bucket) == 64, "a bucket is a cache line");
static_assert(std::atomic<uint64_t>::is_always_lock_free);

// Whatever of a table is large, beside its buckets.
struct Arrays {
  // Written by the control plane only: as MacTable::all_generation_, of a port and of a VLAN.
  std::array<std::atomic<uint16_t>, kMaxPorts> port_generation;
  std::array<std::atomic<uint16_t>, 4096> vlan_generation;
  // Entries that stand in spill buckets, by Place::spill_counter(). ClaimSpill() raises it before
  // it takes a slot; that pairs with the load in HasRival() (both sequentially consistent, see
  // "Inserting"). Look-ups load it relaxed: without a happens-before they may miss anyway.
  std::array<std::atomic<uint16_t>, kSpillCounters> spilled;
  // Learned entries by port. Signed: a move counts after the fact, so one may pass below zero.
  alignas(64) std::array<std::atomic<int32_t>, kMaxPorts> port_entries;
  // How many stations have moved to the port.
  std::array<std::atomic<uint64_t>, kMaxPorts> port_moves;
  // PortRules: how many learned entries the port may have (0: any number), and kStickyPort. Written
  // by the control plane only; publishes nothing but itself.
  std::array<std::atomic<uint32_t>, kMaxPorts> port_rules;
};
inline constexpr uint32_t kStickyPort = 1u << 31;
// Zeroed memory is an empty table: constructors would write to it, and nothing needs destructors.
static_assert(std::is_trivially_destructible_v<Bucket>);
static_assert(std::is_trivially_destructible_v<Arrays>);
static_assert(kEmpty == 0);

// What one reading of a live entry saw: both words belong together.
struct EntryView {
  Entry* entry = nullptr;
  uint64_t key_word = 0;
  uint64_t port_word = 0;

  FdbKey key() const { return KeyOf(key_word); }
  PortId port() const { return PortOf(port_word); }
  bool is_static() const { return IsStatic(key_word); }
  bool is_sticky() const { return !is_static() && (port_word & kSticky) != 0; }
};

// The second half of a reading: `key_word` was loaded from the entry, with acquire, and is live.
// False when the slot changed hands since. See "Reading" in mac_table.cc for why both words belong
// together when this says true.
inline bool ReadPort(const Entry& entry, uint64_t key_word, EntryView* view) {
  const uint64_t port_word = entry.port_word.load(std::memory_order_acquire);
  // Relaxed: the acquire above keeps this load behind it.
  const uint64_t key_word_now = entry.key_word.load(std::memory_order_relaxed);
  const uint64_t version = TagOf(port_word) << kVersionShift & kVersionMask;
  // A slot that is being freed has no valid port. That its key word did not change is possible only
  // after four reuses, but the port is about to index an array.
  if (key_word_now != key_word || version != (key_word & kVersionMask) ||
      PortOf(port_word) >= kMaxPorts) {
    return false;
  }
  *view = {const_cast<Entry*>(&entry), key_word, port_word};
  return true;
}

// Reads an entry of whatever key; false when it is not live.
inline bool Read(const Entry& entry, EntryView* view) {
  const uint64_t key_word = entry.key_word.load(std::memory_order_acquire);
  return IsLive(key_word) && ReadPort(entry, key_word, view);
}

// The live entry of `key` in the bucket; false when it is not there. The four comparisons become a
// mask and not jumps: which of the four it is cannot be predicted.
inline bool FindIn(const Bucket& bucket, FdbKey key, EntryView* view) {
  unsigned matches = 0;
#pragma GCC unroll 4  // GCC 12 leaves the loop at -O2, for a fifth of a look-up's instructions.
  for (unsigned i = 0; i < kEntriesPerBucket; ++i) {
    // Relaxed: only says which entry to read.
    const uint64_t key_word = bucket.entries[i].key_word.load(std::memory_order_relaxed);
    matches |= static_cast<unsigned>(IsLiveEntryOf(key_word, key)) << i;
  }
  if (matches == 0) return false;
  const Entry& entry = bucket.entries[std::countr_zero(matches)];
  const uint64_t key_word = entry.key_word.load(std::memory_order_acquire);
  return IsLiveEntryOf(key_word, key) && ReadPort(entry, key_word, view);
}

// ---- Where a key may stand ----

// A key that finds both of its buckets full may stand in four more, neighbours of each other.
inline constexpr size_t kSpillBuckets = 4;

// The buckets of one key: 21 bits of its hash choose each, enough for the largest table.
struct Place {
  size_t primary;
  size_t secondary;
  size_t spill;  // The first bucket of the group.

  Place(uint64_t hash, size_t mask)
      : primary(hash & mask), secondary(hash >> 21 & mask), spill(hash >> 42 & mask) {
    secondary ^= secondary == primary;
    spill &= ~(kSpillBuckets - 1);
  }
  size_t spill_counter() const { return spill / kSpillBuckets % kSpillCounters; }
  bool IsSpill(size_t bucket) const { return bucket != primary && bucket != secondary; }
};

// The numbers of the buckets in which a key may stand, in the order in which they are searched.
struct Reach {
  std::array<size_t, 2 + kSpillBuckets> buckets;
  size_t size;

  Reach(const Place& place, bool with_spill) : buckets{place.primary, place.secondary}, size(2) {
    for (size_t i = 0; with_spill && i < kSpillBuckets; ++i) {
      if (place.IsSpill(place.spill + i)) buckets[size++] = place.spill + i;
    }
  }
  const size_t* begin() const { return buckets.data(); }
  const size_t* end() const { return buckets.data() + size; }
};

// How often an operation that lost a race to other threads starts anew before it lets them have it.
inline constexpr int kAttempts = 4;

// Counters publish nothing: relaxed, no pair.
inline void Count(std::atomic<uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace vswitch::mac_table_internal

namespace vswitch {

// ---- Members of MacTable that several of its files use ----

inline mac_table_internal::Place MacTable::PlaceOf(FdbKey key) const {
  return Place(hash_(key.value), mask_);
}

inline uint16_t MacTable::Generation(PortId port, VlanId vlan) const {
  return static_cast<uint16_t>(arrays_->port_generation[port].load(std::memory_order_relaxed) +
                               arrays_->vlan_generation[vlan].load(std::memory_order_relaxed) +
                               all_generation_.load(std::memory_order_relaxed));
}

inline bool MacTable::IsExpired(const EntryView& view, uint32_t now) const {
  return mac_table_internal::AgeOf(view.port_word, now) >
         ageing_ticks_.load(std::memory_order_relaxed);
}

// What is learned on the port has this beside its tag.
inline uint64_t MacTable::StickyBit(PortId port) const {
  const uint32_t rules = arrays_->port_rules[port].load(std::memory_order_relaxed);
  return (rules & mac_table_internal::kStickyPort) != 0 ? mac_table_internal::kSticky : 0;
}

// A learned entry that counts as unknown: expired or flushed.
inline bool MacTable::IsStale(const EntryView& view, uint32_t now) const {
  if (view.is_static()) return false;
  return mac_table_internal::GenerationOf(view.port_word) !=
             Generation(view.port(), view.key().vlan()) ||
         IsExpired(view, now);
}

}  // namespace vswitch

#endif  // VSWITCH_MAC_TABLE_MAC_TABLE_LAYOUT_H_
