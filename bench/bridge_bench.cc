// What the bridge costs per frame, without any system call. Workloads, each in batches of 1, 32,
// 64, 256:
//
//   touch          baseline: reads each frame's first bytes and counts them, nothing else
//   parse          first stage alone
//   known_unicast  8 ports, 1,024 stations talking at random, all known: the whole pipeline
//   one_flow       the same, always the same two stations: what a bulk transfer looks like
//   many_stations  as known_unicast with 65,536 stations and 16,384 frames: neither the table nor
//                  the frames fit the L2 cache
//   touch_many     the baseline of many_stations
//   flood_to_3     unknown destination, 4 ports
//   learn_storm    every source is new: a MAC flood against a table of 65,536 entries
//
// Frames are 60 bytes of Ethernet, in buffers as far apart as the worker's. The seed is fixed.
// per_frame is what to look at; --benchmark_repetitions=5 shows the spread.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "bridge/parse.h"
#include "bridge/pipeline.h"
#include "bridge/wire/offload_header.h"
#include "tests/frame_builder.h"

namespace vswitch {
namespace {

constexpr uint32_t kSeed = 1;
constexpr PortId kPorts = 8;
// A ring of frames: as many buffers as a worker has in use, which the L2 cache holds. The kernel
// has just written a frame when the bridge reads it, so it is no colder than this.
constexpr size_t kFrames = 1024;
constexpr size_t kManyFrames = 16384;  // Enough to meet most of many stations, hence cold.
// Not a multiple of the page, which would put all headers into the same few cache sets.
constexpr size_t kStride = 2048 + 320;
constexpr size_t kSourceAt = kOffloadHeaderBytes + 6;

// Frames in their buffers, and a bridge of `ports` ports.
class Workload {
 public:
  Workload(PortId ports, size_t table_capacity, size_t frames = kFrames)
      : buffers_(frames * kStride), frames_(frames) {
    auto config = std::make_shared<ForwardingConfig>();
    config->bridges.resize(1);
    config->bridges[0].table =
        std::make_shared<MacTable>(MacTable::Options{.capacity = table_capacity, .seed = kSeed});
    for (PortId port = 0; port < ports; ++port) {
      config->ports.push_back({.bridge = 0, .up = true, .max_frame_bytes = 1514});
    }
    config->Derive();
    config_ = std::move(config);
    pipeline_.SetConfig(config_);
  }

  void SetFrame(size_t i, PortId ingress, const FrameBuilder& builder) {
    const std::vector<uint8_t> bytes = builder.Build();
    std::copy(bytes.begin(), bytes.end(), &buffers_[i * kStride]);
    frames_[i] = Frame{};
    frames_[i].SetWhole(&buffers_[i * kStride], static_cast<uint32_t>(bytes.size()));
    frames_[i].ingress = ingress;
  }

  // The next `size` frames, as the worker hands them over.
  std::span<Frame> Next(size_t size) {
    if (next_ + size > frames_.size()) next_ = 0;
    const std::span<Frame> batch = std::span(frames_).subspan(next_, size);
    next_ += size;
    for (Frame& frame : batch) frame.drop = DropReason::kNone;
    return batch;
  }

  const ForwardingConfig& config() const { return *config_; }
  MacTable& table() { return *config_->bridges[0].table; }
  Pipeline& pipeline() { return pipeline_; }
  PortCounters* counters() { return counters_->data(); }
  uint64_t Drops() const {
    uint64_t drops = 0;
    for (const PortCounters& port : *counters_) {
      for (const Counter& drop : port.drops) drops += drop.Read();
    }
    return drops;
  }

 private:
  std::vector<uint8_t> buffers_;
  std::vector<Frame> frames_;
  size_t next_ = 0;
  std::shared_ptr<const ForwardingConfig> config_;
  std::unique_ptr<std::array<PortCounters, kMaxPorts>> counters_ =
      std::make_unique<std::array<PortCounters, kMaxPorts>>();
  Pipeline pipeline_{counters_->data()};
};

// Station n is on port n % kPorts. A port's frames come in runs of 8, as a port's reads do.
std::unique_ptr<Workload> Conversations(uint32_t stations, size_t frames = kFrames) {
  auto load = std::make_unique<Workload>(kPorts, stations, frames);
  for (uint32_t n = 0; n < stations; ++n) {
    load->table().Learn(FdbKey(Station(n), 0), n % kPorts, 0);
  }
  std::mt19937 random(kSeed);
  for (size_t i = 0; i < frames; ++i) {
    const uint32_t port = i / 8 % kPorts;
    const uint32_t from = random() % (stations / kPorts) * kPorts + port;
    uint32_t to = random() % stations;
    if (to % kPorts == port) to = (to + 1) % stations;
    load->SetFrame(i, static_cast<PortId>(port),
                   FrameBuilder().From(Station(from)).To(Station(to)));
  }
  return load;
}

std::unique_ptr<Workload> OneFlow() {
  auto load = std::make_unique<Workload>(kPorts, 4096);
  load->table().Learn(FdbKey(Station(2), 0), 1, 0);
  for (size_t i = 0; i < kFrames; ++i) load->SetFrame(i, 0, FrameBuilder());
  return load;
}

void Report(benchmark::State& state, size_t batch) {
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch));
  state.counters["per_frame"] =
      benchmark::Counter(static_cast<double>(batch), benchmark::Counter::kIsIterationInvariantRate |
                                                         benchmark::Counter::kInvert);
}

void RunPipeline(benchmark::State& state, Workload& load, size_t copies_per_frame) {
  const auto batch = static_cast<size_t>(state.range(0));
  Outcome outcome;
  uint64_t frames = 0;
  uint64_t copies = 0;
  for (auto _ : state) {
    load.pipeline().Process(load.Next(batch), 0, &outcome);
    benchmark::DoNotOptimize(outcome.copies.data());
    benchmark::ClobberMemory();
    frames += batch;
    copies += outcome.copies.size();
  }
  // A bench that measures drops measures nothing.
  if (copies != frames * copies_per_frame || load.Drops() != 0) state.SkipWithError("frames lost");
  Report(state, batch);
}

void TouchAll(benchmark::State& state, Workload& load) {
  const auto batch = static_cast<size_t>(state.range(0));
  uint64_t bytes = 0;
  for (auto _ : state) {
    for (const Frame& frame : load.Next(batch)) {
      bytes += frame.head[0] + frame.ethernet()[0] + frame.length;
    }
    benchmark::DoNotOptimize(bytes);
  }
  Report(state, batch);
}

void Touch(benchmark::State& state) {
  const auto load = Conversations(1024);
  TouchAll(state, *load);
}

void TouchMany(benchmark::State& state) {
  const auto load = Conversations(65536, kManyFrames);
  TouchAll(state, *load);
}

void ParseOnly(benchmark::State& state) {
  const auto load = Conversations(1024);
  const auto batch = static_cast<size_t>(state.range(0));
  for (auto _ : state) {
    Outcome outcome;
    Pass pass{load->Next(batch), load->config(), 0, load->counters(), outcome};
    Parse(pass);
    benchmark::ClobberMemory();
  }
  Report(state, batch);
}

void KnownUnicast(benchmark::State& state) {
  const auto load = Conversations(1024);
  RunPipeline(state, *load, 1);
}

void ManyStations(benchmark::State& state) {
  const auto load = Conversations(65536, kManyFrames);
  RunPipeline(state, *load, 1);
}

void OneFlowOnly(benchmark::State& state) {
  const auto load = OneFlow();
  RunPipeline(state, *load, 1);
}

void FloodTo3(benchmark::State& state) {
  Workload load(4, 4096);
  for (size_t i = 0; i < kFrames; ++i) {
    const auto port = static_cast<PortId>(i / 8 % 4);
    load.SetFrame(i, port, FrameBuilder().From(Station(port)).To(Station(1000)));
  }
  RunPipeline(state, load, 3);
}

void LearnStorm(benchmark::State& state) {
  const auto batch = static_cast<size_t>(state.range(0));
  Workload load(2, 65536);
  for (size_t i = 0; i < kFrames; ++i) load.SetFrame(i, 0, FrameBuilder().To(kBroadcast));
  Outcome outcome;
  uint32_t source = 0;
  for (auto _ : state) {
    const std::span<Frame> frames = load.Next(batch);
    for (const Frame& frame : frames) {
      Station(++source).ToBytes(frame.head + kSourceAt);
    }
    load.pipeline().Process(frames, 0, &outcome);
    benchmark::ClobberMemory();
  }
  Report(state, batch);
}

void Batches(benchmark::internal::Benchmark* bench) {
  bench->ArgName("batch")->Arg(1)->Arg(32)->Arg(64)->Arg(256);
}

BENCHMARK(Touch)->Name("touch")->Apply(Batches);
BENCHMARK(TouchMany)->Name("touch_many")->Apply(Batches);
BENCHMARK(ParseOnly)->Name("parse")->Apply(Batches);
BENCHMARK(KnownUnicast)->Name("known_unicast")->Apply(Batches);
BENCHMARK(OneFlowOnly)->Name("one_flow")->Apply(Batches);
BENCHMARK(ManyStations)->Name("many_stations")->Apply(Batches);
BENCHMARK(FloodTo3)->Name("flood_to_3")->Apply(Batches);
BENCHMARK(LearnStorm)->Name("learn_storm")->Apply(Batches);

}  // namespace
}  // namespace vswitch

BENCHMARK_MAIN();
