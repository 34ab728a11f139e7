// What Process() gives back: everything that the worker has to do for a batch.
#ifndef VSWITCH_BRIDGE_OUTCOME_H_
#define VSWITCH_BRIDGE_OUTCOME_H_

#include <cstdint>
#include <vector>

#include "bridge/frame.h"

namespace vswitch {

struct Outcome {
  // To be written, in this order, so that a flow stays in order. They point into the batch and into
  // the pipeline's backlog: valid until either is touched again.
  std::vector<EgressCopy> copies;
  // Frame::buffer of every frame that is over once the copies are written: those of the batch but
  // for what waits in the backlog, and those that waited until now.
  std::vector<uint16_t> finished;

  // Ports that are to be read no more, or again: Pipeline::IsHeld() says which.
  std::vector<PortId> hold_changes;

  void Clear() {
    copies.clear();
    finished.clear();
    hold_changes.clear();
  }
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_OUTCOME_H_
