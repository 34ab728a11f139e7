#include "bridge/forward.h"

#include "bridge/egress_limit.h"
#include "bridge/flood.h"

namespace vswitch {

void Forward(std::span<Frame> batch, const ForwardingConfig& config, PortCounters* counters,
             EgressList* egress) {
  for (size_t i = 0; i < batch.size(); ++i) {
    Frame& frame = batch[i];
    if (frame.drop != DropReason::kNone) continue;
    const auto index = static_cast<uint16_t>(i);
    if (frame.egress == kNoPort) {
      Flood(index, frame, config, counters, egress);
      continue;
    }
    if (frame.egress == frame.ingress) {
      frame.drop = DropReason::kSamePort;
      counters[frame.ingress].Drop(frame.drop);
      continue;
    }
    const PortForwarding& port = config.ports[frame.egress];
    if (!port.up) {
      frame.drop = DropReason::kEgressDown;
    } else if (ExceedsLimit(frame, port)) {
      frame.drop = DropReason::kExceedsMtu;
    } else {
      egress->push_back({index, frame.egress});
      continue;
    }
    counters[frame.egress].Drop(frame.drop);
  }
}

}  // namespace vswitch
