#include "bridge/forward.h"

#include "bridge/egress_limit.h"

namespace vswitch {
namespace {

// To the port that look-up found.
void ForwardOne(Pass& pass, Frame& frame) {
  const PortId egress = frame.egress;
  if (egress == frame.ingress) return pass.Drop(frame, egress, DropReason::kSamePort);
  const PortForwarding& port = pass.config.ports[egress];
  if (!port.up) return pass.Drop(frame, egress, DropReason::kEgressDown);
  if (ExceedsLimit(frame, port)) return pass.Drop(frame, egress, DropReason::kExceedsMtu);
  pass.out.copies.push_back({&frame, egress});
}

}  // namespace

void Forward(Pass& pass, Backlog* backlog) {
  if (!backlog->empty()) backlog->Flood(pass);
  // Room for all at once: cheaper than to ask for it frame by frame.
  std::vector<uint16_t>& finished = pass.out.finished;
  size_t count = finished.size();
  finished.resize(count + pass.batch.size());
  for (Frame& frame : pass.batch) {
    if (frame.drop == DropReason::kNone) {
      if (frame.egress != kNoPort) {
        ForwardOne(pass, frame);
      } else if (!FloodOrWait(pass, frame, backlog)) {
        continue;
      }
    }
    finished[count++] = frame.buffer;
  }
  finished.resize(count);
}

}  // namespace vswitch
