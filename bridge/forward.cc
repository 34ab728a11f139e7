#include "bridge/forward.h"

#include "bridge/flood.h"
#include "bridge/unicast.h"

namespace vswitch {
namespace {

// Returns whether the frame is over once the copies are written: false when it waits.
bool ForwardOne(Pass& pass, Frame& frame, Backlog& backlog) {
  const bool known = frame.egress != kNoPort;
  const bool must_wait = known ? backlog.MustFollow(frame) || !MaySendOn(pass, frame)
                               : !MayFlood(pass) || backlog.HoldsFrom(frame.ingress);
  if (must_wait) return !backlog.Add(pass, frame);
  if (!known) return Flood(pass, frame) || !backlog.Add(pass, frame);
  Unicast(pass, frame);
  return true;
}

}  // namespace

void Forward(Pass& pass, Backlog* backlog) {
  backlog->Serve(pass);
  // Room for all at once: cheaper than to ask for it frame by frame.
  pass.out.finished.reserve(pass.out.finished.size() + pass.batch.size());
  for (Frame& frame : pass.batch) {
    if (frame.drop != DropReason::kNone || ForwardOne(pass, frame, *backlog)) {
      pass.out.finished.push_back(frame.buffer);
    }
  }
}

}  // namespace vswitch
