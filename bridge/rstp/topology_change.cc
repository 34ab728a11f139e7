// What a port does with frames, and what others must forget because of it: Port State Transition
// and Topology Change.
#include "bridge/rstp/machines.h"

namespace vswitch::rstp {
namespace {

bool IsActiveRole(const Port& port) {
  return port.role == Role::kRoot || port.role == Role::kDesignated;
}

bool HasNews(const Port& port) {
  return port.rcvd_tc || port.rcvd_tcn || port.rcvd_tc_ack || port.tc_prop;
}

// 17.21.7.
void NewTcWhile(const Variables& bridge, Port& port) {
  if (port.tc_while != 0) return;
  if (port.send_rstp) {
    port.tc_while = static_cast<uint16_t>(HelloTime(port) + 1);
    port.new_info = true;
  } else {
    const Times& times = bridge.root_times;
    port.tc_while = static_cast<uint16_t>(times.max_age + times.forward_delay);
  }
}

// 17.21.18.
void SetTcPropTree(Variables& bridge, const Port& caller) {
  for (auto& [number, port] : bridge.ports) {
    if (number != caller.number) port.tc_prop = true;
  }
}

void Learning(Port& port) {
  port.rcvd_tc = port.rcvd_tcn = port.rcvd_tc_ack = false;
  port.tc_prop = false;
  port.topology_state = TopologyState::kLearning;
}

bool WhileLearning(Variables& bridge, Port& port) {
  if (IsActiveRole(port) && port.forward && !port.oper_edge) {  // DETECTED
    NewTcWhile(bridge, port);
    SetTcPropTree(bridge, port);
    port.new_info = true;
    port.topology_state = TopologyState::kActive;
  } else if (HasNews(port)) {
    Learning(port);
  } else if (!IsActiveRole(port) && !port.learn && !port.learning) {  // INACTIVE
    bridge.flushed.push_back(port.number);
    port.tc_while = 0;
    port.tc_ack = false;
    port.topology_state = TopologyState::kInactive;
  } else {
    return false;
  }
  return true;
}

bool WhileActive(Variables& bridge, Port& port) {
  if (!IsActiveRole(port) || port.oper_edge) {
    Learning(port);
  } else if (port.rcvd_tcn || port.rcvd_tc) {
    if (port.rcvd_tcn) NewTcWhile(bridge, port);  // NOTIFIED_TCN
    port.rcvd_tcn = port.rcvd_tc = false;         // NOTIFIED_TC
    if (port.role == Role::kDesignated) port.tc_ack = true;
    SetTcPropTree(bridge, port);
  } else if (port.tc_prop) {  // PROPAGATING
    NewTcWhile(bridge, port);
    bridge.flushed.push_back(port.number);
    port.tc_prop = false;
  } else if (port.rcvd_tc_ack) {  // ACKNOWLEDGED
    port.tc_while = 0;
    port.rcvd_tc_ack = false;
  } else {
    return false;
  }
  return true;
}

}  // namespace

// enableLearning() and the others take effect for frames when the machines rest, before any BPDU
// that they have decided upon is sent (bridge.h).
bool PortStateTransition(Port& port) {
  switch (port.transition_state) {
    case TransitionState::kDiscarding:
      if (!port.learn) return false;
      port.learning = true;
      port.transition_state = TransitionState::kLearning;
      return true;
    case TransitionState::kLearning:
      if (port.learn && !port.forward) return false;
      break;
    case TransitionState::kForwarding:
      if (port.forward) return false;
      break;
  }
  if (port.learn && port.forward) {
    port.forwarding = true;
    port.transition_state = TransitionState::kForwarding;
  } else {
    port.learning = port.forwarding = false;
    port.transition_state = TransitionState::kDiscarding;
  }
  return true;
}

bool TopologyChange(Variables& bridge, Port& port) {
  switch (port.topology_state) {
    case TopologyState::kInactive:
      if (!port.learn) return false;
      Learning(port);
      return true;
    case TopologyState::kLearning:
      return WhileLearning(bridge, port);
    case TopologyState::kActive:
      return WhileActive(bridge, port);
  }
  return false;
}

}  // namespace vswitch::rstp
