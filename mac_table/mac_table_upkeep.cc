// The MAC table's rarer business: ageing, flushing, removing ports, listing, statistics. Whatever
// walks over all slots here does so beside the threads that read and learn, and stops none of them.
// Entries never change their slots, so a walk cannot miss one that was there all the time.
#include <algorithm>

#include "mac_table/mac_table.h"
#include "mac_table/mac_table_layout.h"

namespace vswitch {

using namespace mac_table_internal;  // NOLINT: the room's own names.

namespace {

// Where nothing ages, nothing is shown as older than this: six days.
constexpr uint32_t kOldest = 1 << 19;

// Whoever refreshes it meanwhile may.
void CapAge(const EntryView& view, uint32_t now) {
  constexpr uint64_t kTickField = uint64_t{kTickMask} << 12;
  const uint64_t tick = uint64_t{(now - kOldest) & kTickMask} << 12;
  uint64_t expected = view.port_word;
  // Release: pairs with Read(), like every store of a port word.
  view.entry->port_word.compare_exchange_strong(expected, (view.port_word & ~kTickField) | tick,
                                                std::memory_order_release,
                                                std::memory_order_relaxed);
}

}  // namespace

// Walks leave an empty table's memory alone: the kernel maps also what is only read. Relaxed: an
// entry is counted before it is there, and until after it is gone.
bool MacTable::IsEmpty() const { return counters_.entries.load(std::memory_order_relaxed) == 0; }

template <typename Predicate>
size_t MacTable::FreeWhere(size_t first, size_t count, Cause cause, uint32_t now,
                           Predicate predicate) {
  if (IsEmpty()) return 0;
  size_t freed = 0;
  for (size_t i = 0; i < count; ++i) {
    for (Entry& entry : buckets_[(first + i) & mask_].entries) {
      EntryView view;
      if (Read(entry, &view) && predicate(view)) freed += Free(view, cause, now);
    }
  }
  return freed;
}

size_t MacTable::bucket_count() const { return mask_ + 1; }

size_t MacTable::Sweep(uint32_t now, size_t buckets) {
  buckets = std::min(buckets, bucket_count());
  const size_t first = sweep_hand_.fetch_add(buckets, std::memory_order_relaxed);
  const bool ages = ageing_ticks_.load(std::memory_order_relaxed) != kNeverAges;
  return FreeWhere(first, buckets, Cause::kStale, now, [&](const EntryView& view) {
    if (IsStale(view, now)) return true;
    if (!ages && !view.is_static() && AgeOf(view.port_word, now) > kOldest) CapAge(view, now);
    return false;
  });
}

void MacTable::SetAgeing(uint32_t ageing_ticks) {
  ageing_ticks_.store(ageing_ticks, std::memory_order_relaxed);
}

void MacTable::FlushPort(PortId port) {
  arrays_->port_generation[port].fetch_add(1, std::memory_order_relaxed);
}

void MacTable::FlushVlan(VlanId vlan) {
  arrays_->vlan_generation[vlan & 0xfff].fetch_add(1, std::memory_order_relaxed);
}

void MacTable::FlushAll() { all_generation_.fetch_add(1, std::memory_order_relaxed); }

void MacTable::FlushPortVlan(PortId port, VlanId vlan) {
  FreeWhere(0, bucket_count(), Cause::kFlushed, 0, [&](const EntryView& view) {
    return !view.is_static() && view.port() == port && view.key().vlan() == vlan;
  });
}

// By the VLANs: in a large table they are far fewer than the slots. The reserved one too: a bridge
// without VLAN settings learns in it.
void MacTable::FlushMac(MacAddress mac, std::optional<VlanId> vlan, PortId port) {
  if (vlan.has_value()) return FlushKey(FdbKey(mac, *vlan), port);
  for (VlanId each = 0; each <= 0xfff; ++each) FlushKey(FdbKey(mac, each), port);
}

void MacTable::FlushKey(FdbKey key, PortId port) {
  const Place place = PlaceOf(key);
  EntryView view;
  // Once, but for a refresh or an insertion that comes in between.
  for (int attempt = 0; attempt < kAttempts && Find(key, place, &view); ++attempt) {
    if (view.is_static() || (port != kNoPort && view.port() != port)) return;
    Free(view, Cause::kFlushed, 0);
  }
}

void MacTable::RemovePort(PortId port) {
  // First, so that not even a frame that is just being learned leaves an entry that counts.
  FlushPort(port);
  FreeWhere(0, bucket_count(), Cause::kRemoved, 0,
            [&](const EntryView& view) { return view.port() == port; });
  if (port_moves(port) != 0) arrays_->port_moves[port].store(0, std::memory_order_relaxed);
  SetPortRules(port, {});
}

void MacTable::ForEach(uint32_t now, const std::function<void(const FdbEntry&)>& visit) const {
  if (IsEmpty()) return;
  for (size_t i = 0; i < bucket_count(); ++i) {
    for (const Entry& entry : buckets_[i].entries) {
      EntryView view;
      if (Read(entry, &view) && !IsStale(view, now)) visit(Describe(view, now));
    }
  }
}

size_t MacTable::port_entries(PortId port) const {
  return static_cast<size_t>(
      std::max(0, arrays_->port_entries[port].load(std::memory_order_relaxed)));
}

MacTable::Stats MacTable::stats() const {
  const auto read = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  Stats stats;
  stats.entries = read(counters_.entries);
  stats.static_entries = read(counters_.static_entries);
  stats.capacity = capacity_;
  stats.learned = read(counters_.learned);
  stats.moved = read(counters_.moved);
  stats.aged_out = read(counters_.aged_out);
  stats.flushed = read(counters_.flushed);
  stats.evicted = read(counters_.evicted);
  stats.removed = read(counters_.removed);
  stats.learn_failed = read(counters_.learn_failed);
  stats.learn_limited = read(counters_.learn_limited);
  return stats;
}

}  // namespace vswitch
