// Micro-benchmarks of the MAC table (mac_table/), one thread, no kernel involved. Workloads, each
// by number of entries; the table is always filled to exactly its capacity, keys are random:
//
//   LookUpHit, LookUpMiss            one key at a time, in random order
//   LookUpHitBatch, LookUpMissBatch  32 or 256 keys at a time (second argument)
//   LearnNew, LearnNewBatch          an empty table is filled to its capacity
//   LearnKnown, LearnKnownBatch      every source known, same port, same tick: nothing is stored
//   LearnRefreshBatch                the same, a tick later each round: one store for each key
//   LearnMove, LearnMoveBatch        every source moves to the other of two ports
//   FloodBatch                       a port that fills the table with new addresses, each of which
//                                    evicts one of its older ones
//   Age                              all entries have expired and are swept
//   Baseline...                      the same with absl::flat_hash_map under an absl::Mutex, which
//                                    a batch takes once; it has no FloodBatch, since it only grows
//
// `ns` is the thread's CPU time for each key; in Age, for each entry. The workloads of several
// threads are in mac_table_threads_bench.cc. Run one with
//   bazel run //bench:mac_table_bench -- --benchmark_filter=LookUpHitBatch
// and with huge pages, which a process may ask its allocator for, with
//   GLIBC_TUNABLES=glibc.malloc.hugetlb=1 bazel-bin/bench/mac_table_bench
#include <benchmark/benchmark.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bench/fdb.h"
#include "bench/fdb_workload.h"

namespace vswitch::bench {
namespace {

constexpr size_t kBatch = 64;

size_t BatchOf(const benchmark::State& state) { return state.range(1); }

// Runs `operation(some keys, round)` over all keys in random order, again and again, in pieces of
// `piece` keys; a round is over when all keys were there.
template <typename Operation>
void RunOverKeys(benchmark::State& state, std::vector<FdbKey> keys, size_t piece,
                 Operation operation) {
  keys = Shuffled(std::move(keys));
  PerKey per_key(state);
  size_t next = 0;
  size_t round = 0;
  size_t done = 0;
  per_key.Resume();
  for (auto _ : state) {
    operation(std::span<const FdbKey>(keys).subspan(next, piece), round);
    done += piece;
    next += piece;
    if (next + piece > keys.size()) {
      next = 0;
      ++round;
    }
  }
  per_key.Pause(done);
}

// ---- Look-ups ----

template <typename Fdb, bool hit>
void LookUp(benchmark::State& state) {
  const auto known = KnownKeys(state.range(0));
  const auto fdb = FullFdb<Fdb>(known);
  RunOverKeys(state, hit ? known : UnknownKeys(known.size()), kBatch, [&](auto keys, size_t) {
    for (const FdbKey key : keys) benchmark::DoNotOptimize(fdb->LookUp(key, kNow));
  });
}

template <typename Fdb, bool hit>
void LookUpBatch(benchmark::State& state) {
  const auto known = KnownKeys(state.range(0));
  const auto fdb = FullFdb<Fdb>(known);
  RunOverKeys(state, hit ? known : UnknownKeys(known.size()), BatchOf(state),
              [&](auto keys, size_t) { LookUpAll(*fdb, keys, keys.size()); });
}

// ---- Learning ----

// Makes one container after another with `make(keys)` and times `operation(container, keys)`.
template <typename Make, typename Operation>
void RunOnNew(benchmark::State& state, Make make, Operation operation) {
  const auto keys = KnownKeys(state.range(0));
  PerKey per_key(state);
  for (auto _ : state) {
    state.PauseTiming();
    auto fdb = make(std::span<const FdbKey>(keys));
    state.ResumeTiming();
    per_key.Resume();
    operation(*fdb, std::span<const FdbKey>(keys));
    per_key.Pause(keys.size());
    state.PauseTiming();
    fdb.reset();
    state.ResumeTiming();
  }
}

template <typename Fdb>
std::unique_ptr<Fdb> EmptyFdb(std::span<const FdbKey> keys) {
  return std::make_unique<Fdb>(keys.size());
}

template <typename Fdb>
void LearnNew(benchmark::State& state) {
  RunOnNew(state, EmptyFdb<Fdb>, [](Fdb& fdb, std::span<const FdbKey> keys) {
    for (const FdbKey key : keys) fdb.Learn(key, 7, kNow);
  });
}

template <typename Fdb>
void LearnNewBatch(benchmark::State& state) {
  RunOnNew(state, EmptyFdb<Fdb>, [&](Fdb& fdb, std::span<const FdbKey> keys) {
    LearnAll(fdb, keys, BatchOf(state), 7, kNow);
  });
}

// Known keys; `port` and `tick` may depend on the round.
template <typename Fdb, typename Port, typename Tick>
void RunLearnKnown(benchmark::State& state, size_t batch, Port port, Tick tick) {
  const auto known = KnownKeys(state.range(0));
  Fdb fdb(known.size());
  LearnAll(fdb, known, kBatch, 7, kNow);
  RunOverKeys(state, known, batch == 1 ? kBatch : batch, [&](auto keys, size_t round) {
    if (batch == 1) {
      for (const FdbKey key : keys) fdb.Learn(key, port(round), tick(round));
    } else {
      LearnAll(fdb, keys, batch, port(round), tick(round));
    }
  });
}

PortId SamePort(size_t) { return 7; }
PortId OtherPort(size_t round) { return 8 - round % 2; }
uint32_t SameTick(size_t) { return kNow; }
uint32_t NextTick(size_t round) { return kNow + 1 + static_cast<uint32_t>(round); }

template <typename Fdb>
void LearnKnown(benchmark::State& state) {
  RunLearnKnown<Fdb>(state, 1, SamePort, SameTick);
}
template <typename Fdb>
void LearnKnownBatch(benchmark::State& state) {
  RunLearnKnown<Fdb>(state, BatchOf(state), SamePort, SameTick);
}
template <typename Fdb>
void LearnRefreshBatch(benchmark::State& state) {
  RunLearnKnown<Fdb>(state, BatchOf(state), SamePort, NextTick);
}
template <typename Fdb>
void LearnMove(benchmark::State& state) {
  RunLearnKnown<Fdb>(state, 1, OtherPort, SameTick);
}
template <typename Fdb>
void LearnMoveBatch(benchmark::State& state) {
  RunLearnKnown<Fdb>(state, BatchOf(state), OtherPort, SameTick);
}

void FloodBatch(benchmark::State& state) {
  const auto known = KnownKeys(state.range(0));
  MacTableFdb fdb(known.size());
  LearnAll(fdb, known, kBatch, 7, kNow);
  // Four times the capacity: by the time a key comes round again it has been evicted.
  RunOverKeys(state, UnknownKeys(4 * known.size()), BatchOf(state),
              [&](auto keys, size_t) { LearnAll(fdb, keys, keys.size(), 7, kNow); });
}

// ---- Ageing ----

template <typename Fdb>
void Age(benchmark::State& state) {
  RunOnNew(state, FullFdb<Fdb>,
           [](Fdb& fdb, std::span<const FdbKey>) { fdb.Age(kNow + kAgeingTicks + 1); });
}

// ---- The list ----

void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("entries")->Arg(k1K)->Arg(k64K)->Arg(k1M)->Arg(k4M);
}
void SizesAndBatches(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"entries", "batch"})->ArgsProduct({{k1K, k64K, k1M, k4M}, {32, 256}});
}

template <typename Fdb>
void RegisterAll(const std::string& prefix) {
  const auto add = [&](const char* name, void (*run)(benchmark::State&)) {
    return benchmark::RegisterBenchmark((prefix + name).c_str(), run);
  };
  add("LookUpHit", LookUp<Fdb, true>)->Apply(Sizes);
  add("LookUpMiss", LookUp<Fdb, false>)->Apply(Sizes);
  add("LookUpHitBatch", LookUpBatch<Fdb, true>)->Apply(SizesAndBatches);
  add("LookUpMissBatch", LookUpBatch<Fdb, false>)->Apply(SizesAndBatches);
  add("LearnNew", LearnNew<Fdb>)->Apply(Sizes);
  add("LearnNewBatch", LearnNewBatch<Fdb>)->Apply(SizesAndBatches);
  add("LearnKnown", LearnKnown<Fdb>)->Apply(Sizes);
  add("LearnKnownBatch", LearnKnownBatch<Fdb>)->Apply(SizesAndBatches);
  add("LearnRefreshBatch", LearnRefreshBatch<Fdb>)->Apply(SizesAndBatches);
  add("LearnMove", LearnMove<Fdb>)->Apply(Sizes);
  add("LearnMoveBatch", LearnMoveBatch<Fdb>)->Apply(SizesAndBatches);
  add("Age", Age<Fdb>)->Apply(Sizes);
}

void RegisterTables() {
  RegisterAll<MacTableFdb>("");
  RegisterAll<MutexMapFdb>("Baseline");
  benchmark::RegisterBenchmark("FloodBatch", FloodBatch)->Apply(SizesAndBatches);
}

}  // namespace
}  // namespace vswitch::bench

int main(int argc, char** argv) {
  return vswitch::bench::RunBenchmarks(argc, argv, vswitch::bench::RegisterTables);
}
