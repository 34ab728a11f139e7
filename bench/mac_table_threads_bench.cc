// Micro-benchmarks of the MAC table between threads. Workloads; each full, with random keys:
//
//   Readers        LookUpBatch of 64 known keys on 1 or 2 threads that share the table
//   Mixed          the same, but a share of the batches (second argument, percent) is learned, a
//                  tick later each time, so that every key is stored
//   BesideWriter   one reader, in turns of a millisecond or more beside a writer that learns, and
//                  beside the same thread when it only spins, since two processors of a virtual
//                  machine may share one core. `slowdown` is the median of the turns' ratios of the
//                  reader's time for a key: 1.2 is a fifth slower. Third argument, what is learned:
//                    0  known keys in random order, a new tick each time: one store a learn
//                    1  half moves, half new addresses which evict
//                  It keeps to a rate (second argument), by the wall clock; `learns_per_s` is the
//                  rate that it reached
//   Baseline...    the same with absl::flat_hash_map under an absl::Mutex
//
// `ns` is the threads' CPU time for each key. It leaves out the time that a thread sleeps for a
// mutex; `items_per_second` is by the wall clock and includes it.
//   bazel run //bench:mac_table_threads_bench -- --benchmark_filter=BesideWriter
#include <benchmark/benchmark.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "bench/fdb.h"
#include "bench/fdb_workload.h"

namespace vswitch::bench {
namespace {

constexpr size_t kBatch = 64;

// ---- Threads that do the same ----

// The table that the threads of one run share.
template <typename Fdb>
std::unique_ptr<Fdb> shared_fdb;

template <typename Fdb>
void SetUpShared(const benchmark::State& state) {
  shared_fdb<Fdb> = FullFdb<Fdb>(KnownKeys(state.range(0)));
}
template <typename Fdb>
void TearDownShared(const benchmark::State&) {
  shared_fdb<Fdb>.reset();
}

// Every hundredth batch is learned, or every tenth: `percent` of them, evenly.
template <typename Fdb>
void RunMixed(benchmark::State& state, size_t percent) {
  Fdb& fdb = *shared_fdb<Fdb>;
  const auto keys = Shuffled(KnownKeys(state.range(0)));
  // Each thread begins elsewhere, lest one warms the other's cache.
  size_t next = keys.size() / 2 * static_cast<size_t>(state.thread_index());
  size_t batches = 0;
  PerKey per_key(state);
  per_key.Resume();
  for (auto _ : state) {
    const auto some = std::span<const FdbKey>(keys).subspan(next, kBatch);
    if (++batches * percent % 100 < percent) {
      LearnAll(fdb, some, kBatch, 7, kNow + static_cast<uint32_t>(batches % 256));
    } else {
      LookUpAll(fdb, some, kBatch);
    }
    next = next + kBatch < keys.size() ? next + kBatch : 0;
  }
  per_key.Pause(batches * kBatch);
  state.SetItemsProcessed(static_cast<int64_t>(batches * kBatch));
}

template <typename Fdb>
void Readers(benchmark::State& state) {
  RunMixed<Fdb>(state, 0);
}
template <typename Fdb>
void Mixed(benchmark::State& state) {
  RunMixed<Fdb>(state, state.range(1));
}

// ---- A reader beside a writer ----

// Keeps this thread to the index-th of the processors that it may use, for as long as it lives: two
// threads in turns on one processor would not disturb each other.
class OnProcessor {
 public:
  explicit OnProcessor(int index) {
    sched_getaffinity(0, sizeof(before_), &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &before_) && index-- == 0) CPU_SET(cpu, &one);
    }
    if (CPU_COUNT(&one) == 1) sched_setaffinity(0, sizeof(one), &one);
  }
  ~OnProcessor() { sched_setaffinity(0, sizeof(before_), &before_); }

 private:
  cpu_set_t before_;
};

// Learns at a steady rate while `learning` says so; spins all the time.
template <typename Fdb>
class Writer {
 public:
  Writer(Fdb& fdb, const std::vector<FdbKey>& known, double rate, bool churn)
      : fdb_(fdb), known_(Shuffled(known)), rate_(rate), churn_(churn) {
    if (churn_) unknown_ = RandomKeys(8 * known.size(), kSeed + 3);
    thread_ = std::thread([this] { Run(); });
  }
  ~Writer() {
    stop_.store(true, std::memory_order_relaxed);
    thread_.join();
  }
  void Learn(bool on) { learning_.store(on, std::memory_order_relaxed); }
  // Since the beginning. Relaxed, as the other atomics here: only figures hang on them.
  size_t learned() const { return learned_.load(std::memory_order_relaxed); }

 private:
  // As few at a time as the cost of the clock allows.
  static constexpr size_t kBurst = 32;

  void Run() {
    using Clock = std::chrono::steady_clock;
    const std::chrono::duration<double> burst_time(kBurst / rate_);
    const OnProcessor second(1);
    std::chrono::duration<double> due{};
    const auto start = Clock::now();
    while (!stop_.load(std::memory_order_relaxed)) {
      const std::chrono::duration<double> now = Clock::now() - start;
      if (now < due) continue;
      // A thread that had to wait for a processor catches up, but with 10 ms at most.
      due = std::max(due + burst_time, now - std::chrono::duration<double>(0.01));
      if (!learning_.load(std::memory_order_relaxed)) continue;
      for (size_t i = 0; i < kBurst; ++i) LearnNext(count_++);
      learned_.store(count_, std::memory_order_relaxed);
    }
  }

  void LearnNext(size_t i) {
    if (!churn_) {
      fdb_.Learn(known_[i % known_.size()], PortFor(i / known_.size()),
                 kNow + 1 + static_cast<uint32_t>(i / known_.size() % 2));
    } else if (i % 2 == 0) {
      fdb_.Learn(unknown_[i % unknown_.size()], kFloodingPort, kNow);
    } else {
      fdb_.Learn(known_[i % known_.size()], PortFor(i / known_.size()), kNow);
    }
  }

  // It floods, and so evicts its own: what the reader looks for is always there.
  static constexpr PortId kFloodingPort = 99;

  Fdb& fdb_;
  const std::vector<FdbKey> known_;
  std::vector<FdbKey> unknown_;
  const double rate_;
  const bool churn_;
  size_t count_ = 0;
  std::atomic<size_t> learned_{0};
  std::atomic<bool> learning_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// What the reader saw in one turn.
struct Turn {
  double ns = 0;            // Of its CPU time, for a key.
  double learns_per_s = 0;  // What the writer did meanwhile.
};

template <typename Fdb>
Turn ReadATurn(const Fdb& fdb, std::span<const FdbKey> keys, Writer<Fdb>& writer, bool learn) {
  writer.Learn(learn);
  const size_t learned = writer.learned();
  const auto begin = std::chrono::steady_clock::now();
  const double start = ThreadNanoseconds();
  LookUpAll(fdb, keys, kBatch);
  Turn turn;
  turn.ns = (ThreadNanoseconds() - start) / static_cast<double>(keys.size());
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  turn.learns_per_s = static_cast<double>(writer.learned() - learned) / elapsed.count();
  return turn;
}

// Turns in which the writer did not reach half of its rate, since other processes had its
// processor, are left out; `turns` are those that count.
template <typename Fdb>
void BesideWriter(benchmark::State& state) {
  const auto rate = static_cast<double>(state.range(1));
  const bool churn = state.range(2) != 0;
  // With churn, the reader's keys are half of the capacity, and the flooding port has the rest.
  const auto known = KnownKeys(churn ? state.range(0) / 2 : state.range(0));
  Fdb fdb(state.range(0));
  LearnAll(fdb, known, kBatch, 7, kNow);
  Writer<Fdb> writer(fdb, known, rate, churn);
  const OnProcessor first(0);
  std::vector<double> beside_writer, beside_spinner, ratios, rates;
  ForEachTurn(state, known, [&](std::span<const FdbKey> keys) {
    const bool writer_first = ratios.size() % 2 == 0;
    Turn learning, spinning;
    if (writer_first) learning = ReadATurn(fdb, keys, writer, true);
    spinning = ReadATurn(fdb, keys, writer, false);
    if (!writer_first) learning = ReadATurn(fdb, keys, writer, true);
    if (learning.learns_per_s < rate / 2) return;
    beside_writer.push_back(learning.ns);
    beside_spinner.push_back(spinning.ns);
    ratios.push_back(learning.ns / spinning.ns);
    rates.push_back(learning.learns_per_s);
  });
  state.counters["turns"] = static_cast<double>(ratios.size());
  if (ratios.empty()) return state.SkipWithError("the writer never reached its rate");
  state.counters["ns"] = Median(beside_writer);
  state.counters["spinner_ns"] = Median(beside_spinner);
  state.counters["slowdown"] = Median(ratios);
  state.counters["learns_per_s"] = Median(rates);
}

template <typename Fdb>
void RegisterAll(const std::string& prefix) {
  const auto add = [&](const char* name, void (*run)(benchmark::State&)) {
    return benchmark::RegisterBenchmark((prefix + name).c_str(), run);
  };
  add("Readers", Readers<Fdb>)
      ->ArgName("entries")
      ->ArgsProduct({{k1K, k64K, k1M, k4M}})
      ->Setup(SetUpShared<Fdb>)
      ->Teardown(TearDownShared<Fdb>)
      ->ThreadRange(1, 2)
      ->UseRealTime();
  add("Mixed", Mixed<Fdb>)
      ->ArgNames({"entries", "writes_percent"})
      ->ArgsProduct({{k1K, k64K, k1M, k4M}, {0, 1, 10}})
      ->Setup(SetUpShared<Fdb>)
      ->Teardown(TearDownShared<Fdb>)
      ->ThreadRange(1, 2)
      ->UseRealTime();
  add("BesideWriter", BesideWriter<Fdb>)
      ->ArgNames({"entries", "learns_per_s", "churn"})
      ->ArgsProduct({{k1K, k64K, k1M}, {1000000}, {0, 1}})
      ->Iterations(256)
      ->UseRealTime();
}

void RegisterTables() {
  RegisterAll<MacTableFdb>("");
  RegisterAll<MutexMapFdb>("Baseline");
}

}  // namespace
}  // namespace vswitch::bench

int main(int argc, char** argv) {
  return vswitch::bench::RunBenchmarks(argc, argv, vswitch::bench::RegisterTables);
}
