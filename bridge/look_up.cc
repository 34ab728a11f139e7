#include "bridge/look_up.h"

namespace vswitch {
namespace {

// What the frames of one bridge ask its table.
class Questions {
 public:
  Questions(const Pass& pass, LookUpScratch& scratch) : pass_(pass), scratch_(scratch) {}

  bool Wants(const Frame& frame) const {
    return frame.drop == DropReason::kNone && !frame.destination.mac().IsGroup();
  }
  bool full() const { return count_ == LookUpScratch::kCapacity; }
  void Take(Frame& frame) {
    // A burst of one flow asks for one destination again and again.
    if (keys_ == 0 || frame.destination != scratch_.keys[keys_ - 1]) {
      scratch_.keys[keys_++] = frame.destination;
    }
    scratch_.questions[count_++] = {&frame, keys_ - 1};
  }
  void WorkOff(BridgeId bridge) {
    AskTable(*pass_.config.bridges[bridge].table);
    for (size_t i = 0; i < count_; ++i) {
      const auto& [frame, key] = scratch_.questions[i];
      const PortId port = scratch_.ports[key];
      // The snapshot may be newer than the table's entry.
      if (pass_.BridgeOf(port) == bridge) frame->egress = port;
    }
    count_ = 0;
    keys_ = 0;
  }

 private:
  void AskTable(const MacTable& table) {
    // A table answers many keys faster than one at a time, and one faster than a batch of one.
    if (keys_ == 1) {
      scratch_.ports[0] = table.LookUp(scratch_.keys[0], pass_.now);
    } else {
      table.LookUpBatch(std::span(scratch_.keys).first(keys_), pass_.now,
                        std::span(scratch_.ports).first(keys_));
    }
  }

  const Pass& pass_;
  LookUpScratch& scratch_;
  size_t count_ = 0;
  size_t keys_ = 0;
};

}  // namespace

void LookUp(Pass& pass, LookUpScratch* scratch) {
  GatherByBridge(pass.batch, Questions(pass, *scratch));
}

}  // namespace vswitch
