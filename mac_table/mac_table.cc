// The algorithm of the MAC table; this file has its reading half, mac_table_insert.cc,
// mac_table_evict.cc, mac_table_rules.cc and mac_table_upkeep.cc have the rest.
//
// Layout
// ------
// One bucket is one cache line: four entries of a key word and a port word. A key stands in its
// primary bucket or, if that was filling up, in its secondary one; so most look-ups touch one line.
// Both words are plain 64-bit atomics: a 16-byte atomic load may be a cmpxchg16b, which dirties the
// line it reads.
//
// Why two words: one would do, if a bijection mixed the 60 bits of the key and the bucket's number
// said b of them (bench/single_word_table.h has it). Its time over this one's, both in turns in one
// run (bench:layout_bench, batches of 32, medians, AMD EPYC 7003, 4 KB pages; a spread of 2 to 7 %,
// up to 20 % at 2^22 and for learning at 2^16):
//
//   entries                  2^10    2^16    2^20    2^22    2^20 and 2^22 with huge pages
//   look up, known           0.98    0.98    0.82    0.69    0.94    0.93
//   look up, unknown         1.51    1.32    0.94    0.76    0.95    0.90
//   learn, new                       0.75    0.69
//
// One word gains nothing at the sizes that a host of virtual machines has; in large tables it gains
// because it has half as many pages, and huge pages take most of that away. It learns faster since
// the prototype counts nothing, by port or otherwise, and looks for no rivals. And it has no bits
// for a generation (O(1) flushes), for static entries, for a claim that keeps a key from having two
// entries. Even so it is short of them: 8 for the tick with 2^20 entries, 6 with 2^16 buckets, the
// fewest that make sense, so that the smallest table takes 4 MB. Two words stay.
//
// Where an entry goes is decided by "primary while it holds fewer than three, then the emptier of
// the two". Filling a table exactly to its capacity (half of its slots; figures of
// fill_simulation_test.cc, random keys, 2^20 buckets, 2^21 keys):
//
//   primary while it holds fewer than    1        2        3        4
//   keys outside their primary        27.5 %   19.2 %    9.7 %    4.0 %
//   keys that find both full             28       66      613    8,001
//   ... and 1 bucket of a spill group     0        1       20      950
//   ... and 2                             0        0        3      107
//   ... and 3                             0        0        0       13
//
// Three is chosen: nine of ten look-ups end in the first line. The few keys that find both buckets
// full go to a spill group of four neighbouring buckets. A full table thus holds all of its keys
// (all four full: about once in 100 fills), as the address caching capacity test of RFC 2889 asks.
// A look-up that misses reads the group only if a counter says that something has been spilled into
// it; there are enough counters for that to be rare.
//
// An unknown key thus costs two lines. A counter for each bucket, of the keys that are not in this,
// their primary one, would save most second lines: at 2^20 entries a batch of unknown keys took two
// thirds of the time, but one of known keys a sixth more (DPDK's rte_hash in the same runs as the
// yardstick). Frames to known addresses are what a switch is for.
//
// Reading
// -------
// A reader loads the key word, the port word, and the key word again; it believes the port word
// only if the key word did not change. A slot that is reused might go A -> B -> A between the two
// loads, and give B's port for A's. Therefore each new occupant of a slot adds one to the 11-bit
// tag of its port word, and repeats the tag's low two bits in its key word. A wrong answer would
// need both: the slot is reused four times (or a multiple) between the first two loads, and again
// between the last two, with A at both ends.
//
// Refreshing
// ----------
// A station that was seen again, or on another port, is one compare-exchange of the port word. It
// fails if anything was stored since the word was read: another refresh, or the slot's end (Free()
// puts a dead word there first), or its reuse (the tag differs; the same word could come back only
// after 2,048 reuses of the slot, with equal port, generation and tick). A failure means that
// another thread just said something about this slot; we look again.
//
// A known station on its old port within one tick stores nothing at all, so the lines of a
// converged table stay shared between the caches of all workers.
//
// Ageing and flushing
// -------------------
// A port word carries the tick when its station was seen, and the sum (mod 2^16) of three
// generations: its port's, its VLAN's and everybody's. Whoever reads it compares both with the
// present. A flush adds one to one generation, so that every entry that was summed with the old one
// no longer matches; the sums only grow, so a stale one cannot match again before 2^16 flushes.
// Such entries count as unknown at once and are freed by Sweep(), or by whoever needs the room.
//
// Never ageing is an ageing time that no age reaches; Sweep() keeps ages from wrapping meanwhile.
//
// Sticky entries, and limits
// --------------------------
// A sticky entry is a learned one with a bit beside its tag, where look-ups and the comparison that
// settles most learning do not see it. Whoever would move it sees it. Limits and sticky ports are
// asked for where an entry comes or moves, and only in a table that has any: has_rules_.
//
// A limit is kept by counting an entry in before looking whether it is one too many, so that
// threads that learn at once never pass it together; each of them may then refuse one more than it
// had to.
//
// Inserting, and why a key never has two entries, and eviction: see the other files.
#include "mac_table/mac_table.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <memory>
#include <new>

#include "mac_table/mac_table_layout.h"

namespace vswitch {

using namespace mac_table_internal;  // NOLINT: the room's own names.

namespace {

// Small tables have no fewer buckets than this, so that they too hold their capacity.
constexpr size_t kMinBuckets = 64;
// The alignment of a huge page: the kernel may use them where the process asked for it.
constexpr size_t kHugePage = size_t{2} << 20;

// How many keys ahead a batch prefetches: a little more than the number of cache misses that a core
// can have in flight. Measured with 2^20 entries: 8 is slower, 16 to 64 are the same.
constexpr size_t kAhead = 32;

size_t BucketsFor(size_t capacity) {
  return std::max(kMinBuckets, std::bit_ceil(2 * capacity) / kEntriesPerBucket);
}

ZeroedMemory MemoryOf(const MacTable::Options& options) {
  if (options.memory != nullptr) return options.memory;
  ZeroedMemory memory = AllocateZeroed(MacTable::MemoryBytes(options.capacity));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

ZeroedMemory AllocateZeroed(size_t bytes) {
  const size_t alignment = bytes < kHugePage ? alignof(Bucket) : kHugePage;
  size_t space = bytes + alignment;
  std::shared_ptr<void> block(std::calloc(space, 1), &std::free);
  void* start = block.get();
  if (start == nullptr) return nullptr;
  return {std::move(block), std::align(alignment, bytes, start, space)};
}

size_t MacTable::MemoryBytes(size_t capacity) {
  return BucketsFor(capacity) * sizeof(Bucket) + sizeof(Arrays);
}

// The buckets first: they have the alignment.
MacTable::MacTable(const Options& options)
    : capacity_(options.capacity),
      mask_(BucketsFor(options.capacity) - 1),
      hash_(options.seed),
      memory_(MemoryOf(options)),
      buckets_(static_cast<Bucket*>(memory_.get())),
      arrays_(reinterpret_cast<Arrays*>(buckets_ + mask_ + 1)),
      ageing_ticks_(options.ageing_ticks) {
  assert(options.capacity >= 16 && options.capacity <= 4194304);
  assert(options.ageing_ticks == kNeverAges ||
         (options.ageing_ticks >= 1 && options.ageing_ticks <= 1000000));
}

// ---- Finding ----

bool MacTable::Find(FdbKey key, const Place& place, EntryView* view) const {
  return FindIn(buckets_[place.primary], key, view) || FindLate(key, place, view);
}

// Looks everywhere but in the primary bucket.
bool MacTable::FindLate(FdbKey key, const Place& place, EntryView* view) const {
  if (FindIn(buckets_[place.secondary], key, view)) return true;
  if (arrays_->spilled[place.spill_counter()].load(std::memory_order_relaxed) == 0) return false;
  for (size_t i = 0; i < kSpillBuckets; ++i) {
    if (FindIn(buckets_[place.spill + i], key, view)) return true;
  }
  return false;
}

// ---- Looking up ----

inline PortId MacTable::PortIfFresh(const EntryView& view, uint32_t now) const {
  return IsStale(view, now) ? kNoPort : view.port();
}

// The part of a look-up that one in ten needs; out of line, so that the rest stays in registers.
[[gnu::noinline]] PortId MacTable::LookUpLate(FdbKey key, uint64_t hash, uint32_t now) const {
  EntryView view;
  return FindLate(key, Place(hash, mask_), &view) ? PortIfFresh(view, now) : kNoPort;
}

PortId MacTable::LookUp(FdbKey key, uint32_t now) const {
  const uint64_t hash = hash_(key.value);
  EntryView view;
  if (FindIn(buckets_[hash & mask_], key, &view)) return PortIfFresh(view, now);
  return LookUpLate(key, hash, now);
}

// A rolling prefetch: the primary bucket of the key kAhead places on is on its way while this one
// is read. Keys that are not in their primary bucket are put by, their secondary prefetched, and
// taken up at the end of the block, by when it has arrived.
void MacTable::LookUpBatch(std::span<const FdbKey> keys, uint32_t now,
                           std::span<PortId> ports) const {
  constexpr size_t kBlock = 64;
  assert(ports.size() >= keys.size());
  // Copies: the acquire loads below forbid the compiler to keep members in registers.
  const KeyedHash hasher = hash_;
  const size_t mask = mask_;
  Bucket* const buckets = buckets_;
  uint64_t hashes[kAhead];
  const auto start = [&](size_t i) {
    hashes[i % kAhead] = hasher(keys[i].value);
    __builtin_prefetch(&buckets[hashes[i % kAhead] & mask]);
  };
  for (size_t i = 0; i < std::min(kAhead, keys.size()); ++i) start(i);

  struct Late {
    size_t index;
    uint64_t hash;
  };
  Late late[kBlock];
  for (size_t block = 0; block < keys.size(); block += kBlock) {
    size_t late_count = 0;
    const size_t block_end = std::min(block + kBlock, keys.size());
    for (size_t i = block; i < block_end; ++i) {
      const uint64_t hash = hashes[i % kAhead];
      if (i + kAhead < keys.size()) start(i + kAhead);
      EntryView view;
      if (FindIn(buckets[hash & mask], keys[i], &view)) {
        ports[i] = PortIfFresh(view, now);
      } else {
        __builtin_prefetch(&buckets[Place(hash, mask).secondary]);
        late[late_count++] = {i, hash};
      }
    }
    for (size_t i = 0; i < late_count; ++i) {
      ports[late[i].index] = LookUpLate(keys[late[i].index], late[i].hash, now);
    }
  }
}

std::optional<FdbEntry> MacTable::Get(FdbKey key, uint32_t now) const {
  EntryView view;
  if (!Find(key, PlaceOf(key), &view) || IsStale(view, now)) return std::nullopt;
  return Describe(view, now);
}

FdbEntry MacTable::Describe(const EntryView& view, uint32_t now) const {
  FdbEntry entry;
  entry.key = view.key();
  entry.port = view.port();
  entry.kind = view.is_static()   ? FdbEntryKind::kStatic
               : view.is_sticky() ? FdbEntryKind::kSticky
                                  : FdbEntryKind::kLearned;
  entry.age_ticks = view.is_static() ? 0 : AgeOf(view.port_word, now);
  return entry;
}

// ---- Learning ----

LearnResult MacTable::Learn(FdbKey key, PortId port, uint32_t now) {
  return LearnAt(hash_(key.value), key, port, now, nullptr);
}

// The usual case by itself, then the rest.
inline LearnResult MacTable::LearnAt(uint64_t hash, FdbKey key, PortId port, uint32_t now,
                                     std::vector<FdbMove>* moves) {
  assert(!key.mac().IsZero() && !key.mac().IsGroup());
  assert(port < kMaxPorts);
  EntryView view;
  if (FindIn(buckets_[hash & mask_], key, &view) && IsUnchanged(view, port, now)) {
    return LearnResult::kKnown;
  }
  return LearnChange(Place(hash, mask_), key, port, now, moves);
}

// Whether learning would store nothing: the port word is what it would become. So it is for nearly
// every frame of a settled network, and one comparison says it. Being sticky does not count.
inline bool MacTable::IsUnchanged(const EntryView& view, PortId port, uint32_t now) const {
  const uint64_t renewed = PortWord(port, Generation(port, view.key().vlan()), now, 0);
  return ((view.port_word ^ renewed) & ~(kTagMask | kSticky)) == 0;
}

LearnResult MacTable::LearnChange(const Place& place, FdbKey key, PortId port, uint32_t now,
                                  std::vector<FdbMove>* moves) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    EntryView view;
    if (Find(key, place, &view)) {
      const std::optional<LearnResult> result = Refresh(view, port, now);
      if (!result.has_value()) continue;
      if (*result == LearnResult::kMoved && moves != nullptr) {
        Tell({.key = key, .from = view.port(), .to = port}, moves);
      }
      return *result;
    }
    switch (Insert(key, place, port, FdbEntryKind::kLearned, now)) {
      case InsertResult::kDone:
        Count(counters_.learned);
        return LearnResult::kLearned;
      case InsertResult::kFull:
        Count(counters_.learn_failed);
        return LearnResult::kFull;
      case InsertResult::kLimited:
        Count(counters_.learn_limited);
        return LearnResult::kLimited;
      case InsertResult::kLostRace:
        break;
    }
  }
  return LearnResult::kKnown;
}

// In three steps, each kAhead / 2 keys after the one before:
//  1. prefetch the primary bucket;
//  2. if the key is there and nothing would change, be done with it; if it is not there, so that it
//     may be new, prefetch the secondary one;
//  3. learn. Without the prefetch of step 2 each new key would wait for memory once more.
// Step 2 settles a key only when all before it are settled: they might change its entry.
void MacTable::LearnBatch(std::span<const FdbKey> keys, std::span<const PortId> ports, uint32_t now,
                          std::span<LearnResult> results, std::vector<FdbMove>* moves) {
  constexpr size_t kStep = kAhead / 2;
  assert(keys.size() == ports.size() && (results.empty() || keys.size() == results.size()));
  // Copies: the acquire loads below forbid the compiler to keep members in registers.
  const KeyedHash hasher = hash_;
  const size_t mask = mask_;
  Bucket* const buckets = buckets_;
  uint64_t hashes[kAhead];
  bool settled[kAhead];
  size_t unsettled = 0;  // Keys between steps 2 and 3 that step 3 has to learn.
  for (size_t i = 0; i < keys.size() + 2 * kStep; ++i) {
    if (i >= 2 * kStep) {
      const size_t last = i - 2 * kStep;
      if (!settled[last % kAhead]) {
        const LearnResult result =
            LearnAt(hashes[last % kAhead], keys[last], ports[last], now, moves);
        if (!results.empty()) results[last] = result;
        --unsettled;
      }
    }
    if (i >= kStep && i - kStep < keys.size()) {
      const size_t middle = i - kStep;
      const uint64_t hash = hashes[middle % kAhead];
      EntryView view;
      const bool found = FindIn(buckets[hash & mask], keys[middle], &view);
      if (!found) __builtin_prefetch(&buckets[Place(hash, mask).secondary]);
      const bool known = unsettled == 0 && found && IsUnchanged(view, ports[middle], now);
      if (known && !results.empty()) results[middle] = LearnResult::kKnown;
      settled[middle % kAhead] = known;
      unsettled += !known;
    }
    if (i < keys.size()) {
      hashes[i % kAhead] = hasher(keys[i].value);
      __builtin_prefetch(&buckets[hashes[i % kAhead] & mask]);
    }
  }
}

// Nothing when the entry changed under us.
std::optional<LearnResult> MacTable::Refresh(const EntryView& view, PortId port, uint32_t now) {
  const bool moved = view.port() != port;
  if (view.is_static()) return moved ? LearnResult::kPinned : LearnResult::kKnown;
  const bool stale = IsStale(view, now);
  if (!stale && !moved && AgeOf(view.port_word, now) == 0) return LearnResult::kKnown;

  uint64_t renewed =
      PortWord(port, Generation(port, view.key().vlan()), now, TagOf(view.port_word));
  const bool by_rules = has_rules();
  if (by_rules) [[unlikely]] {
    const LearnResult refused = AskRules(view, port, stale);
    if (refused != LearnResult::kKnown) return refused;
    renewed |= StickyAfter(view, port, stale);
  }
  uint64_t expected = view.port_word;
  // Release: pairs with Read(), like every store of a port word.
  if (!view.entry->port_word.compare_exchange_strong(expected, renewed, std::memory_order_release,
                                                     std::memory_order_relaxed)) {
    if (moved && by_rules) arrays_->port_entries[port].fetch_sub(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  if (moved) {
    if (!by_rules) arrays_->port_entries[port].fetch_add(1, std::memory_order_relaxed);
    arrays_->port_entries[view.port()].fetch_sub(1, std::memory_order_relaxed);
  }
  if (stale) {
    CountCause(view, Cause::kStale, now);
    Count(counters_.learned);
    return LearnResult::kLearned;
  }
  if (!moved) return LearnResult::kKnown;
  Count(counters_.moved);
  Count(arrays_->port_moves[port]);
  return LearnResult::kMoved;
}

}  // namespace vswitch
