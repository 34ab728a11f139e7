#include "bridge/flood.h"

#include <algorithm>

#include "bridge/egress_limit.h"
#include "bridge/wire/offload_header.h"

namespace vswitch {

bool Flood(Pass& pass, Frame& frame) {
  const std::vector<PortId>& ports = pass.config.bridges[frame.bridge].flood_ports;
  auto next = ports.begin();
  if (frame.flooded_to != kNoPort) next = std::ranges::upper_bound(ports, frame.flooded_to);
  const bool is_costly = IsCostly(frame);
  const size_t cost = is_costly ? WriteCost(frame) : 1;
  uint64_t candidates = 0;
  const size_t copies_before = pass.out.copies.size();
  for (; next != ports.end(); ++next) {
    if (*next == frame.ingress) continue;
    if (is_costly && candidates > 0 && !MayFlood(pass)) {
      // The frame itself is still to be accounted for, so that all of these are copies.
      pass.counters[frame.ingress].flood_copies.Add(candidates);
      return false;
    }
    ++candidates;
    if (ExceedsLimit(frame, pass.config.ports[*next])) {
      pass.DropCopy(*next, DropReason::kExceedsMtu);
    } else {
      pass.out.copies.push_back({&frame, *next});
      pass.flood_cost += cost;
    }
    if (is_costly) frame.flooded_to = *next;
  }
  if (candidates == 0) {
    pass.Drop(frame, frame.ingress, DropReason::kNoEgressPort);
    return true;
  }
  if (pass.out.copies.size() == copies_before) frame.drop = DropReason::kExceedsMtu;
  pass.counters[frame.ingress].flood_copies.Add(candidates - 1);
  return true;
}

}  // namespace vswitch
