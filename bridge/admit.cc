#include "bridge/admit.h"

#include "bridge/police.h"
#include "bridge/port_guard.h"
#include "bridge/source_rules.h"
#include "bridge/trap.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

bool IsRelayedLinkLocal(MacAddress destination, const BridgeForwarding& bridge) {
  return bridge.group_fwd_mask >> (destination.value & 0xf) & 1;
}

void AdmitVlans(Pass& pass, std::span<Frame> run, const PortForwarding& port) {
  for (Frame& frame : run) {
    if (frame.drop != DropReason::kNone) continue;
    const DropReason reason = AdmitVlan(port.vlan, frame);
    if (reason != DropReason::kNone) pass.Drop(frame, frame.ingress, reason);
  }
}

void AdmitGuarded(Pass& pass, std::span<Frame> run, PortGuard& guard) {
  for (Frame& frame : run) {
    if (frame.drop != DropReason::kNone) continue;
    const DropReason reason = guard.Check(frame);
    if (reason != DropReason::kNone) pass.Drop(frame, frame.ingress, reason);
  }
}

void AdmitLinkLocal(Pass& pass, std::span<Frame> run, const BridgeForwarding& bridge) {
  for (Frame& frame : run) {
    if (frame.drop != DropReason::kNone) continue;
    const MacAddress destination = frame.destination.mac();
    if (destination.IsLinkLocalReserved() && !IsRelayedLinkLocal(destination, bridge)) {
      pass.Drop(frame, frame.ingress, DropReason::kLinkLocalReserved);
    }
  }
}

// kNone, or which limit of its port the frame is beyond.
DropReason BeyondLimit(PortPolice& police, const Frame& frame, uint64_t now_ns) {
  const MacAddress destination = frame.destination.mac();
  if (destination.IsBroadcast()) {
    if (!police.MayStorm(Limit::kStormBroadcastPps, frame, now_ns)) {
      return DropReason::kStormBroadcast;
    }
  } else if (destination.IsGroup()) {
    if (!police.MayStorm(Limit::kStormMulticastPps, frame, now_ns)) {
      return DropReason::kStormMulticast;
    }
  }
  return police.MayEnter(frame, now_ns) ? DropReason::kNone : DropReason::kIngressRate;
}

void AdmitPoliced(Pass& pass, std::span<Frame> run, PortPolice& police) {
  if (!police.has_ingress()) return;
  for (Frame& frame : run) {
    if (frame.drop != DropReason::kNone) continue;
    const DropReason reason = BeyondLimit(police, frame, pass.now_ns);
    if (reason != DropReason::kNone) pass.Drop(frame, frame.ingress, reason);
  }
}

void AdmitRun(Pass& pass, std::span<Frame> run) {
  const PortId ingress = run.front().ingress;
  const BridgeId bridge_id = pass.BridgeOf(ingress);
  if (bridge_id == kNoBridge) return;  // Parse has dropped them.
  const PortForwarding& port = pass.config.ports[ingress];
  const BridgeForwarding& bridge = pass.config.bridges[bridge_id];
  if (port.is_mirror_target) {
    for (Frame& frame : run) {
      if (frame.drop == DropReason::kNone) pass.Drop(frame, ingress, DropReason::kMirrorTarget);
    }
    return;
  }
  if (bridge.takes_bpdus || port.bpdu_guard) TakeBpdus(pass, run);
  if (port.bpdu_blocked || port.stp_state == StpState::kDiscarding) ShutOut(pass, run, port);
  // Before the VLAN rules: a port that takes no untagged frames is to hear probes too.
  if (bridge.probe_id != 0) TakeForSwitch(pass, run, port, bridge);
  if (bridge.has_vlans) AdmitVlans(pass, run, port);
  if (port.guard != nullptr) AdmitGuarded(pass, run, *port.guard);
  if (port.has_source_rules) AdmitSources(pass, run);
  if (port.police != nullptr) AdmitPoliced(pass, run, *port.police);
  // Last: what these drop is learned from nevertheless, and so has to be the port's own, and no
  // more than it may send.
  AdmitLinkLocal(pass, run, bridge);
  if (port.stp_state == StpState::kLearning) OnlyLearn(pass, run);
  if (bridge.groups != nullptr) TrapGroupMessages(pass, run);
}

}  // namespace

DropReason AdmitVlan(const VlanPolicy& policy, Frame& frame) {
  VlanId vlan = 0;
  const DropReason reason = ClassifyVlan(policy, ReadTags(frame), &vlan, &frame.vlan);
  if (reason != DropReason::kNone) return reason;
  frame.source = FdbKey(frame.source.mac(), vlan);
  frame.destination = FdbKey(frame.destination.mac(), vlan);
  return DropReason::kNone;
}

void Admit(Pass& pass) {
  ForEachRun(pass.batch, [&pass](std::span<Frame> run) { AdmitRun(pass, run); });
}

}  // namespace vswitch
