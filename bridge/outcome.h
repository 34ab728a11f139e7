// What Process() gives back: everything that the worker has to do for a batch.
#ifndef VSWITCH_BRIDGE_OUTCOME_H_
#define VSWITCH_BRIDGE_OUTCOME_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bridge/frame.h"

namespace vswitch {

// What frames the control thread wants to see, each kind for whoever there takes it.
enum class TrapKind : uint8_t {
  // The loop guard's own probe (loop_probe.h).
  kLoopProbe,
  // IGMP, MLD and PIM hellos, on a bridge that snoops (snooping/).
  kGroupMessage,
  // To a spanning tree (rstp/bpdu.h), as far as its first bytes tell.
  kBpdu,
  kCount,
};

// A frame that the control thread is to have a copy of, whatever else becomes of it.
struct Trap {
  const Frame* frame = nullptr;
  TrapKind kind = TrapKind::kCount;
};

// A copy that goes nowhere, told of ports that are watched.
struct DroppedCopy {
  // As it was: its place may be another's by now. Its bytes stay until the copies are written.
  Frame frame;
  PortId charged = kNoPort;
  DropReason reason = DropReason::kNone;
  // The frame goes nowhere else either.
  bool is_whole = false;
};

struct Outcome {
  // To be written, in this order, so that a flow stays in order. They point into the batch and into
  // the pipeline's backlog: valid until either is touched again.
  std::vector<EgressCopy> copies;
  // Frame::buffer of every frame that is over once the copies are written: those of the batch but
  // for what waits in the backlog, and those that waited until now.
  std::vector<uint16_t> finished;
  // Of the batch's frames; valid as the copies are.
  std::vector<Trap> traps;

  // Of ports with tells_drops, as far as kMostDrops.
  std::vector<DroppedCopy> drops;
  static constexpr size_t kMostDrops = 4096;

  // Ports that are to be read no more, or again: Pipeline::IsHeld() says which.
  std::vector<PortId> hold_changes;

  void Clear() {
    copies.clear();
    finished.clear();
    traps.clear();
    drops.clear();
    hold_changes.clear();
  }
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_OUTCOME_H_
