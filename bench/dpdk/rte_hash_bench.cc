// The MAC table beside DPDK's rte_hash, in turns, in one run: the same keys, one thread. Workloads:
//
//   RteHashLookUp       arguments: entries, batch, hit (1) or miss (0); `ratio` is rte_hash's time
//                       for a key over the MAC table's, so above 1 the MAC table is faster
//   RteHashLearn        new keys into empty tables; arguments: entries, batch
//   Rte2HashLookUp, Rte2HashLearn
//                       the same with an rte_hash made for twice the entries
//
// Only where DPDK is installed (libdpdk-dev); tagged manual, so that nothing else needs it:
//   bazel run //bench/dpdk:rte_hash_bench -- --benchmark_repetitions=5
#include <benchmark/benchmark.h>
#include <rte_eal.h>
#include <sched.h>

#include <array>
#include <cstdio>
#include <string>

#include "bench/dpdk/rte_hash_fdb.h"
#include "bench/fdb.h"
#include "bench/fdb_workload.h"

namespace vswitch::bench {
namespace {

template <size_t room>
void RegisterBeside(const std::string& name) {
  using Other = RteHashFdb<room>;
  benchmark::RegisterBenchmark((name + "LookUp").c_str(),
                               [](benchmark::State& state) {
                                 LookUpInTurns<MacTableFdb, Other>(state, "mac_table", "rte_hash");
                               })
      ->ArgNames({"entries", "batch", "hit"})
      ->ArgsProduct({{k64K, k1M, k4M}, {32, 64}, {1, 0}})
      ->Iterations(64);
  benchmark::RegisterBenchmark((name + "Learn").c_str(),
                               [](benchmark::State& state) {
                                 LearnInTurns<MacTableFdb, Other>(state, "mac_table", "rte_hash");
                               })
      ->ArgNames({"entries", "batch"})
      ->ArgsProduct({{k64K, k1M}, {64}})
      ->Iterations(2);
}

// No huge pages and no device: what runs anywhere, and the pages that the MAC table has.
bool StartEal() {
  std::array<std::string, 7> words{"rte_hash_bench", "--no-huge", "--no-shconf", "--no-pci",
                                   "--no-telemetry", "-m",        "1024"};
  std::array<char*, words.size()> arguments;
  for (size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  // It ties the thread to the first processor, however busy that is; undone.
  cpu_set_t processors;
  sched_getaffinity(0, sizeof(processors), &processors);
  const bool started = rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) >= 0;
  sched_setaffinity(0, sizeof(processors), &processors);
  return started;
}

void RegisterTables() {
  RegisterBeside<1>("RteHash");
  RegisterBeside<2>("Rte2Hash");
}

}  // namespace
}  // namespace vswitch::bench

int main(int argc, char** argv) {
  if (!vswitch::bench::StartEal()) {
    std::fprintf(stderr, "rte_eal_init failed: its own messages above say why\n");
    return 1;
  }
  return vswitch::bench::RunBenchmarks(argc, argv, vswitch::bench::RegisterTables);
}
