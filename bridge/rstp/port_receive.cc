// What comes in, and what it says of who is at the other end: Port Receive, Port Protocol
// Migration, Bridge Detection; and the timers.
#include <initializer_list>

#include "bridge/rstp/machines.h"

namespace vswitch::rstp {
namespace {

// 17.21.22.
void UpdtBpduVersion(Port& port) {
  const bool rapid = port.received.type == BpduType::kRapid;
  port.rcvd_rstp = rapid;
  port.rcvd_stp = !rapid;
}

void Discard(Port& port) {
  port.rcvd_bpdu = port.rcvd_rstp = port.rcvd_stp = false;
  port.rcvd_msg = false;
  port.edge_delay_while = kMigrateTime;
  port.receive_state = ReceiveState::kDiscard;
}

void CheckingRstp(Port& port) {
  port.mcheck = false;
  port.send_rstp = true;
  port.mdelay_while = kMigrateTime;
  port.migration_state = MigrationState::kCheckingRstp;
}

void Sensing(Port& port) {
  port.rcvd_rstp = port.rcvd_stp = false;
  port.migration_state = MigrationState::kSensing;
}

void Detect(Port& port, DetectionState state) {
  port.oper_edge = state == DetectionState::kEdge;
  port.detection_state = state;
}

}  // namespace

bool PortReceive(Port& port) {
  if (!port.port_enabled) {
    if (!port.rcvd_bpdu && port.edge_delay_while == kMigrateTime) return false;
    Discard(port);
    return true;
  }
  if (!port.rcvd_bpdu || port.rcvd_msg) return false;
  UpdtBpduVersion(port);
  port.oper_edge = port.rcvd_bpdu = false;
  port.rcvd_msg = true;
  port.edge_delay_while = kMigrateTime;
  port.receive_state = ReceiveState::kReceive;
  return true;
}

bool PortProtocolMigration(Port& port) {
  switch (port.migration_state) {
    case MigrationState::kCheckingRstp:
      if (port.mdelay_while != kMigrateTime && !port.port_enabled) {
        CheckingRstp(port);
        return true;
      }
      if (port.mdelay_while != 0) return false;
      Sensing(port);
      return true;
    case MigrationState::kSelectingStp:
      if (port.mdelay_while != 0 && port.port_enabled && !port.mcheck) return false;
      Sensing(port);
      return true;
    case MigrationState::kSensing:
      if (!port.port_enabled || port.mcheck || (!port.send_rstp && port.rcvd_rstp)) {
        CheckingRstp(port);
        return true;
      }
      if (!port.send_rstp || !port.rcvd_stp) return false;
      port.send_rstp = false;
      port.mdelay_while = kMigrateTime;
      port.migration_state = MigrationState::kSelectingStp;
      return true;
  }
  return false;
}

bool BridgeDetection(Port& port) {
  if (port.detection_state == DetectionState::kEdge) {
    if (port.oper_edge && (port.port_enabled || port.admin_edge)) return false;
    Detect(port, DetectionState::kNotEdge);
    return true;
  }
  const bool is_silent =
      port.edge_delay_while == 0 && port.auto_edge && port.send_rstp && port.proposing;
  if ((port.port_enabled || !port.admin_edge) && !is_silent) return false;
  Detect(port, DetectionState::kEdge);
  return true;
}

void Begin(Variables& bridge, Port& port) {
  port.designated_times = bridge.root_times;
  Discard(port);
  CheckingRstp(port);
  Detect(port, port.admin_edge ? DetectionState::kEdge : DetectionState::kNotEdge);
  // 17.27, DISABLED; 17.29, INIT_PORT; the other machines begin as a Port is made.
  port.reselect = true;
  port.selected = false;
  port.sync = port.re_root = true;
  port.rr_while = FwdDelay(port);
  port.fd_while = MaxAge(port);
}

void TickTimers(Port& port) {
  for (uint16_t* timer :
       {&port.edge_delay_while, &port.fd_while, &port.hello_when, &port.mdelay_while,
        &port.rb_while, &port.rcvd_info_while, &port.rr_while, &port.tc_while, &port.tx_count}) {
    if (*timer != 0) --*timer;
  }
}

}  // namespace vswitch::rstp
