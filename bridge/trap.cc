#include "bridge/trap.h"

#include "bridge/loop_probe.h"
#include "bridge/snooping/classify.h"
#include "bridge/wire/protocol_numbers.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

bool IsGroupMessage(const Frame& frame) {
  const GroupTraffic traffic = Classify(frame).traffic;
  return traffic == GroupTraffic::kReport || traffic == GroupTraffic::kRouter;
}

// IEEE 802.1D-2004, table 7-9.
constexpr MacAddress kBridgeGroup{0x0180c2000000};
// Nobody honest sends one behind more.
constexpr uint32_t kMostPriorityTags = 4;

uint16_t Read16(const Frame& frame, uint32_t at) {
  return static_cast<uint16_t>(frame.EthernetByte(at) << 8 | frame.EthernetByte(at + 1));
}

// BPDUs are untagged. But a priority tag is as good as none, and an access port, of ours or of the
// next switch, takes it away (CERT VU#855201): what would be a BPDU then is one.
bool IsBpdu(const Frame& frame) {
  if (frame.destination.mac() != kBridgeGroup) return false;
  uint32_t type_at = 12;
  for (uint32_t tags = 0; tags <= kMostPriorityTags; ++tags) {
    if (type_at + 2 > frame.ethernet_length()) return false;
    const uint16_t type = Read16(frame, type_at);
    if (!IsVlanTpid(type)) return type <= kMaxLength;  // BPDUs have a length.
    if (type_at + kVlanTagBytes > frame.ethernet_length()) return false;
    if ((Read16(frame, type_at + 2) & kVlanIdMask) != 0) return false;
    type_at += kVlanTagBytes;
  }
  return true;
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
