#include "bridge/forward.h"

#include "bridge/egress_limit.h"
#include "bridge/flood.h"

namespace vswitch {
namespace {

// Floods the frames of one batch, in their order, until the budget is spent.
class Flooder {
 public:
  Flooder(const ForwardingConfig& config, PortCounters* counters, EgressList* egress)
      : config_(config), counters_(counters), egress_(*egress) {}

  void Add(uint16_t index, Frame& frame) {
    frame.deferred = false;
    if (copies_ < kFloodBudget) {
      const size_t before = egress_.size();
      Flood(index, frame, config_, counters_, &egress_);
      copies_ += egress_.size() - before;
    } else if (deferred_ < kMaxDeferred && frame.destination.mac().IsGroup()) {
      frame.deferred = true;
      ++deferred_;
    } else {
      frame.drop = DropReason::kFloodLimit;
      counters_[frame.ingress].Drop(frame.drop);
    }
  }

 private:
  const ForwardingConfig& config_;
  PortCounters* const counters_;
  EgressList& egress_;
  size_t copies_ = 0;
  size_t deferred_ = 0;
};

}  // namespace

void Forward(std::span<Frame> batch, const ForwardingConfig& config, PortCounters* counters,
             EgressList* egress) {
  Flooder flooder(config, counters, egress);
  for (size_t i = 0; i < batch.size(); ++i) {
    Frame& frame = batch[i];
    if (frame.drop != DropReason::kNone) continue;
    const auto index = static_cast<uint16_t>(i);
    if (frame.egress == kNoPort) {
      flooder.Add(index, frame);
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
