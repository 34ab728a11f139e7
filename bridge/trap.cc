#include "bridge/trap.h"

#include "bridge/loop_probe.h"
#include "bridge/snooping/classify.h"

namespace vswitch {
namespace {

bool IsGroupMessage(const Frame& frame) {
  const GroupTraffic traffic = Classify(frame).traffic;
  return traffic == GroupTraffic::kReport || traffic == GroupTraffic::kRouter;
}

}  // namespace

void TakeForSwitch(Pass& pass, std::span<Frame> run, const PortForwarding& port,
                   const BridgeForwarding& bridge) {
  for (Frame& frame : run) {
    if (frame.drop != DropReason::kNone) continue;
    if (frame.destination.mac() == kLoopProbeGroup && IsLoopProbe(frame, bridge.probe_id)) {
      pass.out.traps.push_back({&frame, TrapKind::kLoopProbe});
      pass.Drop(frame, frame.ingress, DropReason::kConsumed);
    } else if (port.loop_blocked) {
      pass.Drop(frame, frame.ingress, DropReason::kLoopBlocked);
    }
  }
}

void TrapGroupMessages(Pass& pass, std::span<Frame> run) {
  for (Frame& frame : run) {
    if (frame.drop != DropReason::kNone || !frame.destination.mac().IsGroup()) continue;
    if (IsGroupMessage(frame)) pass.out.traps.push_back({&frame, TrapKind::kGroupMessage});
  }
}

}  // namespace vswitch
