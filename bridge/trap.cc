#include "bridge/trap.h"

#include "bridge/loop_probe.h"

namespace vswitch {

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

}  // namespace vswitch
