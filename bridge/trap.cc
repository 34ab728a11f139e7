#include "bridge/trap.h"

#include "bridge/loop_probe.h"
#include "bridge/snooping/classify.h"

namespace vswitch {
namespace {

bool IsGroupMessage(const Frame& frame) {
  const GroupTraffic traffic = Classify(frame).traffic;
  return traffic == GroupTraffic::kReport || traffic == GroupTraffic::kRouter;
}

// IEEE 802.1D-2004, table 7-9.
constexpr MacAddress kBridgeGroup{0x0180c2000000};
// A length up to here, an EtherType above (IEEE 802.3, 3.2.6): BPDUs are untagged and have a
// length.
constexpr uint16_t kMaxLength = 1500;

bool IsBpdu(const Frame& frame) {
  const uint16_t length = frame.EthernetByte(12) << 8 | frame.EthernetByte(13);
  return frame.destination.mac() == kBridgeGroup && length <= kMaxLength;
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

void TakeBpdus(Pass& pass, std::span<Frame> run) {
  for (Frame& frame : run) {
    if (frame.drop != DropReason::kNone || !IsBpdu(frame)) continue;
    pass.out.traps.push_back({&frame, TrapKind::kBpdu});
    pass.Drop(frame, frame.ingress, DropReason::kConsumed);
  }
}

void ShutOut(Pass& pass, std::span<Frame> run, const PortForwarding& port) {
  const DropReason why = port.bpdu_blocked ? DropReason::kBpduBlocked : DropReason::kStpDiscarding;
  for (Frame& frame : run) {
    if (frame.drop == DropReason::kNone) pass.Drop(frame, frame.ingress, why);
  }
}

void OnlyLearn(Pass& pass, std::span<Frame> run) {
  for (Frame& frame : run) {
    if (frame.drop == DropReason::kNone) {
      pass.Drop(frame, frame.ingress, DropReason::kStpLearning);
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
