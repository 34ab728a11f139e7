// From the role that was selected to what the port may do, in an order that never makes a loop:
// Port Role Transitions.
//
// The rule behind it: a root port becomes forwarding at once when no port that was a root port of
// late is forwarding any more (reRooted), and a designated port when the bridge at its other end
// has agreed, which it does when its own designated ports discard, or are synced, or lead to
// nobody else (sync). Where nobody agrees, time decides (fdWhile).
#include <algorithm>

#include "bridge/rstp/machines.h"

namespace vswitch::rstp {
namespace {

// 17.20.3.
bool AllSynced(const Variables& bridge) {
  return std::ranges::all_of(bridge.ports, [](const auto& each) {
    const Port& port = each.second;
    return port.selected && port.role == port.selected_role &&
           (port.synced || port.role == Role::kRoot);
  });
}

// 17.20.10.
bool ReRooted(const Variables& bridge, const Port& root) {
  return std::ranges::all_of(bridge.ports, [&](const auto& each) {
    return each.first == root.number || each.second.rr_while == 0;
  });
}

// 17.20.4.
uint16_t EdgeDelay(const Port& port) {
  return port.oper_point_to_point_mac ? kMigrateTime : MaxAge(port);
}

// 17.21.14.
void SetSyncTree(Variables& bridge) {
  for (auto& [number, port] : bridge.ports) port.sync = true;
}

// 17.21.15.
void SetReRootTree(Variables& bridge) {
  for (auto& [number, port] : bridge.ports) port.re_root = true;
}

// ---- Figure 17-20: disabled ----

bool DisablePort(Port& port) {
  if (port.learning || port.forwarding) return false;
  port.role_state = RoleState::kDisabledPort;
  port.fd_while = MaxAge(port);
  port.synced = true;
  port.rr_while = 0;
  port.sync = port.re_root = false;
  return true;
}

bool DisabledPort(Port& port) {
  if (port.fd_while == MaxAge(port) && !port.sync && !port.re_root && port.synced) return false;
  return DisablePort(port);
}

// ---- Figure 17-21: root ----

bool RootPort(Variables& bridge, Port& port) {
  const auto may_go_on = [&] {
    return port.fd_while == 0 || (ReRooted(bridge, port) && port.rb_while == 0);
  };
  if (port.proposed && !port.agree) {  // ROOT_PROPOSED
    SetSyncTree(bridge);
    port.proposed = false;
  } else if (port.agree ? port.proposed : AllSynced(bridge)) {  // ROOT_AGREED
    port.proposed = port.sync = false;
    port.agree = port.new_info = true;
  } else if (!port.forward && !port.re_root) {  // REROOT
    SetReRootTree(bridge);
  } else if (!port.learn && may_go_on()) {  // ROOT_LEARN
    port.fd_while = ForwardDelay(port);
    port.learn = true;
  } else if (port.learn && !port.forward && may_go_on()) {  // ROOT_FORWARD
    port.fd_while = 0;
    port.forward = true;
  } else if (port.re_root && port.forward) {  // REROOTED
    port.re_root = false;
  } else if (port.rr_while == FwdDelay(port)) {
    return false;
  }
  port.rr_while = FwdDelay(port);  // ROOT_PORT
  return true;
}

// ---- Figure 17-22: designated ----

bool DesignatedPort(Port& port) {
  const bool must_discard =
      (port.sync && !port.synced) || (port.re_root && port.rr_while != 0) || port.disputed;
  const bool may_go_on = (port.fd_while == 0 || port.agreed || port.oper_edge) &&
                         (port.rr_while == 0 || !port.re_root) && !port.sync;
  if (!port.forward && !port.agreed && !port.proposing && !port.oper_edge) {
    // DESIGNATED_PROPOSE
    port.proposing = true;
    port.edge_delay_while = EdgeDelay(port);
    port.new_info = true;
  } else if ((!port.learning && !port.forwarding && !port.synced) ||
             (port.agreed && !port.synced) || (port.oper_edge && !port.synced) ||
             (port.sync && port.synced)) {  // DESIGNATED_SYNCED
    port.rr_while = 0;
    port.synced = true;
    port.sync = false;
  } else if (port.rr_while == 0 && port.re_root) {  // DESIGNATED_RETIRED
    port.re_root = false;
  } else if (must_discard && !port.oper_edge && (port.learn || port.forward)) {
    // DESIGNATED_DISCARD
    port.learn = port.forward = port.disputed = false;
    port.fd_while = ForwardDelay(port);
  } else if (may_go_on && !port.learn) {  // DESIGNATED_LEARN
    port.learn = true;
    port.fd_while = ForwardDelay(port);
  } else if (may_go_on && !port.forward) {  // DESIGNATED_FORWARD
    port.forward = true;
    port.fd_while = 0;
    port.agreed = port.send_rstp;
  } else {
    return false;
  }
  return true;
}

// ---- Figure 17-23: alternate and backup ----

// The timer is forwardDelay, as of 802.1Q-2011, figure 13-22: by 802.1D-2004 it is set to FwdDelay
// here and compared with forwardDelay, and the machine would never rest.
bool BlockPort(Port& port) {
  if (port.learning || port.forwarding) return false;
  port.role_state = RoleState::kAlternatePort;
  port.fd_while = ForwardDelay(port);
  port.synced = true;
  port.rr_while = 0;
  port.sync = port.re_root = false;
  return true;
}

bool AlternatePort(Variables& bridge, Port& port) {
  if (port.proposed && !port.agree) {  // ALTERNATE_PROPOSED
    SetSyncTree(bridge);
    port.proposed = false;
  } else if (port.agree ? port.proposed : AllSynced(bridge)) {  // ALTERNATE_AGREED
    port.proposed = false;
    port.agree = port.new_info = true;
  } else if (port.role == Role::kBackup && port.rb_while != 2 * HelloTime(port)) {  // BACKUP_PORT
    port.rb_while = static_cast<uint16_t>(2 * HelloTime(port));
  } else if (port.fd_while == ForwardDelay(port) && !port.sync && !port.re_root && port.synced) {
    return false;
  }
  return BlockPort(port);
}

void TakeRole(Port& port) {
  port.role = port.selected_role;
  switch (port.role) {
    case Role::kDisabled:
      port.learn = port.forward = false;
      port.role_state = RoleState::kDisablePort;
      break;
    case Role::kRoot:
      port.rr_while = FwdDelay(port);
      port.role_state = RoleState::kRootPort;
      break;
    case Role::kDesignated:
      port.role_state = RoleState::kDesignatedPort;
      break;
    case Role::kAlternate:
    case Role::kBackup:
      port.learn = port.forward = false;
      port.role_state = RoleState::kBlockPort;
      break;
  }
}

}  // namespace

bool PortRoleTransitions(Variables& bridge, Port& port) {
  if (!port.selected || port.updt_info) return false;
  if (port.role != port.selected_role) {
    TakeRole(port);
    return true;
  }
  switch (port.role_state) {
    case RoleState::kDisablePort:
      return DisablePort(port);
    case RoleState::kDisabledPort:
      return DisabledPort(port);
    case RoleState::kRootPort:
      return RootPort(bridge, port);
    case RoleState::kDesignatedPort:
      return DesignatedPort(port);
    case RoleState::kBlockPort:
      return BlockPort(port);
    case RoleState::kAlternatePort:
      return AlternatePort(bridge, port);
  }
  return false;
}

}  // namespace vswitch::rstp
