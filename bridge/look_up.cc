#include "bridge/look_up.h"

namespace vswitch {
namespace {

// What the frames of one bridge ask its table.
class Questions {
 public:
  explicit Questions(LookUpScratch& scratch) : scratch_(scratch) {}

  void Add(Frame* frame) {
    // A burst of one flow asks for one destination again and again.
    if (keys_ == 0 || frame->destination != scratch_.keys[keys_ - 1]) {
      scratch_.keys[keys_++] = frame->destination;
    }
    scratch_.questions[count_++] = {frame, keys_ - 1};
  }

  void Answer(const Pass& pass, BridgeId bridge) {
    if (count_ == 0) return;
    AskTable(*pass.config.bridges[bridge].table, pass.now);
    for (size_t i = 0; i < count_; ++i) {
      const auto& [frame, key] = scratch_.questions[i];
      const PortId port = scratch_.ports[key];
      // The snapshot may be newer than the table's entry.
      if (pass.BridgeOf(port) == bridge) frame->egress = port;
    }
  }

 private:
  void AskTable(const MacTable& table, uint32_t now) {
    // A table answers many keys faster than one at a time, and one faster than a batch of one.
    if (keys_ == 1) {
      scratch_.ports[0] = table.LookUp(scratch_.keys[0], now);
    } else {
      table.LookUpBatch(std::span(scratch_.keys).first(keys_), now,
                        std::span(scratch_.ports).first(keys_));
    }
  }

  LookUpScratch& scratch_;
  size_t count_ = 0;
  size_t keys_ = 0;
};

}  // namespace

void LookUp(Pass& pass, LookUpScratch* scratch) {
  ForEachRun(
      pass.batch, LookUpScratch::kCapacity, [](const Frame& frame) { return frame.bridge; },
      [&](std::span<Frame> run) {
        Questions questions(*scratch);
        for (Frame& frame : run) {
          if (frame.drop != DropReason::kNone || frame.destination.mac().IsGroup()) continue;
          questions.Add(&frame);
        }
        questions.Answer(pass, run.front().bridge);
      });
}

}  // namespace vswitch
