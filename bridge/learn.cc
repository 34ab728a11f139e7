#include "bridge/learn.h"

#include <cstddef>

namespace vswitch {
namespace {

// The first `count` sources of `scratch` were seen on one bridge.
void LearnGathered(LearnScratch& scratch, size_t count, BridgeId bridge,
                   const ForwardingConfig& config, uint32_t now) {
  if (count == 0) return;
  MacTable& table = *config.bridges[bridge].table;
  // A batch of one is what an idle switch sees: no prefetch could be early enough.
  if (count == 1) {
    table.Learn(scratch.keys[0], scratch.ports[0], now);
    return;
  }
  table.LearnBatch(std::span(scratch.keys).first(count), std::span(scratch.ports).first(count), now,
                   std::span(scratch.results).first(count));
}

}  // namespace

void Learn(std::span<const Frame> batch, const ForwardingConfig& config, uint32_t now,
           LearnScratch* scratch) {
  // Gathered until the bridge changes, as in look_up.cc. A burst of one flow is one source again
  // and again; the same fact at the same tick is told once.
  size_t count = 0;
  BridgeId bridge = kNoBridge;
  for (const Frame& frame : batch) {
    if (frame.drop != DropReason::kNone && frame.drop != DropReason::kLinkLocalReserved) continue;
    if (frame.deferred) continue;  // Learned when it came.
    if (count == LearnScratch::kCapacity || frame.bridge != bridge) {
      LearnGathered(*scratch, count, bridge, config, now);
      count = 0;
      bridge = frame.bridge;
    } else if (frame.source == scratch->keys[count - 1] &&
               frame.ingress == scratch->ports[count - 1]) {
      continue;
    }
    scratch->keys[count] = frame.source;
    scratch->ports[count] = frame.ingress;
    ++count;
  }
  LearnGathered(*scratch, count, bridge, config, now);
}

}  // namespace vswitch
