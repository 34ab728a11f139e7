// Taking a slot of the MAC table and giving it back.
//
// Inserting
// ---------
//   1. count the entry in, so that the table knows that it is about to be over-full, or beyond a
//      learn limit, where it ends;
//   2. claim an empty slot: compare-exchange its key word from empty to key | inserting;
//   3. look for rivals: the same key in another slot in reach;
//   4. make room (evict) if the count is above the capacity;
//   5. store the port word, then publish: compare-exchange the key word to key | live.
// Step 3 is what keeps a key from having two entries. Claims, and the loads that look for rivals,
// are sequentially consistent, so of two threads that insert the same key the one that claims later
// sees the other's claim. Whoever sees one gives up; both may, then both look anew or leave it to
// the next frame. The spill group is searched only if its counter is not 0; a thread raises the
// counter before it claims a slot there, and then searches everything, so the argument holds for
// it.
//
// What is added, static or sticky, does not give up: it frees a learned rival, and turns the claim
// of a rival that is still inserting into key | cancelled, on which that rival's step 5 fails.
// Nobody waits.
//
// Freeing
// -------
// Compare-exchange the key word from live to key | removing (one thread wins), exchange the port
// word for a dead one, store empty. The exchange tells which port the entry belonged to at its very
// end, so the counts stay exact whatever moved it meanwhile; and a refresh that read the old word
// now fails.
#include <cassert>

#include "mac_table/mac_table.h"
#include "mac_table/mac_table_layout.h"

namespace vswitch {

using namespace mac_table_internal;  // NOLINT: the room's own names.

namespace {

// The fill of the primary bucket from which on the emptier of the two is taken: see mac_table.cc.
constexpr int kPreferPrimaryBelow = 3;

// A word that no Refresh() can take for the one it read, but which keeps the slot's tag.
uint64_t DeadWord(uint64_t port_word) { return PortWord(kNoPort, 0, 0, TagOf(port_word)); }

int TakenSlots(const Bucket& bucket) {
  int taken = 0;
  for (const Entry& entry : bucket.entries) {
    // Relaxed: only a preference hangs on it.
    taken += entry.key_word.load(std::memory_order_relaxed) != kEmpty;
  }
  return taken;
}

}  // namespace

// ---- Inserting ----

// Adds an entry for a key that was not found. kLostRace: another thread inserts the same key.
MacTable::InsertResult MacTable::Insert(FdbKey key, const Place& place, PortId port,
                                        FdbEntryKind kind, uint32_t now) {
  const int32_t weight = CountIn(port, kind);
  if (has_rules() && kind == FdbEntryKind::kLearned && IsBeyondLimits(port, weight)) [[unlikely]] {
    CountOut(port, kind);
    return InsertResult::kLimited;
  }
  Entry* const entry = Claim(key, place, now, weight);
  InsertResult result = InsertResult::kFull;
  if (entry != nullptr) {
    const bool alone = kind == FdbEntryKind::kLearned ? !HasRival(key, place, entry)
                                                      : DefeatRivals(key, place, entry, now);
    if (!alone) {
      result = InsertResult::kLostRace;
    } else if (counters_.entries.load(std::memory_order_relaxed) <= capacity_ ||
               EvictAnywhere(place, now, weight)) {
      if (Publish(entry, key, port, kind, now)) return InsertResult::kDone;
      result = InsertResult::kLostRace;
    }
    Unclaim(entry, place);
  }
  CountOut(port, kind);
  return result;
}

// An empty slot in reach of `key`, now key | inserting; makes room if there is none. Null when that
// is not possible.
Entry* MacTable::Claim(FdbKey key, const Place& place, uint32_t now, int32_t weight) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    size_t first = place.primary;
    size_t second = place.secondary;
    const int taken = TakenSlots(buckets_[first]);
    if (taken >= kPreferPrimaryBelow && TakenSlots(buckets_[second]) < taken) {
      std::swap(first, second);
    }
    if (Entry* const entry = ClaimIn(first, key)) return entry;
    if (Entry* const entry = ClaimIn(second, key)) return entry;
    if (Entry* const entry = ClaimSpill(key, place)) return entry;
    if (!EvictFromReach(place, now, weight)) return nullptr;
  }
  return nullptr;
}

Entry* MacTable::ClaimIn(size_t bucket, FdbKey key) {
  for (Entry& entry : buckets_[bucket].entries) {
    uint64_t expected = entry.key_word.load(std::memory_order_relaxed);
    // Sequentially consistent: pairs with the loads of HasRival() and DefeatRivals(). It also
    // acquires the port word's last tag, which Free() or Unclaim() released with kEmpty.
    if (expected == kEmpty && entry.key_word.compare_exchange_strong(
                                  expected, KeyWord(key, kInserting), std::memory_order_seq_cst,
                                  std::memory_order_relaxed)) {
      return &entry;
    }
  }
  return nullptr;
}

Entry* MacTable::ClaimSpill(FdbKey key, const Place& place) {
  std::atomic<uint16_t>& spilled = arrays_->spilled[place.spill_counter()];
  // Sequentially consistent: pairs with the load in HasRival() and DefeatRivals().
  spilled.fetch_add(1, std::memory_order_seq_cst);
  for (size_t i = 0; i < kSpillBuckets; ++i) {
    if (!place.IsSpill(place.spill + i)) continue;
    if (Entry* const entry = ClaimIn(place.spill + i, key)) return entry;
  }
  spilled.fetch_sub(1, std::memory_order_relaxed);
  return nullptr;
}

// Gives back a slot that was claimed and not published.
void MacTable::Unclaim(Entry* entry, const Place& place) {
  // Release: pairs with the claim of the slot's next owner, which reads the tag.
  entry->key_word.store(kEmpty, std::memory_order_release);
  CountOutOfSpill(entry, place);
}

// False, with the slot still claimed, when an added entry cancelled this one.
bool MacTable::Publish(Entry* entry, FdbKey key, PortId port, FdbEntryKind kind, uint32_t now) {
  const uint64_t tag = TagOf(entry->port_word.load(std::memory_order_relaxed)) + 1;
  uint64_t port_word = PortWord(port, Generation(port, key.vlan()), now, tag);
  if (has_rules()) [[unlikely]]
    port_word |= kind == FdbEntryKind::kSticky ? kSticky : StickyBit(port);
  const uint64_t state = kind == FdbEntryKind::kStatic ? kStatic : kLearned;
  // Release: a reader that sees this word must then see that the slot is no longer the former
  // occupant's. Pairs with Read().
  entry->port_word.store(port_word, std::memory_order_release);
  uint64_t expected = KeyWord(key, kInserting);
  // Release: publishes the port word. Pairs with Read().
  if (entry->key_word.compare_exchange_strong(
          expected, KeyWord(key, state | (tag << kVersionShift & kVersionMask)),
          std::memory_order_release, std::memory_order_relaxed)) {
    return true;
  }
  entry->port_word.store(DeadWord(port_word), std::memory_order_release);
  return false;
}

// ---- Rivals: step 3 above ----

// Whether another slot holds `key` or is about to.
bool MacTable::HasRival(FdbKey key, const Place& place, const Entry* own) const {
  const bool spilled = arrays_->spilled[place.spill_counter()].load(std::memory_order_seq_cst) != 0;
  for (const size_t bucket : Reach(place, spilled)) {
    for (const Entry& entry : buckets_[bucket].entries) {
      // Sequentially consistent: pairs with the claim in ClaimIn().
      const uint64_t word = entry.key_word.load(std::memory_order_seq_cst);
      if (&entry == own) continue;
      if (IsLiveEntryOf(word, key) || word == KeyWord(key, kInserting)) return true;
    }
  }
  return false;
}

// Frees and cancels the learned rivals of an added entry. False when one is static.
bool MacTable::DefeatRivals(FdbKey key, const Place& place, const Entry* own, uint32_t now) {
  const bool spilled = arrays_->spilled[place.spill_counter()].load(std::memory_order_seq_cst) != 0;
  for (const size_t bucket : Reach(place, spilled)) {
    for (Entry& entry : buckets_[bucket].entries) {
      if (&entry == own) continue;
      // Sequentially consistent: pairs with the claim in ClaimIn().
      uint64_t word = entry.key_word.load(std::memory_order_seq_cst);
      if (word == KeyWord(key, kInserting) &&
          // Relaxed: the rival reads nothing of ours. Pairs with Publish().
          entry.key_word.compare_exchange_strong(word, KeyWord(key, kCancelled),
                                                 std::memory_order_relaxed)) {
        continue;
      }
      if (!IsLiveEntryOf(word, key)) continue;  // Another's, or no longer there.
      EntryView view;
      if (!Read(entry, &view) || view.key() != key) continue;
      if (view.is_static()) return false;
      Free(view, Cause::kRemoved, now);
    }
  }
  return true;
}

// ---- What is added ----

bool MacTable::AddStatic(FdbKey key, PortId port, uint32_t now) {
  return Add(key, port, FdbEntryKind::kStatic, now);
}

bool MacTable::AddSticky(FdbKey key, PortId port, uint32_t now) {
  has_rules_.store(true, std::memory_order_relaxed);
  return Add(key, port, FdbEntryKind::kSticky, now);
}

void MacTable::Put(const FdbEntry& entry, uint32_t seen) {
  if (entry.kind == FdbEntryKind::kLearned) {
    Learn(entry.key, entry.port, seen);
  } else {
    Add(entry.key, entry.port, entry.kind, seen);
  }
}

bool MacTable::Add(FdbKey key, PortId port, FdbEntryKind kind, uint32_t now) {
  assert(!key.mac().IsZero() && port < kMaxPorts);
  // More attempts than Learn() makes: no next frame will repeat a command.
  constexpr int kCommandAttempts = 1000;
  const Place place = PlaceOf(key);
  for (int attempt = 0; attempt < kCommandAttempts; ++attempt) {
    EntryView view;
    if (!Find(key, place, &view)) {
      const InsertResult result = Insert(key, place, port, kind, now);
      if (result == InsertResult::kLostRace) continue;
      const bool done = result == InsertResult::kDone;
      if (done && kind == FdbEntryKind::kSticky) Count(counters_.learned);
      return done;
    }
    // Replaced in place: a static entry by another, and a learned one that only becomes sticky.
    const bool becomes_static = kind == FdbEntryKind::kStatic;
    if (view.is_static() != becomes_static ||
        (!becomes_static && (view.port() != port || IsStale(view, now)))) {
      Free(view, Cause::kRemoved, now);
      continue;
    }
    const uint16_t generation = becomes_static ? 0 : Generation(port, key.vlan());
    const uint64_t renewed =
        PortWord(port, generation, now, TagOf(view.port_word)) | (becomes_static ? 0 : kSticky);
    uint64_t expected = view.port_word;
    // Release: pairs with Read(), like every store of a port word.
    if (view.entry->port_word.compare_exchange_strong(expected, renewed, std::memory_order_release,
                                                      std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

bool MacTable::Remove(FdbKey key) {
  const Place place = PlaceOf(key);
  EntryView view;
  bool removed = false;
  // Once, but for a refresh or an insertion that comes in between.
  for (int attempt = 0; attempt < kAttempts && Find(key, place, &view); ++attempt) {
    removed |= Free(view, Cause::kRemoved, 0);
  }
  return removed;
}

// ---- Freeing ----

// False when the slot is no longer that key's: another thread freed it.
bool MacTable::Free(const EntryView& view, Cause cause, uint32_t now) {
  uint64_t expected = view.key_word;
  // Acquire: pairs with Publish(), so that the port word is this occupant's or a later one's.
  if (!view.entry->key_word.compare_exchange_strong(expected, KeyWord(view.key(), kRemoving),
                                                    std::memory_order_acquire,
                                                    std::memory_order_relaxed)) {
    return false;
  }
  EntryView last = view;
  // Acquire and release: after this no Refresh() succeeds, and the last that did is seen here;
  // a reader that gets the dead word also sees that the key word has changed (Read()).
  const uint64_t dead = DeadWord(view.entry->port_word.load(std::memory_order_relaxed));
  last.port_word = view.entry->port_word.exchange(dead, std::memory_order_acq_rel);
  // Release: pairs with the claim of the slot's next owner, which reads the tag.
  view.entry->key_word.store(kEmpty, std::memory_order_release);

  CountOutOfSpill(view.entry, PlaceOf(view.key()));
  CountOut(last.port(), view.is_static() ? FdbEntryKind::kStatic : FdbEntryKind::kLearned);
  if (!view.is_static()) CountCause(last, cause, now);
  return true;
}

// ---- Counting ----

// Returns how much the entry may evict: the number that its port now holds, or 0 for one that was
// added, which is stronger than any.
int32_t MacTable::CountIn(PortId port, FdbEntryKind kind) {
  counters_.entries.fetch_add(1, std::memory_order_relaxed);
  if (kind == FdbEntryKind::kStatic) {
    counters_.static_entries.fetch_add(1, std::memory_order_relaxed);
    return 0;
  }
  const int32_t held = arrays_->port_entries[port].fetch_add(1, std::memory_order_relaxed) + 1;
  return kind == FdbEntryKind::kLearned ? held : 0;
}

void MacTable::CountOut(PortId port, FdbEntryKind kind) {
  counters_.entries.fetch_sub(1, std::memory_order_relaxed);
  if (kind == FdbEntryKind::kStatic) {
    counters_.static_entries.fetch_sub(1, std::memory_order_relaxed);
  } else {
    arrays_->port_entries[port].fetch_sub(1, std::memory_order_relaxed);
  }
}

void MacTable::CountOutOfSpill(const Entry* entry, const Place& place) {
  const size_t bucket =
      (reinterpret_cast<uintptr_t>(entry) - reinterpret_cast<uintptr_t>(buckets_)) / sizeof(Bucket);
  if (place.IsSpill(bucket)) {
    arrays_->spilled[place.spill_counter()].fetch_sub(1, std::memory_order_relaxed);
  }
}

void MacTable::CountCause(const EntryView& view, Cause cause, uint32_t now) {
  switch (cause) {
    case Cause::kStale:
      return Count(IsExpired(view, now) ? counters_.aged_out : counters_.flushed);
    case Cause::kFlushed:
      return Count(counters_.flushed);
    case Cause::kEvicted:
      return Count(counters_.evicted);
    case Cause::kRemoved:
      return Count(counters_.removed);
  }
}

}  // namespace vswitch
