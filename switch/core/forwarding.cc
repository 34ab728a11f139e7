// The workers' snapshot: what was asked for and what the devices are, as the data path is to know
// it.
#include <memory>
#include <utility>

#include "switch/core/switch_controller.h"

namespace vswitch {

void SwitchController::Publish() { workers_->SetConfig(BuildConfig()); }

BridgeForwarding SwitchController::ForwardingOf(const BridgeSpec& spec, const Bridge& bridge) {
  return {
      .table = bridge.table,
      .flood_ports = {},
      .group_fwd_mask = spec.group_fwd_mask,
      .number = bridge.number,
      .probe_id = ProbeIdOf(spec, bridge),
  };
}

PortForwarding SwitchController::ForwardingOf(const BridgeSpec& bridge, const PortSpec& spec,
                                              const Port& port) const {
  return {
      .bridge = port.bridge->id,
      .up = port.up,
      .max_frame_bytes = port.max_frame_bytes,
      .fast = port.up && WhySlow(bridge, spec).empty(),
      .tells_drops = captures_.HasDropsOf(port.id),
      .isolated = spec.isolated,
      .flood = spec.flood,
      .mcast_flood = spec.mcast_flood,
      .bcast_flood = spec.bcast_flood,
      .loop_blocked = loop_guard_.IsBlocked(port.id),
  };
}

std::shared_ptr<const ForwardingConfig> SwitchController::BuildConfig() {
  auto config = std::make_shared<ForwardingConfig>();
  for (const BridgeSpec& spec : desired_.bridges) {
    Bridge& bridge = RunningBridge(spec.name);
    bridge.id = static_cast<BridgeId>(config->bridges.size());
    config->bridges.push_back(ForwardingOf(spec, bridge));
  }
  config->ports.resize(ports_by_id_.size());
  for (const BridgeSpec& bridge : desired_.bridges) {
    for (const PortSpec& spec : bridge.ports) {
      Port& port = RunningPort(spec.name);
      if (!port.served) continue;
      port.max_frame_bytes = port.device->max_frame_bytes();
      port.peer_address = port.device->peer_address();
      TellLoopGuard(bridge, spec, port);
      config->ports[port.id] = ForwardingOf(bridge, spec, port);
      config->ports[port.id].vlan = VlanPolicyOf(spec);
      port.vlan = spec.tag;
      TellFastPath(bridge, spec, port);
    }
  }
  config->Derive();
  config_ = config;
  return config;
}

}  // namespace vswitch
