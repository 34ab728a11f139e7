// What is special about learning on a port, or in the table: limits, and stations that stay where
// they are. "Sticky entries, and limits" in mac_table.cc says how learning gets by without looking
// here.
#include "mac_table/mac_table.h"
#include "mac_table/mac_table_layout.h"

namespace vswitch {

using namespace mac_table_internal;  // NOLINT: the room's own names.

// `entries`: what the port holds with the new one, which the table has counted in too.
bool MacTable::IsBeyondLimits(PortId port, int32_t entries) const {
  const uint32_t limit = learn_limit_.load(std::memory_order_relaxed);
  return IsBeyondPortLimit(port, entries) || (limit != 0 && learned_entries() > limit);
}

bool MacTable::IsBeyondPortLimit(PortId port, int32_t entries) const {
  const uint32_t limit = arrays_->port_rules[port].load(std::memory_order_relaxed) & ~kStickyPort;
  return limit != 0 && entries > static_cast<int64_t>(limit);
}

// Whether a learned entry may be refreshed from `port`: kKnown; or why not. If it may and its port
// is another, it is counted in there.
LearnResult MacTable::AskRules(const EntryView& view, PortId port, bool stale) {
  if (view.port() == port) return LearnResult::kKnown;
  if (view.is_sticky() && !stale) return LearnResult::kPinned;
  std::atomic<int32_t>& entries = arrays_->port_entries[port];
  if (!IsBeyondPortLimit(port, entries.fetch_add(1, std::memory_order_relaxed) + 1)) {
    return LearnResult::kKnown;
  }
  entries.fetch_sub(1, std::memory_order_relaxed);
  Count(counters_.learn_limited);
  return LearnResult::kLimited;
}

// What a refreshed entry has beside its tag: one that stays keeps it.
uint64_t MacTable::StickyAfter(const EntryView& view, PortId port, bool stale) const {
  const bool stays = !stale && view.port() == port;
  return StickyBit(port) | (stays ? view.port_word & kSticky : 0);
}

void MacTable::Tell(const FdbMove& move, std::vector<FdbMove>* moves) { moves->push_back(move); }

// The static ones first: one that comes meanwhile must not seem to have made room.
size_t MacTable::learned_entries() const {
  const size_t fixed = counters_.static_entries.load(std::memory_order_relaxed);
  const size_t all = counters_.entries.load(std::memory_order_relaxed);
  return all > fixed ? all - fixed : 0;
}

uint64_t MacTable::port_moves(PortId port) const {
  return arrays_->port_moves[port].load(std::memory_order_relaxed);
}

void MacTable::SetLearnLimit(uint32_t limit) {
  learn_limit_.store(limit, std::memory_order_relaxed);
  if (limit != 0) has_rules_.store(true, std::memory_order_relaxed);
}

void MacTable::SetPortRules(PortId port, const PortRules& rules) {
  const uint32_t word = (rules.learn_limit & ~kStickyPort) | (rules.sticky ? kStickyPort : 0);
  const uint32_t before = arrays_->port_rules[port].load(std::memory_order_relaxed);
  // Memory that nobody has a rule in stays untouched.
  if (word == before) return;
  arrays_->port_rules[port].store(word, std::memory_order_relaxed);
  has_rules_.store(true, std::memory_order_relaxed);
  if (((word ^ before) & kStickyPort) != 0) MakeSticky(port, rules.sticky);
}

// The learned entries of the port; or they are so no more.
void MacTable::MakeSticky(PortId port, bool sticky) {
  if (IsEmpty()) return;
  for (size_t i = 0; i < bucket_count(); ++i) {
    for (Entry& entry : buckets_[i].entries) {
      EntryView view;
      // Once, but for a refresh or a move that comes in between.
      for (int attempt = 0; attempt < kAttempts && Read(entry, &view); ++attempt) {
        if (view.is_static() || view.port() != port || view.is_sticky() == sticky) break;
        uint64_t expected = view.port_word;
        // Release: pairs with Read(), like every store of a port word.
        if (entry.port_word.compare_exchange_strong(expected, view.port_word ^ kSticky,
                                                    std::memory_order_release,
                                                    std::memory_order_relaxed)) {
          break;
        }
      }
    }
  }
}

bool MacTable::IsStaticAt(FdbKey key, PortId port) const {
  EntryView view;
  return Find(key, PlaceOf(key), &view) && view.is_static() && view.port() == port;
}

}  // namespace vswitch
