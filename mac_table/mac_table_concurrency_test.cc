// The MAC table under threads: every operation beside every other. Run it under TSan, too:
//   bazel test --config=tsan //mac_table:mac_table_concurrency_test
//
// Properties:
//  1. A look-up never returns a port on which its key was never learned, however often slots are
//     reused under it.
//  2. Nothing is lost at rest: what nobody removed, flushed or evicted is there afterwards.
//  3. A key never has two entries, whoever learned it at the same time.
//  4. The counts agree with the entries at rest.
//  5. From the moment AddStatic returns, every look-up gives its port and no learning moves it.
//  6. From the moment a flush, Remove or RemovePort returns, what was learned before it is gone.
//  7. The table never holds more than its capacity and one entry for each learning thread.
//  8. A port never holds more learned entries than it may, nor does the table.
//  9. From the moment AddSticky returns, no learning moves it until it is flushed or removed.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "mac_table/mac_table.h"
#include "mac_table/testing/mac_table_test_util.h"

namespace vswitch {
namespace {

constexpr uint64_t kSeed = 20240607;
constexpr uint32_t kNow = 5;

// Work for a few seconds under TSan, for a fraction of one without.
constexpr int kRounds = 20000;

// Starts all threads at once and waits for them.
void RunThreads(const std::vector<std::function<void()>>& bodies) {
  std::atomic<size_t> ready{0};
  std::vector<std::thread> threads;
  for (const auto& body : bodies) {
    threads.emplace_back([&] {
      // The start line: acquire pairs with the other threads' increments, which release.
      ready.fetch_add(1, std::memory_order_acq_rel);
      while (ready.load(std::memory_order_acquire) < bodies.size()) std::this_thread::yield();
      body();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Properties 3 and 4. REQUIRES: nobody writes.
void ExpectConsistent(MacTable& table, uint32_t now) {
  table.Sweep(now, table.bucket_count());
  const auto entries = Entries(table, now);
  size_t fixed = 0;
  std::vector<size_t> learned_on(kMaxPorts);
  for (const auto& [value, entry] : entries) {
    EXPECT_EQ(entries.count(value), 1u) << "two entries of " << entry.key.mac().ToString();
    EXPECT_EQ(table.LookUp(entry.key, now), entry.port);
    if (entry.kind == FdbEntryKind::kStatic) {
      ++fixed;
    } else {
      ++learned_on[entry.port];
    }
  }
  const MacTable::Stats stats = table.stats();
  EXPECT_EQ(stats.entries, entries.size());
  EXPECT_EQ(stats.static_entries, fixed);
  EXPECT_EQ(stats.learned, LearnedByAccount(stats));
  for (PortId port = 0; port < kMaxPorts; ++port) {
    EXPECT_EQ(table.port_entries(port), learned_on[port]) << "port " << port;
  }
}

// A key may be learned on two ports only, both told by its number.
PortId PortOfKey(uint64_t number, bool second) { return number % 16 + (second ? 16 : 0); }

bool IsPortOfKey(uint64_t number, PortId port) {
  return port == kNoPort || port % 16 == number % 16;
}

class MacTableConcurrencyTest : public testing::Test {
 protected:
  MacTableConcurrencyTest() : trace_(__FILE__, __LINE__, "seed " + std::to_string(kSeed)) {}

 private:
  testing::ScopedTrace trace_;
};

// Property 1, and 7. A tiny table, always full, so that slots change hands all the time.
TEST_F(MacTableConcurrencyTest, LookUpsBesideSlotReuse) {
  constexpr size_t kCapacity = 32;
  constexpr int kStations = 200;
  constexpr size_t kLearners = 2;
  auto table = NewTable({.capacity = kCapacity, .seed = kSeed});
  std::atomic<int> learning{kLearners};
  std::atomic<size_t> wrong{0};
  const auto learn = [&](uint64_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < 2 * kRounds; ++i) {
      const uint64_t number = 1 + random() % kStations;
      table->Learn(Key(number), PortOfKey(number, random() % 2), kNow);
      if (table->stats().entries > kCapacity + kLearners) ++wrong;
    }
    --learning;
  };
  const auto read = [&](uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<FdbKey> keys(40);
    std::vector<PortId> ports(keys.size());
    while (learning.load() != 0) {
      for (FdbKey& key : keys) key = Key(1 + random() % kStations);
      table->LookUpBatch(keys, kNow, ports);
      for (size_t i = 0; i < keys.size(); ++i) {
        const uint64_t number = keys[i].mac().value & 0xffff;
        if (!IsPortOfKey(number, ports[i])) ++wrong;
        if (!IsPortOfKey(number, table->LookUp(keys[i], kNow))) ++wrong;
      }
      table->ForEach(kNow, [&](const FdbEntry& entry) {
        if (!IsPortOfKey(entry.key.mac().value & 0xffff, entry.port)) ++wrong;
      });
    }
  };
  RunThreads({[&] { learn(kSeed); }, [&] { learn(kSeed + 1); }, [&] { read(kSeed + 2); }});
  EXPECT_EQ(wrong.load(), 0u);
  EXPECT_GT(table->stats().evicted, 1000u);
  ExpectConsistent(*table, kNow);
}

// Property 2.
TEST_F(MacTableConcurrencyTest, NothingIsLost) {
  constexpr size_t kCapacity = 16384;
  auto table = NewTable({.capacity = kCapacity, .seed = kSeed});
  const std::vector<FdbKey> keys = RandomKeys(kCapacity, kSeed);
  constexpr size_t kLearners = 4;
  std::vector<std::function<void()>> bodies;
  for (size_t thread = 0; thread < kLearners; ++thread) {
    bodies.push_back([&, thread] {
      for (size_t i = thread; i < kCapacity; i += kLearners) table->Learn(keys[i], thread, kNow);
      for (size_t i = thread; i < kCapacity; i += kLearners)
        table->Learn(keys[i], thread + 10, kNow);
    });
  }
  bodies.push_back([&] {
    for (int i = 0; i < 50; ++i) table->Sweep(kNow, table->bucket_count());
  });
  RunThreads(bodies);
  for (size_t i = 0; i < kCapacity; ++i) {
    ASSERT_EQ(table->LookUp(keys[i], kNow), i % kLearners + 10) << i;
  }
  EXPECT_EQ(table->stats().moved, kCapacity);
  ExpectConsistent(*table, kNow);
}

// Property 3: in each round a few new keys are learned by all threads at once.
TEST_F(MacTableConcurrencyTest, OneEntryForAKeyThatAllLearn) {
  auto table = NewTable({.capacity = 16384, .seed = kSeed});
  constexpr int kKeys = 4;
  constexpr int kThreads = 3;
  std::atomic<int> arrived{0};
  const auto learn = [&](PortId port) {
    for (int round = 0; round < kRounds / 10; ++round) {
      // A barrier, so that all are at the same key. Acquire and release: as in RunThreads().
      arrived.fetch_add(1, std::memory_order_acq_rel);
      while (arrived.load(std::memory_order_acquire) < kThreads * (round + 1)) {
        std::this_thread::yield();
      }
      for (int i = 1; i <= kKeys; ++i) table->Learn(Key(round * kKeys + i), port, kNow);
    }
  };
  RunThreads({[&] { learn(1); }, [&] { learn(2); }, [&] { learn(3); }});
  ExpectConsistent(*table, kNow);
  EXPECT_GT(table->stats().entries, size_t{kKeys} * kRounds / 10 * 9 / 10) << "mostly given up";
}

// One of the operations that take entries away or change them, `which` from 0 to 15.
void Disturb(MacTable* table, uint64_t which, FdbKey key, PortId port, uint32_t now) {
  if (which == 0) table->AddStatic(key, port, now);
  if (which == 1 || which == 2) table->Remove(key);
  if (which == 3) table->FlushPort(port);
  if (which == 4) table->FlushVlan(1);
  if (which == 5) table->FlushAll();
  if (which == 6) table->FlushPortVlan(port, 1);
  if (which == 7) table->RemovePort(port);
  if (which == 8 || which == 9) table->Sweep(now, 16);
  if (which == 10) table->SetAgeing(200 + static_cast<uint32_t>(key.value % 200));
  if (which == 11) table->AddSticky(key, port, now);
  if (which == 12) table->SetPortRules(port, {.learn_limit = 3, .sticky = true});
  if (which == 13) table->SetPortRules(port, {});
  if (which == 14) table->SetLearnLimit(key.value % 2 == 0 ? 0 : 20);
  if (which == 15) table->FlushMac(key.mac(), key.vlan(), port);
}

// Properties 1, 3 and 4: everything at once on few keys.
TEST_F(MacTableConcurrencyTest, EverythingBesideEverything) {
  constexpr int kStations = 60;
  for (const size_t capacity : {16, 4096}) {
    auto table = NewTable({.capacity = capacity, .ageing_ticks = 300, .seed = kSeed});
    std::atomic<size_t> wrong{0};
    const auto body = [&](uint64_t seed) {
      std::mt19937_64 random(seed);
      uint32_t now = kNow;
      for (int i = 0; i < kRounds; ++i) {
        const uint64_t number = 1 + random() % kStations;
        const FdbKey key = Key(number);
        const PortId port = PortOfKey(number, random() % 2);
        const uint64_t dice = random() % 48;
        if (dice >= 26) {
          table->Learn(key, port, now);
        } else if (dice >= 20) {
          if (!IsPortOfKey(number, table->LookUp(key, now))) ++wrong;
        } else if (dice == 19) {
          const auto entry = table->Get(key, now);
          if (entry && !IsPortOfKey(number, entry->port)) ++wrong;
        } else if (dice == 18) {
          table->ForEach(now, [&](const FdbEntry& entry) {
            if (!IsPortOfKey(entry.key.mac().value & 0xffff, entry.port)) ++wrong;
          });
        } else if (dice == 17) {
          if (table->IsStaticAt(key, (port + 1) % 32)) ++wrong;
        } else if (dice == 16) {
          now += random() % 100;
        } else {
          Disturb(table.get(), dice, key, port, now);
        }
      }
    };
    RunThreads({[&] { body(kSeed); }, [&] { body(kSeed + 1); }, [&] { body(kSeed + 2); }});
    EXPECT_EQ(wrong.load(), 0u);
    ExpectConsistent(*table, kNow);
  }
}

// Properties 5 and 9.
class MacTableAddedTest : public MacTableConcurrencyTest,
                          public testing::WithParamInterface<bool> {};

TEST_P(MacTableAddedTest, AddedEntriesBesideLearners) {
  const bool sticky = GetParam();
  constexpr int kStations = 8;
  constexpr PortId kStaticPort = 100;
  auto table = NewTable({.capacity = 64, .seed = kSeed});
  std::atomic<bool> stop{false};
  std::atomic<size_t> wrong{0};
  const auto learn = [&](PortId port) {
    for (uint64_t i = 0; !stop.load(); ++i) {
      table->Learn(Key(1 + i % kStations), port, kNow);
      if (i % 64 == 0) table->Remove(Key(1000));  // Nobody's.
    }
  };
  const auto command = [&] {
    std::mt19937_64 random(kSeed);
    for (int i = 0; i < kRounds; ++i) {
      const FdbKey key = Key(1 + random() % kStations);
      const bool added = sticky ? table->AddSticky(key, kStaticPort, kNow)
                                : table->AddStatic(key, kStaticPort, kNow);
      if (!added || table->IsStaticAt(key, kStaticPort) == sticky) ++wrong;
      for (int again = 0; again < 4; ++again) {
        if (table->LookUp(key, kNow) != kStaticPort) ++wrong;
      }
      if (table->Learn(key, 3, kNow) != LearnResult::kPinned) ++wrong;
      if (!table->Remove(key)) ++wrong;
    }
    stop.store(true);
  };
  RunThreads({[&] { learn(1); }, [&] { learn(2); }, command});
  EXPECT_EQ(wrong.load(), 0u);
  EXPECT_EQ(table->stats().static_entries, 0u);
  ExpectConsistent(*table, kNow);
}

INSTANTIATE_TEST_SUITE_P(StaticOrSticky, MacTableAddedTest, testing::Bool());

// Property 8, at rest: while threads count each other's attempts, the counters may be above it.
TEST_F(MacTableConcurrencyTest, LimitsBesideLearners) {
  constexpr uint32_t kPortLimit = 5;
  constexpr uint32_t kLimit = 12;
  auto table = NewTable({.capacity = 64, .seed = kSeed});
  table->SetPortRules(1, {.learn_limit = kPortLimit});
  table->SetLearnLimit(kLimit);
  for (uint64_t round = 0; round < kRounds / 100; ++round) {
    // New stations at both ports, and some that go from one to the other.
    const auto learn = [&](uint64_t seed) {
      std::mt19937_64 random(seed);
      for (int i = 0; i < 100; ++i) {
        table->Learn(Key(1 + random() % 40), random() % 4 == 0 ? 2 : 1, kNow);
      }
    };
    RunThreads({[&] { learn(round); }, [&] { learn(round + 1); }, [&] { learn(round + 2); }});
    ASSERT_LE(table->port_entries(1), kPortLimit);
    ASSERT_LE(table->stats().entries, kLimit);
    table->FlushAll();
    table->Sweep(kNow, table->bucket_count());
  }
  EXPECT_GT(table->stats().learn_limited, 1000u);
  ExpectConsistent(*table, kNow);
}

// Two operators add and remove the same static entry; no learner may win over both.
TEST_F(MacTableConcurrencyTest, StaticEntriesBesideEachOther) {
  auto table = NewTable({.capacity = 64, .seed = kSeed});
  std::atomic<size_t> failed{0};
  const auto command = [&](PortId port) {
    for (int i = 0; i < kRounds; ++i) {
      const FdbKey key = Key(1 + i % 3);
      if (!table->AddStatic(key, port, kNow)) ++failed;
      const PortId seen = table->LookUp(key, kNow);
      if (seen != 1 && seen != 2 && seen != kNoPort) ++failed;
      if (i % 2 == 0) table->Remove(key);
    }
  };
  RunThreads({[&] { command(1); }, [&] { command(2); }});
  EXPECT_EQ(failed.load(), 0u);
  ExpectConsistent(*table, kNow);
}

// Property 6. The port is flushed or removed while others fill the table, move stations to and from
// other ports and sweep; nobody learns on it at that time.
TEST_F(MacTableConcurrencyTest, FlushesBesideLearners) {
  constexpr PortId kFlushedPort = 50;
  constexpr VlanId kFlushedVlan = 9;
  constexpr int kStations = 50;
  auto table = NewTable({.capacity = 256, .seed = kSeed});
  std::atomic<bool> stop{false};
  std::atomic<size_t> wrong{0};
  const auto learn = [&](PortId port) {
    for (uint64_t i = 0; !stop.load(); ++i) {
      table->Learn(Key(1000 + i % 500), port, kNow);
      if (i % 100 == 0) table->Sweep(kNow, 8);
    }
  };
  const auto command = [&] {
    for (int i = 0; i < kRounds / 50; ++i) {
      for (int n = 1; n <= kStations; ++n) table->Learn(Key(n, kFlushedVlan), kFlushedPort, kNow);
      if (i % 6 == 5) table->AddStatic(Key(kStations, kFlushedVlan), kFlushedPort, kNow);
      switch (i % 6) {
        case 0:
          table->FlushPort(kFlushedPort);
          break;
        case 1:
          table->FlushVlan(kFlushedVlan);
          break;
        case 2:
          table->FlushAll();
          break;
        case 3:
          table->FlushPortVlan(kFlushedPort, kFlushedVlan);
          break;
        case 4:
          for (int n = 1; n <= kStations; ++n) table->Remove(Key(n, kFlushedVlan));
          break;
        case 5:
          table->RemovePort(kFlushedPort);
          break;
      }
      for (int n = 1; n <= kStations; ++n) {
        if (table->LookUp(Key(n, kFlushedVlan), kNow) != kNoPort) ++wrong;
      }
      table->ForEach(kNow, [&](const FdbEntry& entry) { wrong += entry.port == kFlushedPort; });
    }
    stop.store(true);
  };
  RunThreads({[&] { learn(1); }, [&] { learn(2); }, command});
  EXPECT_EQ(wrong.load(), 0u);
  ExpectConsistent(*table, kNow);
}

}  // namespace
}  // namespace vswitch
