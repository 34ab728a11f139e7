#include "bridge/source_rules.h"

namespace vswitch {
namespace {

// Why `frame` may not be from there; kNone when it may.
DropReason Judge(const Pass& pass, const Frame& frame) {
  const BridgeForwarding& bridge = pass.config.bridges[frame.bridge];
  if (bridge.held != nullptr) {
    const PortId place = HeldAt(*bridge.held, frame.source);
    if (place != kNoPort && place != frame.ingress) return DropReason::kMacFlapping;
  }
  if (pass.config.ports[frame.ingress].locked &&
      !bridge.table->IsStaticAt(frame.source, frame.ingress)) {
    return DropReason::kLocked;
  }
  return DropReason::kNone;
}

}  // namespace

void AdmitSources(Pass& pass, std::span<Frame> run) {
  // A burst of one flow is one source again and again.
  const Frame* judged = nullptr;
  DropReason reason = DropReason::kNone;
  for (Frame& frame : run) {
    if (frame.drop != DropReason::kNone) continue;
    if (judged == nullptr || judged->source != frame.source) reason = Judge(pass, frame);
    judged = &frame;
    if (reason != DropReason::kNone) pass.Drop(frame, frame.ingress, reason);
  }
}

}  // namespace vswitch
