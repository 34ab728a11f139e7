// One batch on its way through the stages: the one argument of each.
#ifndef VSWITCH_BRIDGE_PASS_H_
#define VSWITCH_BRIDGE_PASS_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "bridge/counters.h"
#include "bridge/forwarding_config.h"
#include "bridge/frame.h"
#include "bridge/outcome.h"

namespace vswitch {

struct Pass {
  std::span<Frame> batch;
  const ForwardingConfig& config;
  // Ticks (seconds) as for MacTable.
  uint32_t now;
  // By PortId.
  PortCounters* counters;
  Outcome& out;
  // How many of the outcome's copies floods have made.
  size_t flood_copies = 0;

  // kNoBridge when the port is in none.
  BridgeId BridgeOf(PortId port) const {
    return port < config.ports.size() ? config.ports[port].bridge : kNoBridge;
  }

  // The one place where a frame, or one copy of it, ends: `charged` is the port that counts it.
  void Drop(Frame& frame, PortId charged, DropReason reason) {
    frame.drop = reason;
    counters[charged].Drop(reason);
  }
};

// Calls visit(std::span<Frame>) for each run of neighbours in `batch` of which `key` says the same,
// in pieces of at most `longest`. Frames of one port stand together, as a port's reads do, so what
// belongs to a port or a bridge is looked up once for the run.
template <typename Key, typename Visit>
void ForEachRun(std::span<Frame> batch, size_t longest, Key key, Visit visit) {
  while (!batch.empty()) {
    const auto of_first = key(batch.front());
    size_t end = 1;
    while (end < batch.size() && end < longest && key(batch[end]) == of_first) ++end;
    visit(batch.first(end));
    batch = batch.subspan(end);
  }
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_PASS_H_
