#include "bridge/forward.h"

#include "bridge/flood.h"
#include "bridge/mirror.h"
#include "bridge/police.h"
#include "bridge/unicast.h"

namespace vswitch {
namespace {

// Asked once of each frame to an unknown station, before it is flooded or waits for that.
bool IsBeyondStormLimit(const Pass& pass, const Frame& frame) {
  if (!pass.config.has_police || frame.destination.mac().IsGroup()) return false;
  PortPolice* const police = pass.config.ports[frame.ingress].police.get();
  return police != nullptr && !police->MayStorm(Limit::kStormUnknownPps, frame, pass.now_ns);
}

// Returns whether the frame is over once the copies are written: false when it waits.
bool ForwardOne(Pass& pass, Frame& frame, Backlog& backlog) {
  const bool known = frame.egress != kNoPort;
  if (!known && IsBeyondStormLimit(pass, frame)) {
    pass.Drop(frame, frame.ingress, DropReason::kStormUnknown);
    return true;
  }
  const bool must_wait = known ? backlog.MustFollow(frame) || !MaySendOn(pass, frame)
                               : !MayFlood(pass) || backlog.HoldsFrom(frame.ingress);
  if (must_wait) return !backlog.Add(pass, frame);
  if (!known) {
    if (Flood(pass, frame)) return true;
    // What waits is a copy of the frame: it has to know which mirrors have theirs.
    if (pass.config.has_mirrors) MirrorEgress(pass);
    return !backlog.Add(pass, frame);
  }
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
