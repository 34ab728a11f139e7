#include "bridge/flood.h"

#include "bridge/egress_limit.h"

namespace vswitch {

void Flood(Pass& pass, Frame& frame) {
  uint64_t candidates = 0;
  const size_t copies_before = pass.out.copies.size();
  for (const PortId port : pass.config.bridges[frame.bridge].flood_ports) {
    if (port == frame.ingress) continue;
    ++candidates;
    if (ExceedsLimit(frame, pass.config.ports[port])) {
      pass.DropCopy(port, DropReason::kExceedsMtu);
    } else {
      pass.out.copies.push_back({&frame, port});
    }
  }
  if (candidates == 0) return pass.Drop(frame, frame.ingress, DropReason::kNoEgressPort);
  const uint64_t copies = pass.out.copies.size() - copies_before;
  if (copies == 0) frame.drop = DropReason::kExceedsMtu;
  pass.counters[frame.ingress].flood_copies.Add(candidates - 1);
  pass.flood_copies += copies;
}

}  // namespace vswitch
