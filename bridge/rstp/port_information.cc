// What is held true of the port's segment: Port Information.
#include "bridge/rstp/machines.h"

namespace vswitch::rstp {
namespace {

// 17.21.8.
RcvdInfo RcvInfo(Port& port) {
  const Bpdu& bpdu = port.received;
  if (bpdu.type == BpduType::kTopologyChangeNotification) return RcvdInfo::kOther;
  port.msg_priority = bpdu.priority;
  port.msg_times = bpdu.times;
  if (bpdu.role == BpduRole::kDesignated) {
    if (IsSuperior(port.msg_priority, port.port_priority)) return RcvdInfo::kSuperiorDesignated;
    if (port.msg_priority != port.port_priority) return RcvdInfo::kInferiorDesignated;
    return port.msg_times == port.port_times ? RcvdInfo::kRepeatedDesignated
                                             : RcvdInfo::kSuperiorDesignated;
  }
  return port.msg_priority < port.port_priority ? RcvdInfo::kOther
                                                : RcvdInfo::kInferiorRootAlternate;
}

// 17.21.1. Better, and not superior: what a port says itself would always be that.
bool BetterOrSameInfo(const Port& port, InfoIs new_info_is) {
  if (new_info_is != port.info_is) return false;
  return (new_info_is == InfoIs::kReceived ? port.msg_priority : port.designated_priority) <=
         port.port_priority;
}

// 17.21.9.
void RecordAgreement(Port& port) {
  port.agreed = port.oper_point_to_point_mac && port.received.agreement;
  if (port.agreed) port.proposing = false;
}

// As of 802.1Q-2011, 13.27.14: whoever believes to be designated and learns, although our
// information is better, does not hear us. In 802.1D-2004 nothing sets `disputed`.
void RecordDispute(Port& port) {
  if (port.received.type != BpduType::kRapid || !port.received.learning) return;
  port.disputed = true;
  port.agreed = false;
}

// 17.21.11.
void RecordProposal(Port& port) {
  if (port.received.role == BpduRole::kDesignated && port.received.proposal) port.proposed = true;
}

// 17.21.17.
void SetTcFlags(Port& port) {
  if (port.received.type == BpduType::kTopologyChangeNotification) {
    port.rcvd_tcn = true;
    return;
  }
  if (port.received.topology_change) port.rcvd_tc = true;
  if (port.received.topology_change_ack) port.rcvd_tc_ack = true;
}

// 17.21.23.
void UpdtRcvdInfoWhile(Port& port) {
  const Times& times = port.port_times;
  port.rcvd_info_while =
      times.message_age + 1 <= times.max_age ? static_cast<uint16_t>(3 * times.hello_time) : 0;
}

void Disabled(Port& port) {
  port.rcvd_msg = false;
  port.proposing = port.proposed = port.agree = port.agreed = false;
  port.rcvd_info_while = 0;
  port.info_is = InfoIs::kDisabled;
  port.reselect = true;
  port.selected = false;
  port.information_state = InformationState::kDisabled;
}

void Aged(Port& port) {
  port.info_is = InfoIs::kAged;
  port.reselect = true;
  port.selected = false;
  port.information_state = InformationState::kAged;
}

void Update(Port& port) {
  port.proposing = port.proposed = false;
  port.agreed = port.agreed && BetterOrSameInfo(port, InfoIs::kMine);
  port.synced = port.synced && port.agreed;
  port.port_priority = port.designated_priority;
  port.port_times = port.designated_times;
  port.updt_info = false;
  port.info_is = InfoIs::kMine;
  port.new_info = true;
  port.information_state = InformationState::kCurrent;
}

void SuperiorDesignated(Port& port) {
  port.agreed = port.proposing = false;
  RecordProposal(port);
  SetTcFlags(port);
  port.agree = port.agree && BetterOrSameInfo(port, InfoIs::kReceived);
  port.port_priority = port.msg_priority;  // recordPriority(), 17.21.12
  port.port_times = port.msg_times;        // recordTimes(), 17.21.13
  UpdtRcvdInfoWhile(port);
  port.info_is = InfoIs::kReceived;
  port.reselect = true;
  port.selected = false;
}

void Receive(Port& port) {
  switch (RcvInfo(port)) {
    case RcvdInfo::kSuperiorDesignated:
      SuperiorDesignated(port);
      break;
    case RcvdInfo::kRepeatedDesignated:
      RecordProposal(port);
      SetTcFlags(port);
      UpdtRcvdInfoWhile(port);
      break;
    case RcvdInfo::kInferiorDesignated:
      RecordDispute(port);
      break;
    case RcvdInfo::kInferiorRootAlternate:
      RecordAgreement(port);
      SetTcFlags(port);
      break;
    case RcvdInfo::kOther:
      // A notification says nothing else.
      if (port.received.type == BpduType::kTopologyChangeNotification) SetTcFlags(port);
      break;
  }
  port.rcvd_msg = false;
}

}  // namespace

bool PortInformation(Port& port) {
  if (!port.port_enabled && port.info_is != InfoIs::kDisabled) {
    Disabled(port);
    return true;
  }
  switch (port.information_state) {
    case InformationState::kDisabled:
      if (port.port_enabled) {
        Aged(port);
      } else if (port.rcvd_msg) {
        Disabled(port);
      } else {
        return false;
      }
      return true;
    case InformationState::kAged:
      if (!port.selected || !port.updt_info) return false;
      Update(port);
      return true;
    case InformationState::kCurrent:
      if (port.selected && port.updt_info) {
        Update(port);
      } else if (port.rcvd_msg && !port.updt_info) {
        Receive(port);
      } else if (port.info_is == InfoIs::kReceived && port.rcvd_info_while == 0 &&
                 !port.updt_info && !port.rcvd_msg) {
        Aged(port);
      } else {
        return false;
      }
      return true;
  }
  return false;
}

}  // namespace vswitch::rstp
