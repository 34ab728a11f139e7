// What goes out, and how much of it: Port Transmit.
#include "bridge/rstp/machines.h"

namespace vswitch::rstp {
namespace {

BpduRole RoleInBpdu(Role role) {
  switch (role) {
    case Role::kRoot:
      return BpduRole::kRoot;
    case Role::kDesignated:
      return BpduRole::kDesignated;
    default:
      return BpduRole::kAlternateOrBackup;
  }
}

// 17.21.19 to 17.21.21.
Bpdu Compose(const Port& port) {
  Bpdu bpdu = {.topology_change = port.tc_while != 0,
               .priority = port.designated_priority,
               .times = port.designated_times};
  if (port.send_rstp) {
    bpdu.proposal = port.proposing;
    bpdu.role = RoleInBpdu(port.role);
    bpdu.learning = port.learning;
    bpdu.forwarding = port.forwarding;
    bpdu.agreement = port.agree;
    return bpdu;
  }
  if (port.role == Role::kRoot) return {.type = BpduType::kTopologyChangeNotification};
  bpdu.type = BpduType::kConfiguration;
  bpdu.topology_change_ack = port.tc_ack;
  return bpdu;
}

bool MaySend(const Port& port) {
  return port.send_rstp || port.role == Role::kRoot || port.role == Role::kDesignated;
}

}  // namespace

bool PortTransmit(Variables& bridge, Port& port) {
  if (!port.port_enabled || !port.selected || port.updt_info) return false;
  const bool is_due = port.hello_when == 0;
  if (is_due) {  // TRANSMIT_PERIODIC
    port.new_info |=
        port.role == Role::kDesignated || (port.role == Role::kRoot && port.tc_while != 0);
    port.hello_when = HelloTime(port);
  }
  if (!port.new_info || port.tx_count >= kTxHoldCount || !MaySend(port)) return is_due;
  port.new_info = false;
  bridge.transmissions.push_back({.port = port.number, .bpdu = Compose(port)});
  ++port.tx_count;
  if (port.send_rstp || port.role != Role::kRoot) port.tc_ack = false;
  port.hello_when = HelloTime(port);  // IDLE
  return true;
}

}  // namespace vswitch::rstp
