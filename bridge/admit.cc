#include "bridge/admit.h"

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

void AdmitLinkLocal(Pass& pass, std::span<Frame> run, const BridgeForwarding& bridge) {
  for (Frame& frame : run) {
    if (frame.drop != DropReason::kNone) continue;
    const MacAddress destination = frame.destination.mac();
    if (destination.IsLinkLocalReserved() && !IsRelayedLinkLocal(destination, bridge)) {
      pass.Drop(frame, frame.ingress, DropReason::kLinkLocalReserved);
    }
  }
}

void AdmitRun(Pass& pass, std::span<Frame> run) {
  const PortId ingress = run.front().ingress;
  const BridgeId bridge_id = pass.BridgeOf(ingress);
  if (bridge_id == kNoBridge) return;  // Parse has dropped them.
  const PortForwarding& port = pass.config.ports[ingress];
  const BridgeForwarding& bridge = pass.config.bridges[bridge_id];
  // Before the VLAN rules: a port that takes no untagged frames is to hear probes too.
  if (bridge.probe_id != 0) TakeForSwitch(pass, run, port, bridge);
  if (bridge.has_vlans) AdmitVlans(pass, run, port);
  AdmitLinkLocal(pass, run, bridge);
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
