// One batch on its way through the stages: the one argument of each.
#ifndef VSWITCH_BRIDGE_PASS_H_
#define VSWITCH_BRIDGE_PASS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "bridge/counters.h"
#include "bridge/forwarding_config.h"
#include "bridge/frame.h"
#include "bridge/outcome.h"
#include "bridge/trace.h"

namespace vswitch {

struct Pass {
  std::span<Frame> batch;
  const ForwardingConfig& config;
  // Ticks (seconds) as for MacTable.
  uint32_t now;
  // By PortId.
  PortCounters* counters;
  Outcome& out;
  // What the outcome's copies cost (wire/offload_header.h): those that floods have made, and those
  // of known frames that cost more than one.
  size_t flood_cost = 0;
  size_t unicast_cost = 0;
  // Likewise of copies for mirrors.
  size_t mirror_cost = 0;
  // While somebody traces: nothing that outlasts the pass may be changed then, but by what the
  // pipeline keeps to itself.
  Trace* trace = nullptr;
  // Of any monotonic clock, for police.h; 0 where no port of the snapshot has limits.
  uint64_t now_ns = 0;

  // kNoBridge when the port is in none.
  BridgeId BridgeOf(PortId port) const {
    return port < config.ports.size() ? config.ports[port].bridge : kNoBridge;
  }

  // The one place where a frame ends: `charged` is the port that counts it.
  void Drop(Frame& frame, PortId charged, DropReason reason) {
    frame.drop = reason;
    DropCopy(frame, charged, reason, /*is_whole=*/true);
  }
  // One copy of a frame that goes to others too.
  void DropCopy(const Frame& frame, PortId charged, DropReason reason, bool is_whole = false) {
    counters[charged].Drop(reason);
    if (charged < config.ports.size() && config.ports[charged].tells_drops) [[unlikely]] {
      if (out.drops.size() < Outcome::kMostDrops) {
        out.drops.push_back({frame, charged, reason, is_whole});
      }
    }
    if (trace != nullptr) [[unlikely]]
      trace->OnDrop(charged, reason);
  }

  // A stage begins.
  void Enter(std::string_view stage) const {
    if (trace != nullptr) [[unlikely]]
      trace->Enter(stage, *this);
  }
  // What a rule has decided: `words()` makes a text, when somebody traces.
  template <typename MakeWords>
  void Explain(std::string_view stage, MakeWords&& words) const {
    if (trace != nullptr) [[unlikely]]
      trace->Add(stage, words());
  }
};

// Hands the frames of one port to `take` at once, as they stand together: what belongs to the port
// is looked up once for them.
template <typename Take>
void ForEachRun(std::span<Frame> batch, Take take) {
  while (!batch.empty()) {
    size_t end = 1;
    while (end < batch.size() && batch[end].ingress == batch.front().ingress) ++end;
    take(batch.first(end));
    batch = batch.subspan(end);
  }
}

// Asks or tells a table about the frames of one bridge at once: `gatherer` wants some of them,
// takes each in its order, and works off what it has when it is full or the bridge changes. The
// frames of one port stand together, as a port's reads do, so that is seldom.
template <typename Gatherer>
void GatherByBridge(std::span<Frame> batch, Gatherer gatherer) {
  BridgeId bridge = kNoBridge;
  for (Frame& frame : batch) {
    if (!gatherer.Wants(frame)) continue;
    if (frame.bridge != bridge || gatherer.full()) {
      if (bridge != kNoBridge) gatherer.WorkOff(bridge);
      bridge = frame.bridge;
    }
    gatherer.Take(frame);
  }
  if (bridge != kNoBridge) gatherer.WorkOff(bridge);
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_PASS_H_
