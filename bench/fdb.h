// The contestants of the FDB benchmarks, all with one interface: the MAC table and its baselines.
// They are made full-size and empty. Each keeps a port and the tick of the last frame for a key.
//
//   Fdb(capacity); Learn(key, port, now); LearnBatch(keys, ports, now); LookUp(key, now);
//   LookUpBatch(keys, now, ports); Age(now) frees what is older than kAgeingTicks
//
// Thread-safety: that of what they wrap. Both may be used by any thread at any time.
#ifndef VSWITCH_BENCH_FDB_H_
#define VSWITCH_BENCH_FDB_H_

#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "mac_table/mac_table.h"

namespace vswitch::bench {

constexpr uint64_t kSeed = 20240607;
constexpr uint32_t kAgeingTicks = 300;
// The largest that a workload works with.
constexpr size_t kMaxBatchKeys = 256;

class MacTableFdb {
 public:
  explicit MacTableFdb(size_t capacity)
      : table_({.capacity = capacity, .ageing_ticks = kAgeingTicks, .seed = kSeed}) {}

  void Learn(FdbKey key, PortId port, uint32_t now) { table_.Learn(key, port, now); }
  void LearnBatch(std::span<const FdbKey> keys, std::span<const PortId> ports, uint32_t now) {
    std::array<LearnResult, kMaxBatchKeys> results;
    table_.LearnBatch(keys, ports, now, std::span(results).first(keys.size()));
  }
  PortId LookUp(FdbKey key, uint32_t now) const { return table_.LookUp(key, now); }
  void LookUpBatch(std::span<const FdbKey> keys, uint32_t now, std::span<PortId> ports) const {
    table_.LookUpBatch(keys, now, ports);
  }
  void Age(uint32_t now) { table_.Sweep(now, table_.bucket_count()); }

 private:
  MacTable table_;
};

// What every switch written in an afternoon has. A batch takes the mutex once and prefetches.
class MutexMapFdb {
 public:
  explicit MutexMapFdb(size_t capacity) { map_.reserve(capacity); }

  void Learn(FdbKey key, PortId port, uint32_t now) {
    absl::MutexLock lock(&mutex_);
    map_[key.value] = {port, now};
  }
  void LearnBatch(std::span<const FdbKey> keys, std::span<const PortId> ports, uint32_t now) {
    absl::MutexLock lock(&mutex_);
    for (const FdbKey key : keys) map_.prefetch(key.value);
    for (size_t i = 0; i < keys.size(); ++i) map_[keys[i].value] = {ports[i], now};
  }
  PortId LookUp(FdbKey key, uint32_t now) const {
    absl::MutexLock lock(&mutex_);
    return LookUpLocked(key, now);
  }
  void LookUpBatch(std::span<const FdbKey> keys, uint32_t now, std::span<PortId> ports) const {
    absl::MutexLock lock(&mutex_);
    for (const FdbKey key : keys) map_.prefetch(key.value);
    for (size_t i = 0; i < keys.size(); ++i) ports[i] = LookUpLocked(keys[i], now);
  }
  void Age(uint32_t now) {
    absl::MutexLock lock(&mutex_);
    absl::erase_if(map_, [now](const auto& item) { return item.second.seen + kAgeingTicks < now; });
  }

 private:
  struct Value {
    PortId port;
    uint32_t seen;
  };
  PortId LookUpLocked(FdbKey key, uint32_t now) const {
    const auto found = map_.find(key.value);
    if (found == map_.end() || found->second.seen + kAgeingTicks < now) return kNoPort;
    return found->second.port;
  }
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<uint64_t, Value> map_;
};

}  // namespace vswitch::bench

#endif  // VSWITCH_BENCH_FDB_H_
