#include "bridge/learn.h"

namespace vswitch {
namespace {

// What the frames of one bridge teach its table.
class Lessons {
 public:
  Lessons(const Pass& pass, LearnScratch& scratch) : pass_(pass), scratch_(scratch) {}

  bool Wants(const Frame& frame) const {
    return frame.drop == DropReason::kNone || frame.drop == DropReason::kLinkLocalReserved ||
           frame.drop == DropReason::kStpLearning;
  }
  bool full() const { return count_ == LearnScratch::kCapacity; }
  void Take(const Frame& frame) {
    // A burst of one flow is one source again and again; the same fact at the same tick is told
    // once.
    if (count_ > 0 && frame.source == scratch_.keys[count_ - 1] &&
        frame.ingress == scratch_.ports[count_ - 1]) {
      return;
    }
    scratch_.keys[count_] = frame.source;
    scratch_.ports[count_] = frame.ingress;
    ++count_;
  }
  void WorkOff(BridgeId bridge) {
    MacTable& table = *pass_.config.bridges[bridge].table;
    // A batch of one is what an idle switch sees: no prefetch could be early enough.
    if (count_ == 1) {
      table.Learn(scratch_.keys[0], scratch_.ports[0], pass_.now);
    } else {
      table.LearnBatch(std::span(scratch_.keys).first(count_),
                       std::span(scratch_.ports).first(count_), pass_.now);
    }
    count_ = 0;
  }

 protected:
  const Pass& pass_;
  LearnScratch& scratch_;
  size_t count_ = 0;
};

// Where some port does not learn as others do, or moves are counted.
class ChosenLessons : public Lessons {
 public:
  using Lessons::Lessons;

  bool Wants(const Frame& frame) const {
    if (!Lessons::Wants(frame)) return false;
    return pass_.config.ports[frame.ingress].learns;
  }
  void WorkOff(BridgeId id) {
    const BridgeForwarding& bridge = pass_.config.bridges[id];
    if (bridge.move_limiter == nullptr) return Lessons::WorkOff(id);
    scratch_.moves.clear();
    bridge.table->LearnBatch(std::span(scratch_.keys).first(count_),
                             std::span(scratch_.ports).first(count_), pass_.now, {},
                             &scratch_.moves);
    for (const FdbMove& move : scratch_.moves) bridge.move_limiter->OnMove(move, pass_.now);
    count_ = 0;
  }
};

}  // namespace

void Learn(Pass& pass, LearnScratch* scratch) {
  if (pass.config.has_learn_rules) {
    GatherByBridge(pass.batch, ChosenLessons(pass, *scratch));
  } else {
    GatherByBridge(pass.batch, Lessons(pass, *scratch));
  }
}

}  // namespace vswitch
