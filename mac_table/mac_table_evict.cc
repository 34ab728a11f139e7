// Making room in a full MAC table.
//
// The aim is fairness between ports: a port that floods the table with addresses pushes out its
// own, and no other's. So the victim is, in this order: an expired or flushed entry; else an entry
// of the port that holds most learned entries, and of those the oldest. (Open vSwitch's rule; exact
// there, since it keeps its entries on lists. Lists would be shared stores for every frame, so here
// the table is sampled.) The learning port counts with the entry it is about to make; so between
// equals it evicts its own.
//
// A hard limit stands beside the sampling: no entry is evicted on behalf of a port that holds more
// than twice as many as the entry's own. What a port has below half of the flooder's share is thus
// safe, however unlucky the sample. With less than "twice", a table that very many ports fill
// evenly would find no victim at all.
//
// The sample: first the two buckets of the new key, which are in the cache already; then a clock
// hand goes on through the table. It stops at the first stale entry, or when kSamples entries of
// the heaviest port that it has met were seen: the oldest of eight is older than 8/9 of that port's
// entries in the mean, and a flooder that holds nearly everything is met at every step, so that
// takes about two buckets more. It gives up after kMaxSeen entries, that is, 16 buckets of a full
// table, 1 KB in a row: a flood must not cost much more than what it writes. A port with a tenth of
// the entries is missed there 3 times in 100; then the heaviest port that was met pays, or the new
// address is not learned. A static entry, which an operator wants, searches the whole table.
#include <limits>

#include "mac_table/mac_table.h"
#include "mac_table/mac_table_layout.h"

namespace vswitch {

using namespace mac_table_internal;  // NOLINT: the room's own names.

// The best entry to evict among those considered so far.
struct mac_table_internal::Victim {
  EntryView view;
  int32_t weight = 0;  // How many entries its port holds.
  uint32_t age = 0;
  bool stale = false;
  int samples = 0;  // Entries considered that are of its port, or of one as heavy.
  int seen = 0;     // All entries considered, static ones included.
};

namespace {

constexpr int kSamples = 8;
constexpr int kMaxSeen = 32;
constexpr size_t kMaxScanned = 64;  // Buckets; more than kMaxSeen needs, but in tiny tables.

// Whether an entry whose port holds `weight` may push the victim out.
bool MayEvict(const Victim& victim, int32_t weight) {
  if (victim.view.entry == nullptr) return false;
  return victim.stale || 2 * victim.weight >= weight;
}

}  // namespace

// Puts the best of the bucket's entries into `victim` if it is better.
void MacTable::Consider(const Bucket& bucket, uint32_t now, Victim* victim) const {
  for (const Entry& entry : bucket.entries) {
    EntryView view;
    if (!Read(entry, &view)) continue;
    ++victim->seen;
    if (view.is_static()) continue;
    if (IsStale(view, now)) {
      victim->view = view;
      victim->stale = true;
      return;
    }
    const bool first = victim->view.entry == nullptr;
    const int32_t weight = arrays_->port_entries[view.port()].load(std::memory_order_relaxed);
    const uint32_t age = AgeOf(view.port_word, now);
    // By port before by weight: the weight may have changed since the last entry of this port.
    const bool same = !first && (view.port() == victim->view.port() || weight == victim->weight);
    if (first || (!same && weight > victim->weight)) {
      victim->view = view;
      victim->weight = weight;
      victim->age = age;
      victim->samples = 1;
    } else if (same) {
      ++victim->samples;
      if (age > victim->age) {
        victim->view = view;
        victim->age = age;
      }
    }
  }
}

// Frees one of the slots in which `place`'s key may stand, all of which are taken, on behalf of an
// entry whose port holds `weight`. False when none may be freed.
bool MacTable::EvictFromReach(const Place& place, uint32_t now, int32_t weight) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Victim victim;
    for (const size_t bucket : Reach(place, /*with_spill=*/true)) {
      Consider(buckets_[bucket], now, &victim);
      if (victim.stale) break;
    }
    if (!MayEvict(victim, weight)) return false;
    if (Free(victim.view, victim.stale ? Cause::kStale : Cause::kEvicted, now)) return true;
  }
  return false;
}

// Frees any slot, on behalf of an entry for `place` whose port holds `weight`; 0 for a static
// entry.
bool MacTable::EvictAnywhere(const Place& place, uint32_t now, int32_t weight) {
  const size_t max_scanned = weight == 0 ? bucket_count() : kMaxScanned;
  const int max_seen = weight == 0 ? std::numeric_limits<int>::max() : kMaxSeen;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Victim victim;
    Consider(buckets_[place.primary], now, &victim);
    if (!victim.stale) Consider(buckets_[place.secondary], now, &victim);
    const size_t start = eviction_hand_.load(std::memory_order_relaxed);
    size_t scanned = 0;
    while (!victim.stale && victim.samples < kSamples && victim.seen < max_seen &&
           scanned < max_scanned) {
      Consider(buckets_[(start + scanned++) & mask_], now, &victim);
    }
    eviction_hand_.store(start + scanned, std::memory_order_relaxed);
    // For the next eviction, which goes on there.
    __builtin_prefetch(&buckets_[(start + scanned) & mask_]);
    if (!MayEvict(victim, weight)) return false;
    if (Free(victim.view, victim.stale ? Cause::kStale : Cause::kEvicted, now)) return true;
  }
  return false;
}

}  // namespace vswitch
