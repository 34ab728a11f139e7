#include "bridge/learn.h"

namespace vswitch {
namespace {

bool Teaches(const Frame& frame) {
  return frame.drop == DropReason::kNone || frame.drop == DropReason::kLinkLocalReserved;
}

// Puts the sources of `run` into `scratch` and returns their number. A burst of one flow is one
// source again and again; the same fact at the same tick is told once.
size_t Gather(std::span<const Frame> run, LearnScratch& scratch) {
  size_t count = 0;
  for (const Frame& frame : run) {
    if (!Teaches(frame)) continue;
    if (count > 0 && frame.source == scratch.keys[count - 1] &&
        frame.ingress == scratch.ports[count - 1]) {
      continue;
    }
    scratch.keys[count] = frame.source;
    scratch.ports[count] = frame.ingress;
    ++count;
  }
  return count;
}

}  // namespace

void Learn(Pass& pass, LearnScratch* scratch) {
  ForEachRun(
      pass.batch, LearnScratch::kCapacity, [](const Frame& frame) { return frame.bridge; },
      [&](std::span<Frame> run) {
        const size_t count = Gather(run, *scratch);
        if (count == 0) return;
        MacTable& table = *pass.config.bridges[run.front().bridge].table;
        // A batch of one is what an idle switch sees: no prefetch could be early enough.
        if (count == 1) {
          table.Learn(scratch->keys[0], scratch->ports[0], pass.now);
        } else {
          table.LearnBatch(std::span(scratch->keys).first(count),
                           std::span(scratch->ports).first(count), pass.now);
        }
      });
}

}  // namespace vswitch
