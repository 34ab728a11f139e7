#include "bridge/flood.h"

#include "bridge/egress_limit.h"

namespace vswitch {

void Flood(uint16_t index, Frame& frame, const ForwardingConfig& config, PortCounters* counters,
           EgressList* egress) {
  uint64_t candidates = 0;
  const size_t copies_before = egress->size();
  for (PortId port : config.bridges[frame.bridge].flood_ports) {
    if (port == frame.ingress) continue;
    ++candidates;
    if (ExceedsLimit(frame, config.ports[port])) {
      counters[port].Drop(DropReason::kExceedsMtu);
    } else {
      egress->push_back({index, port});
    }
  }
  if (candidates == 0) {
    frame.drop = DropReason::kNoEgressPort;
    counters[frame.ingress].Drop(frame.drop);
    return;
  }
  if (candidates > 1) counters[frame.ingress].flood_copies.Add(candidates - 1);
  if (egress->size() == copies_before) frame.drop = DropReason::kExceedsMtu;
}

}  // namespace vswitch
