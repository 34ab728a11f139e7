// What the FDB benchmarks share: keys, clocks, loops, main.
//
// Times are CPU times of the measuring thread: on a busy machine the wall clock counts other
// processes, too. Even so they differ from run to run by more than two tables do, since neighbours
// share the caches. Therefore InTurns: two contestants that work on the same keys in turns of about
// a millisecond, and the median of the turns' ratios.
#ifndef VSWITCH_BENCH_FDB_WORKLOAD_H_
#define VSWITCH_BENCH_FDB_WORKLOAD_H_

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "bench/fdb.h"

namespace vswitch::bench {

constexpr uint32_t kNow = 1000;
constexpr int64_t k1K = 1 << 10, k64K = 1 << 16, k1M = 1 << 20, k4M = 1 << 22;
// Keys of one turn; fewer would be all cache misses of the change-over when the table is small.
constexpr size_t kTurn = 1 << 16;

inline double ThreadNanoseconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

// Random unicast addresses on 16 VLANs; two of them are equal with a chance of 1 in 10^4 at most.
inline std::vector<FdbKey> RandomKeys(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<FdbKey> keys(count);
  for (FdbKey& key : keys) {
    const uint64_t bits = random();
    key = FdbKey(MacAddress{(bits & 0xfeffffffffff) | 0x020000000000}, bits >> 60);
  }
  return keys;
}

// The keys of the table, in the order in which they are learned; and others.
inline std::vector<FdbKey> KnownKeys(size_t count) { return RandomKeys(count, kSeed); }
inline std::vector<FdbKey> UnknownKeys(size_t count) { return RandomKeys(count, kSeed + 2); }

inline std::vector<FdbKey> Shuffled(std::vector<FdbKey> keys) {
  std::shuffle(keys.begin(), keys.end(), std::mt19937_64(kSeed + 1));
  return keys;
}

inline PortId PortFor(size_t i) { return static_cast<PortId>(i % 64); }

template <typename Fdb>
std::unique_ptr<Fdb> FullFdb(std::span<const FdbKey> keys) {
  auto fdb = std::make_unique<Fdb>(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) fdb->Learn(keys[i], PortFor(i), kNow);
  return fdb;
}

template <typename Operation>
void ForEachBatch(std::span<const FdbKey> keys, size_t batch, Operation operation) {
  for (size_t i = 0; i < keys.size(); i += batch) {
    operation(keys.subspan(i, std::min(batch, keys.size() - i)));
  }
}

template <typename Fdb>
void LookUpAll(const Fdb& fdb, std::span<const FdbKey> keys, size_t batch) {
  std::array<PortId, kMaxBatchKeys> ports;
  ForEachBatch(keys, batch, [&](std::span<const FdbKey> some) {
    fdb.LookUpBatch(some, kNow, ports);
    benchmark::DoNotOptimize(ports);
  });
}

template <typename Fdb>
void LearnAll(Fdb& fdb, std::span<const FdbKey> keys, size_t batch, PortId port, uint32_t now) {
  std::array<PortId, kMaxBatchKeys> ports;
  ports.fill(port);
  ForEachBatch(keys, batch, [&](std::span<const FdbKey> some) {
    fdb.LearnBatch(some, std::span(ports).first(some.size()), now);
  });
}

// Adds up the CPU time of each key and reports it as `ns`.
class PerKey {
 public:
  explicit PerKey(benchmark::State& state) : state_(state) {}
  void Resume() { start_ = ThreadNanoseconds(); }
  void Pause(size_t keys) {
    nanoseconds_ += ThreadNanoseconds() - start_;
    keys_ += keys;
  }
  ~PerKey() {
    state_.counters["ns"] = benchmark::Counter(nanoseconds_ / static_cast<double>(keys_),
                                               benchmark::Counter::kAvgThreads);
  }

 private:
  benchmark::State& state_;
  double start_ = 0;
  double nanoseconds_ = 0;
  size_t keys_ = 0;
};

// 0 of none.
inline double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// Two contestants in turns. Reports `<name>_ns` of both, by key, and `ratio`, the other's time over
// the first's: above 1 the first is faster. Medians over the turns.
class InTurns {
 public:
  InTurns(benchmark::State& state, std::string name, std::string other)
      : state_(state), names_{std::move(name), std::move(other)} {}

  // One turn of each, over `keys` keys; who begins changes.
  template <typename First, typename Other>
  void Turn(size_t keys, First first, Other other) {
    std::array<double, 2> times;
    const bool first_begins = times_[0].size() % 2 == 0;
    if (first_begins) times[0] = Time(keys, first);
    times[1] = Time(keys, other);
    if (!first_begins) times[0] = Time(keys, first);
    for (size_t i = 0; i < 2; ++i) times_[i].push_back(times[i]);
    ratios_.push_back(times[1] / times[0]);
  }

  ~InTurns() {
    for (size_t i = 0; i < 2; ++i) state_.counters[names_[i] + "_ns"] = Median(times_[i]);
    state_.counters["ratio"] = Median(ratios_);
  }

 private:
  template <typename Operation>
  static double Time(size_t keys, Operation operation) {
    const double start = ThreadNanoseconds();
    operation();
    return (ThreadNanoseconds() - start) / static_cast<double>(keys);
  }

  benchmark::State& state_;
  const std::array<std::string, 2> names_;
  std::array<std::vector<double>, 2> times_;
  std::vector<double> ratios_;
};

// Gives `turn(keys)` a turn's worth of keys at a time, in random order, as long as `state` goes on.
template <typename Turn>
void ForEachTurn(benchmark::State& state, std::vector<FdbKey> keys, Turn turn) {
  keys = Shuffled(std::move(keys));
  // A small table's keys come round several times in a turn.
  const size_t count = keys.size();
  for (size_t i = 0; keys.size() < kTurn; ++i) keys.push_back(keys[i % count]);
  size_t next = 0;
  for (auto _ : state) {
    turn(std::span<const FdbKey>(keys).subspan(next, kTurn));
    next = next + 2 * kTurn <= keys.size() ? next + kTurn : 0;
  }
}

// Looks up the same keys in both, in turns. Arguments: entries, batch, hit (1) or miss (0).
template <typename First, typename Other>
void LookUpInTurns(benchmark::State& state, const char* name, const char* other_name) {
  const auto known = KnownKeys(state.range(0));
  const auto first = FullFdb<First>(known);
  const auto other = FullFdb<Other>(known);
  const size_t batch = state.range(1);
  InTurns in_turns(state, name, other_name);
  ForEachTurn(state, state.range(2) != 0 ? known : UnknownKeys(known.size()), [&](auto keys) {
    in_turns.Turn(
        keys.size(), [&] { LookUpAll(*first, keys, batch); },
        [&] { LookUpAll(*other, keys, batch); });
  });
}

// Fills one after another of both, to the same keys. Arguments: entries, batch.
template <typename First, typename Other>
void LearnInTurns(benchmark::State& state, const char* name, const char* other_name) {
  const auto known = KnownKeys(state.range(0));
  const size_t batch = state.range(1);
  InTurns in_turns(state, name, other_name);
  for (auto _ : state) {
    First first(known.size());
    Other other(known.size());
    ForEachBatch(known, kTurn, [&](std::span<const FdbKey> keys) {
      in_turns.Turn(
          keys.size(), [&] { LearnAll(first, keys, batch, 7, kNow); },
          [&] { LearnAll(other, keys, batch, 7, kNow); });
    });
  }
}

// The main() of a program that registers its benchmarks when it runs.
template <typename RegisterAll>
int RunBenchmarks(int argc, char** argv, RegisterAll register_all) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace vswitch::bench

#endif  // VSWITCH_BENCH_FDB_WORKLOAD_H_
