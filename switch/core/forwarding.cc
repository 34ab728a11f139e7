// The workers' snapshot: what was asked for and what the devices are, as the data path is to know
// it.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "switch/core/switch_controller.h"

namespace vswitch {

void SwitchController::Publish() {
  workers_->SetConfig(BuildConfig());
  FollowSnapshot();
}

void SwitchController::FollowSnapshot() {
  FollowStations();
  WorkOffTrees();
}

BridgeForwarding SwitchController::ForwardingOf(const BridgeSpec& spec, const Bridge& bridge) {
  return {
      .table = bridge.table,
      .flood_ports = {},
      .group_fwd_mask = spec.group_fwd_mask,
      .move_limiter = bridge.move_limiter,
      .held = HeldOn(bridge),
      .number = bridge.number,
      .probe_id = ProbeIdOf(spec, bridge),
      .groups = bridge.groups,
      .takes_bpdus = spec.rstp,
  };
}

PortForwarding SwitchController::ForwardingOf(const BridgeSpec& bridge, const PortSpec& spec,
                                              const Port& port) {
  return {
      .bridge = port.bridge->id,
      .up = port.up,
      .max_frame_bytes = port.max_frame_bytes,
      .fast = port.up && WhySlow(bridge, spec).empty(),
      .tells_drops = captures_.HasDropsOf(port.id),
      .vlan = VlanPolicyOf(spec),
      .isolated = spec.isolated,
      .flood = spec.flood,
      .mcast_flood = spec.mcast_flood,
      .bcast_flood = spec.bcast_flood,
      .loop_blocked = loop_guard_.IsBlocked(port.id),
      .guard = port.guard,
      .police = port.police,
      .stp_state = port.stp_state,
      .bpdu_guard = spec.bpdu_guard,
      .bpdu_blocked = bpdu_guard_.IsBlocked(port.id),
      .learns = port.learns,
      .locked = spec.locked,
      .is_mirror_target = port.is_mirror_target,
  };
}

void SwitchController::TellGuards() {
  for (const BridgeSpec& bridge : desired_.bridges) {
    for (const PortSpec& spec : bridge.ports) {
      Port& port = RunningPort(spec.name);
      if (port.served) TellLoopGuard(bridge, spec, port);
      if (!spec.bpdu_guard) bpdu_guard_.Release(port.id);
    }
  }
}

bool SwitchController::TakesPart(const Port& port) const {
  return port.served && port.up && !port.is_mirror_target && !loop_guard_.IsBlocked(port.id) &&
         !bpdu_guard_.IsBlocked(port.id);
}

std::shared_ptr<const ForwardingConfig> SwitchController::BuildConfig() {
  auto config = std::make_shared<ForwardingConfig>();
  TellGuards();
  for (const BridgeSpec& spec : desired_.bridges) {
    Bridge& bridge = RunningBridge(spec.name);
    bridge.id = static_cast<BridgeId>(config->bridges.size());
    FollowTree(spec, &bridge);
    TellSnooping(spec, &bridge);
    config->bridges.push_back(ForwardingOf(spec, bridge));
  }
  config->ports.resize(ports_by_id_.size());
  std::vector<std::pair<PortId, FastPort>> kernel;
  std::map<std::string, LeftSettings> left;
  for (const BridgeSpec& bridge : desired_.bridges) {
    for (const PortSpec& spec : bridge.ports) {
      Port& port = RunningPort(spec.name);
      if (!port.served) {
        if (fast_.left().contains(port.name)) left[port.name] = LeftSettingsOf(bridge, spec);
        continue;
      }
      port.max_frame_bytes = port.device->max_frame_bytes();
      port.peer_address = port.device->peer_address();
      loop_guard_.SetSilent(port.id, IsSilent(port));
      PortForwarding& forwarding = config->ports[port.id];
      forwarding = ForwardingOf(bridge, spec, port);
      port.vlan = spec.tag;
      kernel.emplace_back(port.id, FastPortOf(bridge, spec, port, forwarding));
    }
  }
  for (const BridgeSpec& bridge : desired_.bridges) TellMirrors(bridge, config.get());
  fast_.TakeUp(left);
  fast_.SetPorts(kernel);
  config->Derive();
  config_ = config;
  return config;
}

}  // namespace vswitch
