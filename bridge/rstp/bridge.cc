#include "bridge/rstp/bridge.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "bridge/rstp/machines.h"

namespace vswitch::rstp {
namespace {

// What one call can move, many times over: a machine that does not rest is a fault of ours, and
// must not stop the switch.
constexpr int kMaxRounds = 1000;

void Apply(const PortSettings& settings, Port& port) {
  port.port_id = MakePortIdentifier(settings.priority, port.number);
  port.port_path_cost = settings.path_cost;
  port.oper_point_to_point_mac = settings.point_to_point;
  port.admin_edge = settings.admin_edge;
  port.auto_edge = settings.auto_edge;
}

}  // namespace

Bridge::Bridge(BridgeIdentifier identifier) {
  variables_.bridge_identifier = identifier;
  variables_.root_priority = {.root = identifier, .designated_bridge = identifier};
}

void Bridge::SetIdentifier(BridgeIdentifier identifier) {
  if (identifier == variables_.bridge_identifier) return;
  variables_.bridge_identifier = identifier;
  // Where it has no port that could be selected.
  variables_.root_priority = {.root = identifier, .designated_bridge = identifier};
  Reselect();
}

void Bridge::AddPort(uint16_t number, const PortSettings& settings) {
  Port& port = variables_.ports[number];
  port.number = number;
  Apply(settings, port);
  Begin(variables_, port);
}

void Bridge::RemovePort(uint16_t number) {
  variables_.ports.erase(number);
  std::erase_if(variables_.transmissions,
                [number](const Transmission& each) { return each.port == number; });
  std::erase(variables_.flushed, number);
  Reselect();
}

void Bridge::SetPort(uint16_t number, const PortSettings& settings) {
  Port& port = PortOf(number);
  const bool had_edge = port.admin_edge;
  const bool could_find_edge = port.auto_edge;
  Apply(settings, port);
  // The machine of figure 17-16 hears of it when the port is disabled next; who sets it means now.
  if (port.port_enabled && port.info_is != InfoIs::kReceived && !had_edge && port.admin_edge) {
    port.oper_edge = true;
    port.detection_state = DetectionState::kEdge;
  } else if (!port.admin_edge && !port.auto_edge && (had_edge || could_find_edge)) {
    port.oper_edge = false;
  }
  Reselect();
}

void Bridge::SetEnabled(uint16_t number, bool enabled) { PortOf(number).port_enabled = enabled; }

void Bridge::Receive(uint16_t number, const Bpdu& bpdu) {
  Port& port = PortOf(number);
  if (!port.port_enabled) return;
  // Our own, by the port that it left by: there is a loop behind it, or somebody who echoes. 9.3.4
  // has it ignored; but then the port would go on.
  if (bpdu.type != BpduType::kTopologyChangeNotification &&
      bpdu.priority.designated_bridge == variables_.bridge_identifier &&
      bpdu.priority.designated_port == port.port_id) {
    port.disputed = true;
    port.agreed = port.oper_edge = false;
    port.edge_delay_while = kMigrateTime;
    Settle();
    return;
  }
  port.received = bpdu;
  port.rcvd_bpdu = true;
  Settle();
}

void Bridge::Tick() {
  for (auto& [number, port] : variables_.ports) TickTimers(port);
  Settle();
}

PortState Bridge::State(uint16_t number) const {
  const Port& port = variables_.ports.at(number);
  if (port.forwarding) return PortState::kForwarding;
  return port.learning ? PortState::kLearning : PortState::kDiscarding;
}

Effects Bridge::TakeEffects() {
  Effects effects = {.flushed = std::exchange(variables_.flushed, {}),
                     .transmissions = std::exchange(variables_.transmissions, {})};
  std::ranges::sort(effects.flushed);
  effects.flushed.erase(std::unique(effects.flushed.begin(), effects.flushed.end()),
                        effects.flushed.end());
  return effects;
}

void Bridge::Reselect() {
  for (auto& [number, port] : variables_.ports) {
    port.reselect = true;
    port.selected = false;
  }
}

bool Bridge::Step() {
  bool moved = PortRoleSelection(variables_);
  for (auto& [number, port] : variables_.ports) {
    moved |= PortReceive(port);
    moved |= PortProtocolMigration(port);
    moved |= BridgeDetection(port);
    moved |= PortInformation(port);
    moved |= PortRoleTransitions(variables_, port);
    moved |= PortStateTransition(port);
    moved |= TopologyChange(variables_, port);
  }
  return moved;
}

// What is sent is what they have come to, not what they passed on the way.
void Bridge::Settle() {
  int rounds = 0;
  while (Step() && ++rounds < kMaxRounds) {
  }
  assert(rounds < kMaxRounds);
  const bool changing = std::ranges::any_of(
      variables_.ports, [](const auto& each) { return each.second.tc_while != 0; });
  if (changing && !variables_.topology_change) ++variables_.topology_change_count;
  variables_.topology_change = changing;
  for (auto& [number, port] : variables_.ports) {
    while (PortTransmit(variables_, port)) {
    }
  }
}

}  // namespace vswitch::rstp
