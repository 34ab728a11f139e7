// The rules of the spanning tree's port states, for PipelineModel: the slow and obvious way.
#ifndef VSWITCH_BRIDGE_TESTING_MODEL_RSTP_H_
#define VSWITCH_BRIDGE_TESTING_MODEL_RSTP_H_

#include "bridge/forwarding_config.h"
#include "bridge/frame.h"

namespace vswitch {

// Of a whole frame: to 01-80-C2-00-00-00, and a length where others have a type, untagged or behind
// tags of VID 0; more than four of those are as good.
inline bool ModelTakesBpdu(const Frame& frame, const ForwardingConfig& config) {
  const PortForwarding& port = config.ports[frame.ingress];
  if (!config.bridges[port.bridge].takes_bpdus && !port.bpdu_guard) return false;
  if (MacAddress::FromBytes(frame.ethernet()).value != 0x0180c2000000) return false;
  const auto word = [&](uint32_t at) {
    return frame.ethernet()[at] * 256 + frame.ethernet()[at + 1];
  };
  uint32_t at = 12;
  while (frame.ethernet_length() >= at + 4 && (word(at) == 0x8100 || word(at) == 0x88a8) &&
         word(at + 2) % 4096 == 0) {
    at += 4;
    if (at > 12 + 4 * 4) return true;
  }
  return frame.ethernet_length() >= at + 2 && word(at) <= 1500;
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
