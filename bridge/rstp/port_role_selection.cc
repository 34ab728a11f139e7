// Which port leads to the root, and what that makes of the others: Port Role Selection.
#include <algorithm>

#include "bridge/rstp/machines.h"

namespace vswitch::rstp {
namespace {

// 17.6: of two vectors that are the same, the port that has received it decides.
struct RootPath {
  PriorityVector vector;
  PortIdentifier port = 0;

  auto operator<=>(const RootPath&) const = default;
};

// 17.21.25, a) to c).
void SelectRoot(Variables& bridge) {
  RootPath best = {
      .vector = {.root = bridge.bridge_identifier, .designated_bridge = bridge.bridge_identifier}};
  bridge.root_times = bridge.bridge_times;
  for (const auto& [number, port] : bridge.ports) {
    if (port.info_is != InfoIs::kReceived) continue;
    if (AddressOf(port.port_priority.designated_bridge) == AddressOf(bridge.bridge_identifier)) {
      continue;
    }
    RootPath path = {.vector = port.port_priority, .port = port.port_id};
    // What a hostile neighbour claims must not wrap around to a short way.
    path.vector.root_path_cost = static_cast<uint32_t>(
        std::min<uint64_t>(uint64_t{path.vector.root_path_cost} + port.port_path_cost, UINT32_MAX));
    if (path >= best) continue;
    best = path;
    bridge.root_times = port.port_times;
    bridge.root_times.message_age = std::min(port.port_times.message_age + 1, UINT8_MAX);
  }
  bridge.root_priority = best.vector;
  bridge.root_port_id = best.port;
}

// 17.21.25, f) to l).
void SelectRole(const Variables& bridge, Port& port) {
  switch (port.info_is) {
    case InfoIs::kDisabled:
      port.selected_role = Role::kDisabled;
      return;
    case InfoIs::kAged:
      port.updt_info = true;
      port.selected_role = Role::kDesignated;
      return;
    case InfoIs::kMine:
      port.selected_role = Role::kDesignated;
      if (port.port_priority != port.designated_priority ||
          port.port_times != port.designated_times) {
        port.updt_info = true;
      }
      return;
    case InfoIs::kReceived:
      break;
  }
  port.updt_info = false;
  if (port.port_id == bridge.root_port_id) {
    port.selected_role = Role::kRoot;
  } else if (port.designated_priority < port.port_priority) {
    port.selected_role = Role::kDesignated;
    port.updt_info = true;
  } else if (AddressOf(port.port_priority.designated_bridge) ==
             AddressOf(bridge.bridge_identifier)) {
    port.selected_role = Role::kBackup;
  } else {
    port.selected_role = Role::kAlternate;
  }
}

// 17.21.25.
void UpdtRolesTree(Variables& bridge) {
  SelectRoot(bridge);
  for (auto& [number, port] : bridge.ports) {
    port.designated_priority = bridge.root_priority;
    port.designated_priority.designated_bridge = bridge.bridge_identifier;
    port.designated_priority.designated_port = port.port_id;
    port.designated_times = bridge.root_times;
    port.designated_times.hello_time = bridge.bridge_times.hello_time;
    SelectRole(bridge, port);
  }
}

}  // namespace

bool PortRoleSelection(Variables& bridge) {
  if (std::ranges::none_of(bridge.ports, [](const auto& each) { return each.second.reselect; })) {
    return false;
  }
  for (auto& [number, port] : bridge.ports) port.reselect = false;  // clearReselectTree()
  UpdtRolesTree(bridge);
  for (auto& [number, port] : bridge.ports) port.selected = true;  // setSelectedTree()
  return true;
}

}  // namespace vswitch::rstp
