// Micro-benchmarks of the MAC table (mac_table/), one process, no kernel involved. Workloads, each
// by number of entries; the table is always filled to exactly its capacity, keys are random:
//
//   LookUpHit, LookUpMiss            one key at a time, in random order
//   LookUpHitBatch, LookUpMissBatch  64 keys at a time, as a worker's batch does
//   LearnNew, LearnNewBatch          an empty table is filled to its capacity
//   LearnKnown, LearnKnownBatch      every source known, same port, same tick: nothing is stored
//   LearnRefreshBatch                the same, a tick later each round: one store for each key
//   LearnMoveBatch                   every source moves to the other of two ports
//   FloodBatch                       a port that fills the table with new addresses, each of which
//                                    evicts one of its older ones
//   ReadBesideWriter                 LookUpHitBatch on one thread, for keys that are half of the
//                                    capacity; on another, half of what is learned moves those
//                                    keys, half is new and evicts. Second argument: its rate in
//                                    learns a second. The baseline is 1: a neighbour that spins
//                                    and hardly ever writes, since two processors of a virtual
//                                    machine may share one core
//   Baseline...                      the same with absl::flat_hash_map under an absl::Mutex, which
//                                    a batch takes once
//
// `ns` is the thread's CPU time for each key. Run one with
//   bazel run //bench:mac_table_bench -- --benchmark_filter=LookUpHitBatch
// and with huge pages, which a process may ask its allocator for, with
//   GLIBC_TUNABLES=glibc.malloc.hugetlb=1 bazel-bin/bench/mac_table_bench
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "mac_table/mac_table.h"

namespace vswitch {
namespace {

constexpr uint64_t kSeed = 20240607;
constexpr size_t kBatch = 64;
constexpr uint32_t kNow = 1000;

// CPU time of this thread: on a busy machine the wall clock counts other processes, too.
double ThreadNanoseconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

// Random unicast addresses on 16 VLANs; two of them are equal with a chance of 1 in 10^4 at most.
std::vector<FdbKey> RandomKeys(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<FdbKey> keys(count);
  for (FdbKey& key : keys) {
    const uint64_t bits = random();
    key = FdbKey(MacAddress{(bits & 0xfeffffffffff) | 0x020000000000}, bits >> 60);
  }
  return keys;
}

PortId PortFor(size_t i) { return static_cast<PortId>(i % 64); }

std::unique_ptr<MacTable> EmptyTable(size_t capacity) {
  return std::make_unique<MacTable>(MacTable::Options{.capacity = capacity, .seed = kSeed});
}

PortId OnePort(size_t) { return 7; }

std::unique_ptr<MacTable> FullTable(const std::vector<FdbKey>& keys,
                                    PortId (*port)(size_t) = PortFor) {
  auto table = EmptyTable(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) table->Learn(keys[i], port(i), kNow);
  return table;
}

// What every switch written in an afternoon has.
class Baseline {
 public:
  void Learn(FdbKey key, PortId port, uint32_t now) {
    absl::MutexLock lock(&mutex_);
    map_[key.value] = {port, now};
  }
  PortId LookUp(FdbKey key) const {
    absl::MutexLock lock(&mutex_);
    return LookUpLocked(key);
  }
  void LookUpBatch(std::span<const FdbKey> keys, std::span<PortId> ports) const {
    absl::MutexLock lock(&mutex_);
    for (const FdbKey& key : keys) map_.prefetch(key.value);
    for (size_t i = 0; i < keys.size(); ++i) ports[i] = LookUpLocked(keys[i]);
  }
  void Reserve(size_t size) { map_.reserve(size); }

 private:
  struct Value {
    PortId port;
    uint32_t seen;
  };
  PortId LookUpLocked(FdbKey key) const {
    const auto found = map_.find(key.value);
    return found == map_.end() ? kNoPort : found->second.port;
  }
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<uint64_t, Value> map_;
};

// Reports the CPU time of each key.
class PerKey {
 public:
  explicit PerKey(benchmark::State& state) : state_(state) {}
  void Resume() { start_ = ThreadNanoseconds(); }
  void Pause(size_t keys) {
    nanoseconds_ += ThreadNanoseconds() - start_;
    keys_ += keys;
  }
  ~PerKey() { state_.counters["ns"] = nanoseconds_ / static_cast<double>(keys_); }

 private:
  benchmark::State& state_;
  double start_ = 0;
  double nanoseconds_ = 0;
  size_t keys_ = 0;
};

// Runs `operation(span of kBatch keys)` over all keys in random order, again and again.
template <typename Operation>
void RunOverKeys(benchmark::State& state, std::vector<FdbKey> keys, Operation operation) {
  std::shuffle(keys.begin(), keys.end(), std::mt19937_64(kSeed + 1));
  keys.resize(std::max(kBatch, keys.size() / kBatch * kBatch));
  PerKey per_key(state);
  size_t next = 0;
  size_t done = 0;
  per_key.Resume();
  for (auto _ : state) {
    operation(std::span(keys).subspan(next, kBatch));
    next = next + kBatch < keys.size() ? next + kBatch : 0;
    done += kBatch;
  }
  per_key.Pause(done);
}

// ---- Look-ups ----

void RunLookUp(benchmark::State& state, bool hit) {
  const auto keys = RandomKeys(state.range(0), kSeed);
  const auto table = FullTable(keys);
  RunOverKeys(state, hit ? keys : RandomKeys(keys.size(), kSeed + 2), [&](auto batch) {
    for (const FdbKey key : batch) benchmark::DoNotOptimize(table->LookUp(key, kNow));
  });
}

void RunLookUpBatch(benchmark::State& state, bool hit) {
  const auto keys = RandomKeys(state.range(0), kSeed);
  const auto table = FullTable(keys);
  PortId ports[kBatch];
  RunOverKeys(state, hit ? keys : RandomKeys(keys.size(), kSeed + 2), [&](auto batch) {
    table->LookUpBatch(batch, kNow, ports);
    benchmark::DoNotOptimize(ports);
  });
}

void LookUpHit(benchmark::State& state) { RunLookUp(state, true); }
void LookUpMiss(benchmark::State& state) { RunLookUp(state, false); }
void LookUpHitBatch(benchmark::State& state) { RunLookUpBatch(state, true); }
void LookUpMissBatch(benchmark::State& state) { RunLookUpBatch(state, false); }

void BaselineLookUpHit(benchmark::State& state) {
  const auto keys = RandomKeys(state.range(0), kSeed);
  Baseline map;
  for (size_t i = 0; i < keys.size(); ++i) map.Learn(keys[i], PortFor(i), kNow);
  RunOverKeys(state, keys, [&](auto batch) {
    for (const FdbKey key : batch) benchmark::DoNotOptimize(map.LookUp(key));
  });
}

void BaselineLookUpHitBatch(benchmark::State& state) {
  const auto keys = RandomKeys(state.range(0), kSeed);
  Baseline map;
  for (size_t i = 0; i < keys.size(); ++i) map.Learn(keys[i], PortFor(i), kNow);
  PortId ports[kBatch];
  RunOverKeys(state, keys, [&](auto batch) {
    map.LookUpBatch(batch, ports);
    benchmark::DoNotOptimize(ports);
  });
}

// ---- Learning ----

// Fills one new container after another with `fill(container, keys)`.
template <typename Make, typename Fill>
void RunFill(benchmark::State& state, Make make, Fill fill) {
  const auto keys = RandomKeys(state.range(0), kSeed);
  PerKey per_key(state);
  for (auto _ : state) {
    state.PauseTiming();
    auto container = make(keys.size());
    state.ResumeTiming();
    per_key.Resume();
    for (size_t i = 0; i < keys.size(); i += kBatch) {
      fill(*container, std::span(keys).subspan(i, kBatch));
    }
    per_key.Pause(keys.size());
    state.PauseTiming();
    container.reset();
    state.ResumeTiming();
  }
}

void LearnNew(benchmark::State& state) {
  RunFill(state, EmptyTable, [](MacTable& table, auto batch) {
    for (const FdbKey key : batch) table.Learn(key, 7, kNow);
  });
}

void LearnNewBatch(benchmark::State& state) {
  const std::vector<PortId> ports(kBatch, 7);
  LearnResult results[kBatch];
  RunFill(state, EmptyTable,
          [&](MacTable& table, auto batch) { table.LearnBatch(batch, ports, kNow, results); });
}

void BaselineLearnNew(benchmark::State& state) {
  const auto make = [](size_t size) {
    auto map = std::make_unique<Baseline>();
    map->Reserve(size);
    return map;
  };
  RunFill(state, make, [](Baseline& map, auto batch) {
    for (const FdbKey key : batch) map.Learn(key, 7, kNow);
  });
}

void LearnKnown(benchmark::State& state) {
  const auto keys = RandomKeys(state.range(0), kSeed);
  const auto table = FullTable(keys, OnePort);
  RunOverKeys(state, keys, [&](auto batch) {
    for (const FdbKey key : batch) benchmark::DoNotOptimize(table->Learn(key, 7, kNow));
  });
}

// Learns all keys, round after round; `port` and `tick` may depend on the round.
template <typename Port, typename Tick>
void RunLearnBatch(benchmark::State& state, Port port, Tick tick) {
  const auto keys = RandomKeys(state.range(0), kSeed);
  const auto table = FullTable(keys, OnePort);
  LearnResult results[kBatch];
  size_t learned = 0;
  std::vector<PortId> ports(kBatch);
  RunOverKeys(state, keys, [&](auto batch) {
    const size_t round = learned / keys.size();
    std::fill(ports.begin(), ports.end(), port(round));
    table->LearnBatch(batch, ports, tick(round), results);
    learned += batch.size();
  });
}

void LearnKnownBatch(benchmark::State& state) {
  RunLearnBatch(
      state, [](size_t) { return 7; }, [](size_t) { return kNow; });
}
void LearnRefreshBatch(benchmark::State& state) {
  RunLearnBatch(
      state, [](size_t) { return 7; }, [](size_t round) { return kNow + 1 + round; });
}
void LearnMoveBatch(benchmark::State& state) {
  RunLearnBatch(
      state, [](size_t round) { return 8 - round % 2; }, [](size_t) { return kNow; });
}

void FloodBatch(benchmark::State& state) {
  const auto table = FullTable(RandomKeys(state.range(0), kSeed), OnePort);
  const std::vector<PortId> ports(kBatch, 7);
  LearnResult results[kBatch];
  // Four times the capacity: by the time a key comes round again it has been evicted.
  RunOverKeys(state, RandomKeys(4 * state.range(0), kSeed + 2),
              [&](auto batch) { table->LearnBatch(batch, ports, kNow, results); });
}

// ---- Both ----

// The keys that the reader looks up are half of the capacity. The other half belongs to a port that
// floods, and so evicts its own: what the reader looks for is always there.
constexpr PortId kFloodingPort = 99;

// Learns at a steady rate until told to stop; spins in between. Returns the rate that it reached.
template <typename Learn>
double LearnSteadily(const std::vector<FdbKey>& known, int64_t rate, const std::atomic<bool>& stop,
                     Learn learn) {
  const auto unknown = RandomKeys(8 * known.size(), kSeed + 3);
  const auto start = std::chrono::steady_clock::now();
  std::chrono::duration<double> elapsed{};
  size_t i = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    elapsed = std::chrono::steady_clock::now() - start;
    if (static_cast<double>(i) > elapsed.count() * static_cast<double>(rate)) continue;
    for (int burst = 0; burst < 32; ++burst, ++i) {
      if (i % 2 == 0) {
        learn(unknown[i % unknown.size()], kFloodingPort);
      } else {
        learn(known[i % known.size()], PortFor(i / known.size()));
      }
    }
  }
  return static_cast<double>(i) / elapsed.count();
}

template <typename Learn, typename LookUpBatch>
void RunBesideWriter(benchmark::State& state, Learn learn, LookUpBatch look_up) {
  const auto known = RandomKeys(state.range(0) / 2, kSeed);
  for (size_t i = 0; i < known.size(); ++i) learn(known[i], PortFor(i));
  for (const FdbKey key : RandomKeys(known.size(), kSeed + 2)) learn(key, kFloodingPort);
  std::atomic<bool> stop{false};
  double rate = 0;
  std::thread writer([&] { rate = LearnSteadily(known, state.range(1), stop, learn); });
  PortId ports[kBatch];
  RunOverKeys(state, known, [&](auto batch) {
    look_up(batch, ports);
    benchmark::DoNotOptimize(ports);
  });
  stop.store(true, std::memory_order_relaxed);
  writer.join();
  state.counters["writer_per_s"] = rate;
}

void ReadBesideWriter(benchmark::State& state) {
  const auto table = EmptyTable(state.range(0));
  RunBesideWriter(
      state, [&](FdbKey key, PortId port) { table->Learn(key, port, kNow); },
      [&](auto batch, PortId* ports) {
        table->LookUpBatch(batch, kNow, {ports, kBatch});
      });
}

void BaselineReadBesideWriter(benchmark::State& state) {
  Baseline map;
  map.Reserve(5 * state.range(0));  // It evicts nothing.
  RunBesideWriter(
      state, [&](FdbKey key, PortId port) { map.Learn(key, port, kNow); },
      [&](auto batch, PortId* ports) {
        map.LookUpBatch(batch, {ports, kBatch});
      });
}

constexpr int64_t k1K = 1 << 10, k64K = 1 << 16, k1M = 1 << 20, k4M = 1 << 22;

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("entries")->Arg(k1K)->Arg(k64K)->Arg(k1M);
}
void SizesTo4M(benchmark::internal::Benchmark* benchmark) {
  Sizes(benchmark);
  benchmark->Arg(k4M);
}
void WriterRates(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"entries", "learns_per_s"})->ArgsProduct({{k64K, k1M}, {1, 1000000}});
}

BENCHMARK(LookUpHit)->Apply(SizesTo4M);
BENCHMARK(LookUpMiss)->Apply(SizesTo4M);
BENCHMARK(LookUpHitBatch)->Apply(SizesTo4M);
BENCHMARK(LookUpMissBatch)->Apply(SizesTo4M);
BENCHMARK(BaselineLookUpHit)->Apply(Sizes);
BENCHMARK(BaselineLookUpHitBatch)->Apply(Sizes);
BENCHMARK(LearnNew)->Apply(Sizes);
BENCHMARK(LearnNewBatch)->Apply(Sizes);
BENCHMARK(BaselineLearnNew)->Apply(Sizes);
BENCHMARK(LearnKnown)->Apply(Sizes);
BENCHMARK(LearnKnownBatch)->Apply(Sizes);
BENCHMARK(LearnRefreshBatch)->Apply(Sizes);
BENCHMARK(LearnMoveBatch)->Apply(Sizes);
BENCHMARK(FloodBatch)->Apply(Sizes);
BENCHMARK(ReadBesideWriter)->Apply(WriterRates)->UseRealTime();
BENCHMARK(BaselineReadBesideWriter)->Apply(WriterRates)->UseRealTime();

}  // namespace
}  // namespace vswitch

BENCHMARK_MAIN();
