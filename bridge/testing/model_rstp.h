// The rules of the spanning tree's port states, for PipelineModel: the slow and obvious way.
#ifndef VSWITCH_BRIDGE_TESTING_MODEL_RSTP_H_
#define VSWITCH_BRIDGE_TESTING_MODEL_RSTP_H_

#include "bridge/forwarding_config.h"
#include "bridge/frame.h"

namespace vswitch {

// Of a whole frame: to 01-80-C2-00-00-00, and a length where others have a type.
inline bool ModelTakesBpdu(const Frame& frame, const ForwardingConfig& config) {
  const PortForwarding& port = config.ports[frame.ingress];
  if (!config.bridges[port.bridge].takes_bpdus && !port.bpdu_guard) return false;
  const uint8_t* const bytes = frame.ethernet();
  return MacAddress::FromBytes(bytes).value == 0x0180c2000000 &&
         bytes[12] * 256 + bytes[13] <= 1500;
}

// Why nothing else comes in by a port; kNone: it does.
inline DropReason ModelShutsOut(const PortForwarding& port) {
  if (port.bpdu_blocked) return DropReason::kBpduBlocked;
  return port.stp_state == StpState::kDiscarding ? DropReason::kStpDiscarding : DropReason::kNone;
}

// After all other rules.
inline DropReason ModelOnlyLearns(const PortForwarding& port) {
  return port.stp_state == StpState::kLearning ? DropReason::kStpLearning : DropReason::kNone;
}

// Why nothing leaves by a port; kNone: it does.
inline DropReason ModelShutsIn(const PortForwarding& port) {
  if (port.bpdu_blocked) return DropReason::kBpduBlocked;
  return port.stp_state == StpState::kForwarding ? DropReason::kNone : DropReason::kStpDiscarding;
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_MODEL_RSTP_H_
