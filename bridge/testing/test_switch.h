// A pipeline with bridges, ports and counters around it, for tests: frames in, egress ports out.
#ifndef VSWITCH_BRIDGE_TESTING_TEST_SWITCH_H_
#define VSWITCH_BRIDGE_TESTING_TEST_SWITCH_H_

#include <cstdint>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "bridge/pipeline.h"
#include "bridge/testing/pipeline_invariants.h"
#include "bridge/testing/written_copy.h"
#include "tests/frame_builder.h"

namespace vswitch {

class TestSwitch {
 public:
  struct Input {
    PortId ingress;
    // Ours to write, as a buffer of the worker is.
    std::vector<uint8_t> bytes;
    DropReason worker_drop = DropReason::kNone;
  };
  struct Output {
    std::vector<PortId> ports;  // In the order of the egress list.
    DropReason drop;
    friend bool operator==(const Output&, const Output&) = default;
  };

  BridgeId AddBridge(uint16_t group_fwd_mask = 0) {
    MacTable::Options options;
    options.capacity = 4096;
    config_.bridges.push_back({.table = std::make_shared<MacTable>(options),
                               .flood_ports = {},
                               .group_fwd_mask = group_fwd_mask});
    return static_cast<BridgeId>(config_.bridges.size() - 1);
  }
  PortId AddPort(BridgeId bridge, bool up = true, uint32_t max_frame_bytes = 0) {
    config_.ports.push_back({.bridge = bridge, .up = up, .max_frame_bytes = max_frame_bytes});
    return static_cast<PortId>(config_.ports.size() - 1);
  }
  // To change a port; takes effect with the next Process().
  PortForwarding& port(PortId id) { return config_.ports[id]; }
  BridgeForwarding& bridge(BridgeId id) { return config_.bridges[id]; }
  MacTable& table(BridgeId id) { return *config_.bridges[id].table; }
  const PortCounters& counters(PortId id) const { return (*counters_)[id]; }
  uint64_t drops(PortId id, DropReason reason) const {
    return counters(id).drops[static_cast<size_t>(reason)].Read();
  }
  uint64_t all_drops() const {
    PortTotals totals;
    for (const PortCounters& port : *counters_) totals.Add(port);
    return totals.AllDrops();
  }

  // One batch. Each frame lies in a buffer of exactly its length, so that ASan sees any read
  // beyond.
  std::vector<Output> Process(std::vector<Input> given, uint32_t now = 0, uint64_t now_ns = 0) {
    if (!pipeline_.HasWaiting()) inputs_.clear();
    std::vector<Input>& inputs = inputs_.emplace_back(std::move(given));
    pipeline_.SetConfig(Snapshot());
    std::vector<Frame> batch(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
      batch[i].SetWhole(inputs[i].bytes.data(), static_cast<uint32_t>(inputs[i].bytes.size()));
      batch[i].ingress = inputs[i].ingress;
      batch[i].drop = inputs[i].worker_drop;
    }
    pipeline_.Process(batch, now, &outcome_, now_ns);
    std::vector<Output> outputs(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) outputs[i].drop = batch[i].drop;
    egress_.clear();
    written_.clear();
    for (const EgressCopy& copy : outcome_.copies) {
      written_.push_back(WrittenCopy(copy).bytes());
      const bool has_waited =
          copy.frame < batch.data() || copy.frame >= batch.data() + batch.size();
      const size_t index = has_waited ? kWaited : static_cast<size_t>(copy.frame - batch.data());
      egress_.push_back({index, copy.port});
      if (!has_waited) outputs[index].ports.push_back(copy.port);
      (*counters_)[copy.port].egress_frames.Add(1);
    }
    return outputs;
  }
  Output Process(PortId ingress, const FrameBuilder& frame, uint32_t now = 0) {
    return Process({{ingress, frame.Build()}}, now)[0];
  }
  // Of the last batch: number of the frame, or kWaited for one of an earlier batch, and the port.
  static constexpr size_t kWaited = static_cast<size_t>(-1);
  const std::vector<std::pair<size_t, PortId>>& egress() const { return egress_; }

  // Of the last batch, in the same order: what is written.
  const std::vector<std::vector<uint8_t>>& written() const { return written_; }
  // Of the last batch.
  std::vector<TrapKind> traps() const {
    std::vector<TrapKind> kinds;
    for (const Trap& trap : outcome_.traps) kinds.push_back(trap.kind);
    return kinds;
  }

  // counters.h: what came in and was multiplied has left or was dropped.
  bool IsBalanced() const { return CheckBalance(*counters_, pipeline_.waiting()).empty(); }

 private:
  std::shared_ptr<const ForwardingConfig> Snapshot() {
    config_.Derive();
    return std::make_shared<const ForwardingConfig>(config_);
  }

  ForwardingConfig config_;
  std::unique_ptr<std::array<PortCounters, kMaxPorts>> counters_ =
      std::make_unique<std::array<PortCounters, kMaxPorts>>();
  Pipeline pipeline_{counters_->data()};
  Outcome outcome_;
  // Of every batch of which frames may wait.
  std::list<std::vector<Input>> inputs_;
  std::vector<std::pair<size_t, PortId>> egress_;
  std::vector<std::vector<uint8_t>> written_;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_TEST_SWITCH_H_
