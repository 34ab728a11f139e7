// The MAC table against a model that is too simple to be wrong: the same long random sequence of
// operations on both, results, entries and statistics compared. Never near its capacity: what is
// evicted is the table's own choice (see mac_table_eviction_test.cc).
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>

#include "mac_table/mac_table.h"
#include "mac_table/testing/mac_table_test_util.h"

namespace vswitch {
namespace {

class Model {
 public:
  LearnResult Learn(FdbKey key, PortId port, uint64_t now) {
    const auto [found, is_new] = entries_.try_emplace(key.value);
    Entry& entry = found->second;
    if (is_new) {
      if (IsFull(port) || (limit != 0 && entries_.size() - static_size() > limit)) {
        entries_.erase(found);
        ++stats.learn_limited;
        return LearnResult::kLimited;
      }
      entry = {port, false, false, now, rules[port].sticky};
      ++stats.learned;
      return LearnResult::kLearned;
    }
    if (entry.fixed) return entry.port == port ? LearnResult::kKnown : LearnResult::kPinned;
    const bool stale = IsStale(entry, now);
    if (entry.sticky && !stale && entry.port != port) return LearnResult::kPinned;
    if (entry.port != port && IsFull(port)) {
      ++stats.learn_limited;
      return LearnResult::kLimited;
    }
    bool sticky = rules[port].sticky;
    LearnResult result = LearnResult::kKnown;
    if (stale) {
      ++(IsExpired(entry, now) ? stats.aged_out : stats.flushed);
      ++stats.learned;
      result = LearnResult::kLearned;
    } else if (entry.port != port) {
      ++stats.moved;
      result = LearnResult::kMoved;
    } else {
      sticky |= entry.sticky;
    }
    entry = {port, false, false, now, sticky};
    return result;
  }
  void AddSticky(FdbKey key, PortId port, uint64_t now) {
    const auto [found, is_new] = entries_.try_emplace(key.value);
    Entry& entry = found->second;
    const bool stays = !is_new && !entry.fixed && entry.port == port && !IsStale(entry, now);
    if (!is_new && !entry.fixed && !stays) ++stats.removed;
    if (!stays) ++stats.learned;
    entry = {port, false, false, now, true};
  }
  void SetPortRules(PortId port, const MacTable::PortRules& next) {
    if (next.sticky != rules[port].sticky) {
      for (auto& [value, entry] : entries_) {
        if (!entry.fixed && entry.port == port) entry.sticky = next.sticky;
      }
    }
    rules[port] = next;
  }
  void AddStatic(FdbKey key, PortId port, uint64_t now) {
    const auto found = entries_.find(key.value);
    if (found != entries_.end() && !found->second.fixed) ++stats.removed;
    entries_[key.value] = {port, true, false, now};
  }
  bool Remove(FdbKey key) {
    const auto found = entries_.find(key.value);
    if (found == entries_.end()) return false;
    if (!found->second.fixed) ++stats.removed;
    entries_.erase(found);
    return true;
  }
  // Flushes by generation only mark; the others erase.
  template <typename Predicate>
  void Mark(Predicate predicate) {
    for (auto& [value, entry] : entries_)
      entry.flushed |= !entry.fixed && predicate(value, entry.port);
  }
  void FlushPortVlan(PortId port, VlanId vlan) {
    stats.flushed += std::erase_if(entries_, [&](const auto& item) {
      return !item.second.fixed && item.second.port == port && (item.first & 0xfff) == vlan;
    });
  }
  void FlushMac(MacAddress mac) {
    stats.flushed += std::erase_if(entries_, [&](const auto& item) {
      return !item.second.fixed && item.first >> 12 == mac.value;
    });
  }
  void RemovePort(PortId port) {
    rules[port] = {};
    std::erase_if(entries_, [&](const auto& item) {
      if (item.second.port != port) return false;
      stats.removed += !item.second.fixed;
      return true;
    });
  }
  size_t Sweep(uint64_t now) {
    return std::erase_if(entries_, [&](const auto& item) {
      if (!IsStale(item.second, now)) return false;
      ++(IsExpired(item.second, now) ? stats.aged_out : stats.flushed);
      return true;
    });
  }
  std::optional<FdbEntry> Get(FdbKey key, uint64_t now) const {
    const auto found = entries_.find(key.value);
    if (found == entries_.end() || IsStale(found->second, now)) return std::nullopt;
    const Entry& entry = found->second;
    return FdbEntry{key, entry.port,
                    entry.fixed    ? FdbEntryKind::kStatic
                    : entry.sticky ? FdbEntryKind::kSticky
                                   : FdbEntryKind::kLearned,
                    entry.fixed ? 0 : static_cast<uint32_t>(now - entry.seen)};
  }
  size_t CountLive(uint64_t now) const {
    return std::count_if(entries_.begin(), entries_.end(),
                         [&](const auto& item) { return !IsStale(item.second, now); });
  }
  size_t size() const { return entries_.size(); }
  size_t static_size() const {
    return std::count_if(entries_.begin(), entries_.end(),
                         [](const auto& item) { return item.second.fixed; });
  }
  size_t port_entries(PortId port) const {
    return std::count_if(entries_.begin(), entries_.end(), [&](const auto& item) {
      return !item.second.fixed && item.second.port == port;
    });
  }

  uint32_t ageing = 300;
  uint32_t limit = 0;
  std::map<PortId, MacTable::PortRules> rules;
  MacTable::Stats stats;

 private:
  struct Entry {
    PortId port = kNoPort;
    bool fixed = false;
    bool flushed = false;
    uint64_t seen = 0;
    bool sticky = false;
  };
  // A new entry, which is not in place yet, is counted by port_entries() of kNoPort.
  bool IsFull(PortId port) {
    return rules[port].learn_limit != 0 && port_entries(port) >= rules[port].learn_limit;
  }
  bool IsExpired(const Entry& entry, uint64_t now) const { return now - entry.seen > ageing; }
  bool IsStale(const Entry& entry, uint64_t now) const {
    return !entry.fixed && (entry.flushed || IsExpired(entry, now));
  }
  std::map<uint64_t, Entry> entries_;
};

class MacTableModelTest : public testing::TestWithParam<uint64_t> {
 protected:
  // One random operation on both.
  void Step() {
    const FdbKey key = Key(random_() % kStations, random_() % kVlans);
    const PortId port = random_() % kPorts;
    const VlanId vlan = random_() % kVlans;
    const uint32_t now = static_cast<uint32_t>(now_);
    const int choice = random_() % 1000;
    if (choice < 600) {
      ASSERT_EQ(table_->Learn(key, port, now), model_.Learn(key, port, now_));
    } else if (choice < 800) {
      ExpectSame(key);
    } else if (choice < 850) {
      ASSERT_EQ(table_->Remove(key), model_.Remove(key));
    } else if (choice < 870) {
      ASSERT_TRUE(table_->AddStatic(key, port, now));
      model_.AddStatic(key, port, now_);
    } else if (choice < 880) {
      table_->FlushPort(port);
      model_.Mark([&](uint64_t, PortId of) { return of == port; });
    } else if (choice < 890) {
      table_->FlushVlan(vlan);
      model_.Mark([&](uint64_t value, PortId) { return (value & 0xfff) == vlan; });
    } else if (choice < 892) {
      table_->FlushAll();
      model_.Mark([](uint64_t, PortId) { return true; });
    } else if (choice < 900) {
      table_->FlushPortVlan(port, vlan);
      model_.FlushPortVlan(port, vlan);
    } else if (choice < 903) {
      table_->RemovePort(port);
      model_.RemovePort(port);
    } else if (choice < 906) {
      model_.ageing = 1 + random_() % 1000;
      table_->SetAgeing(model_.ageing);
    } else if (choice < 912) {
      const MacTable::PortRules rules = {.learn_limit = static_cast<uint32_t>(random_() % 25),
                                         .sticky = random_() % 4 == 0};
      table_->SetPortRules(port, rules);
      model_.SetPortRules(port, rules);
    } else if (choice < 913) {
      model_.limit = random_() % 2 == 0 ? 0 : static_cast<uint32_t>(random_() % 120);
      table_->SetLearnLimit(model_.limit);
    } else if (choice < 925) {
      ASSERT_TRUE(table_->AddSticky(key, port, now));
      model_.AddSticky(key, port, now_);
    } else if (choice < 930) {
      table_->FlushMac(key.mac(), std::nullopt);
      model_.FlushMac(key.mac());
    } else if (choice < 934 || now_ - swept_ > kSweepInterval) {
      ASSERT_EQ(table_->Sweep(now, table_->bucket_count()), model_.Sweep(now_));
      swept_ = now_;
    } else {
      // Mostly small steps; now and then enough for everything to expire.
      now_ += choice < 990 ? random_() % 5 : random_() % 2000;
    }
  }

  void ExpectSame(FdbKey key) {
    const uint32_t now = static_cast<uint32_t>(now_);
    const std::optional<FdbEntry> expected = model_.Get(key, now_);
    const std::optional<FdbEntry> entry = table_->Get(key, now);
    ASSERT_EQ(entry.has_value(), expected.has_value());
    ASSERT_EQ(table_->LookUp(key, now), expected ? expected->port : kNoPort);
    if (!expected) return;
    EXPECT_EQ(entry->key, expected->key);
    EXPECT_EQ(entry->port, expected->port);
    EXPECT_EQ(entry->kind, expected->kind);
    EXPECT_EQ(entry->age_ticks, expected->age_ticks);
  }

  void ExpectAllSame() {
    for (int station = 0; station < kStations; ++station) {
      for (int vlan = 0; vlan < kVlans; ++vlan) ExpectSame(Key(station, vlan));
    }
    EXPECT_EQ(Entries(*table_, static_cast<uint32_t>(now_)).size(), model_.CountLive(now_));
    const MacTable::Stats stats = table_->stats();
    EXPECT_EQ(stats.entries, model_.size());
    EXPECT_EQ(stats.static_entries, model_.static_size());
    EXPECT_EQ(stats.learned, model_.stats.learned);
    EXPECT_EQ(stats.moved, model_.stats.moved);
    EXPECT_EQ(stats.aged_out, model_.stats.aged_out);
    EXPECT_EQ(stats.flushed, model_.stats.flushed);
    EXPECT_EQ(stats.removed, model_.stats.removed);
    EXPECT_EQ(stats.learn_limited, model_.stats.learn_limited);
    EXPECT_EQ(stats.evicted, 0u);
    EXPECT_EQ(stats.learned, LearnedByAccount(stats));
    for (PortId port = 0; port < kPorts; ++port) {
      EXPECT_EQ(table_->port_entries(port), model_.port_entries(port)) << port;
    }
  }

  static constexpr int kStations = 30;
  static constexpr int kVlans = 4;
  static constexpr int kPorts = 6;
  static constexpr uint64_t kSweepInterval = 500000;

  std::mt19937_64 random_{GetParam()};
  // Its 240 slots hold the 120 keys without eviction.
  std::unique_ptr<MacTable> table_ =
      NewTable({.capacity = 128, .ageing_ticks = 300, .seed = GetParam()});
  Model model_;
  uint64_t now_ = (uint64_t{1} << 32) - 30000;  // Soon to wrap, and the tick every 2^20.
  uint64_t swept_ = now_;
};

TEST_P(MacTableModelTest, AgreesWithTheModel) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  for (int step = 0; step < 100000; ++step) {
    ASSERT_NO_FATAL_FAILURE(Step()) << "step " << step;
    if (step % 1000 == 0) {
      ASSERT_NO_FATAL_FAILURE(ExpectAllSame()) << "step " << step;
      ASSERT_FALSE(HasFailure()) << "step " << step;
    }
  }
  ExpectAllSame();
}

INSTANTIATE_TEST_SUITE_P(Seeds, MacTableModelTest, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace vswitch
