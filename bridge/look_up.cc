#include "bridge/look_up.h"

namespace vswitch {
namespace {

class Gatherer {
 public:
  Gatherer(const ForwardingConfig& config, uint32_t now, LookUpScratch* scratch)
      : config_(config), now_(now), scratch_(*scratch) {}

  void Add(Frame* frame) {
    if (frame->bridge != bridge_ || questions_ == LookUpScratch::kCapacity) {
      Answer();
      bridge_ = frame->bridge;
    }
    // A burst of one flow asks for one destination again and again.
    if (keys_ == 0 || frame->destination != scratch_.keys[keys_ - 1]) {
      scratch_.keys[keys_++] = frame->destination;
    }
    scratch_.questions[questions_++] = {frame, keys_ - 1};
  }

  // For all frames added since the last call: frames of one bridge.
  void Answer() {
    if (questions_ == 0) return;
    AskTable();
    for (size_t i = 0; i < questions_; ++i) {
      const auto& [frame, key] = scratch_.questions[i];
      const PortId port = scratch_.ports[key];
      // The snapshot may be newer than the table's entry. kNoPort is beyond any port too.
      if (port < config_.ports.size() && config_.ports[port].bridge == bridge_) {
        frame->egress = port;
      }
    }
    questions_ = 0;
    keys_ = 0;
  }

 private:
  void AskTable() {
    const MacTable& table = *config_.bridges[bridge_].table;
    // A table answers many keys faster than one at a time, and one faster than a batch of one.
    if (keys_ == 1) {
      scratch_.ports[0] = table.LookUp(scratch_.keys[0], now_);
    } else {
      table.LookUpBatch(std::span(scratch_.keys).first(keys_), now_,
                        std::span(scratch_.ports).first(keys_));
    }
  }

  const ForwardingConfig& config_;
  const uint32_t now_;
  LookUpScratch& scratch_;
  BridgeId bridge_ = kNoBridge;
  size_t questions_ = 0;
  size_t keys_ = 0;
};

}  // namespace

void LookUp(std::span<Frame> batch, const ForwardingConfig& config, uint32_t now,
            LookUpScratch* scratch) {
  // Gathered until the bridge changes: the frames of one port stand together, so that is seldom.
  Gatherer gatherer(config, now, scratch);
  for (Frame& frame : batch) {
    if (frame.drop != DropReason::kNone || frame.destination.mac().IsGroup()) continue;
    gatherer.Add(&frame);
  }
  gatherer.Answer();
}

}  // namespace vswitch
