// Both layouts of the forwarding table in turns, in one run: A, two words an entry, is MacTable; B,
// one word an entry, is the prototype in single_word_table.h. The same keys, one thread. `ratio` is
// B's time for a key over A's, so below 1 the one word is faster. Workloads:
//
//   LayoutLookUp   arguments: entries, batch, hit (1) or miss (0)
//   LayoutLearn    new keys into empty tables; arguments: entries, batch
//
//   bazel run //bench:layout_bench -- --benchmark_repetitions=5
#include <benchmark/benchmark.h>

#include "bench/fdb.h"
#include "bench/fdb_workload.h"
#include "bench/single_word_table.h"

namespace vswitch::bench {
namespace {

void LayoutLookUp(benchmark::State& state) {
  LookUpInTurns<MacTableFdb, SingleWordTable>(state, "a", "b");
}

void LayoutLearn(benchmark::State& state) {
  LearnInTurns<MacTableFdb, SingleWordTable>(state, "a", "b");
}

BENCHMARK(LayoutLookUp)
    ->ArgNames({"entries", "batch", "hit"})
    ->ArgsProduct({{k1K, k64K, k1M, k4M}, {1, 32, 256}, {1, 0}})
    ->Iterations(64);
BENCHMARK(LayoutLearn)
    ->ArgNames({"entries", "batch"})
    ->ArgsProduct({{k64K, k1M}, {32, 256}})
    ->Iterations(2);

}  // namespace
}  // namespace vswitch::bench

BENCHMARK_MAIN();
