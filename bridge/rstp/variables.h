// What the state machines of IEEE 802.1D-2004, clause 17, read and write, by the standard's names:
// 17.17 (timers), 17.18 (of a bridge), 17.19 (of a port), 17.20 (parameters).
#ifndef VSWITCH_BRIDGE_RSTP_VARIABLES_H_
#define VSWITCH_BRIDGE_RSTP_VARIABLES_H_

#include <cstdint>
#include <map>
#include <vector>

#include "bridge/rstp/bpdu.h"

namespace vswitch::rstp {

enum class Role : uint8_t { kDisabled, kRoot, kDesignated, kAlternate, kBackup };
enum class InfoIs : uint8_t { kDisabled, kAged, kMine, kReceived };
// 17.21.8.
enum class RcvdInfo : uint8_t {
  kSuperiorDesignated,
  kRepeatedDesignated,
  kInferiorDesignated,
  kInferiorRootAlternate,
  kOther,
};

// The states in which a machine rests, by the figures; those that it only passes are the code
// between.
enum class ReceiveState : uint8_t { kDiscard, kReceive };
enum class MigrationState : uint8_t { kCheckingRstp, kSelectingStp, kSensing };
enum class DetectionState : uint8_t { kEdge, kNotEdge };
enum class InformationState : uint8_t { kDisabled, kAged, kCurrent };
enum class RoleState : uint8_t {
  kDisablePort,
  kDisabledPort,
  kRootPort,
  kDesignatedPort,
  kBlockPort,
  kAlternatePort,
};
enum class TransitionState : uint8_t { kDiscarding, kLearning, kForwarding };
enum class TopologyState : uint8_t { kInactive, kLearning, kActive };

struct Port {
  uint16_t number = 0;

  // 17.17, in seconds.
  uint16_t edge_delay_while = 0;
  uint16_t fd_while = 0;
  uint16_t hello_when = 0;
  uint16_t mdelay_while = 0;
  uint16_t rb_while = 0;
  uint16_t rcvd_info_while = 0;
  uint16_t rr_while = 0;
  uint16_t tc_while = 0;
  uint16_t tx_count = 0;

  // 17.19. fdbFlush is Variables::flushed, as a flush is over when it was asked for; rcvdBPDU and
  // its message: `received`.
  bool agree = false;
  bool agreed = false;
  bool disputed = false;
  bool forward = false;
  bool forwarding = false;
  bool learn = false;
  bool learning = false;
  bool mcheck = false;
  bool new_info = false;
  bool oper_edge = false;
  bool port_enabled = false;
  bool proposed = false;
  bool proposing = false;
  bool rcvd_bpdu = false;
  bool rcvd_msg = false;
  bool rcvd_rstp = false;
  bool rcvd_stp = false;
  bool rcvd_tc = false;
  bool rcvd_tc_ack = false;
  bool rcvd_tcn = false;
  bool re_root = false;
  bool reselect = false;
  bool selected = false;
  bool send_rstp = true;
  bool sync = false;
  bool synced = false;
  bool tc_ack = false;
  bool tc_prop = false;
  bool updt_info = false;
  InfoIs info_is = InfoIs::kDisabled;
  Role role = Role::kDisabled;
  Role selected_role = Role::kDisabled;
  PortIdentifier port_id = 0;
  uint32_t port_path_cost = 0;
  PriorityVector designated_priority;
  PriorityVector msg_priority;
  PriorityVector port_priority;
  Times designated_times;
  Times msg_times;
  Times port_times;
  Bpdu received;

  // 17.20.
  bool admin_edge = false;
  bool auto_edge = true;
  // 6.4.3.
  bool oper_point_to_point_mac = true;

  ReceiveState receive_state = ReceiveState::kDiscard;
  MigrationState migration_state = MigrationState::kCheckingRstp;
  DetectionState detection_state = DetectionState::kNotEdge;
  InformationState information_state = InformationState::kDisabled;
  RoleState role_state = RoleState::kDisablePort;
  TransitionState transition_state = TransitionState::kDiscarding;
  TopologyState topology_state = TopologyState::kInactive;
};

struct Transmission {
  uint16_t port = 0;
  Bpdu bpdu;
};

struct Variables {
  // 17.18.
  BridgeIdentifier bridge_identifier = 0;
  Times bridge_times;
  // 0: this bridge is the root.
  PortIdentifier root_port_id = 0;
  PriorityVector root_priority;
  Times root_times;

  // By number.
  std::map<uint16_t, Port> ports;

  // 14.8.1.1.3: whether the tcWhile of any port runs, and how often that began.
  bool topology_change = false;
  uint64_t topology_change_count = 0;

  // What the machines have decided and others must do: BPDUs to send, ports whose learned stations
  // are to be forgotten.
  std::vector<Transmission> transmissions;
  std::vector<uint16_t> flushed;
};

// 17.20 and table 17-1, recommended values: seconds, but for the last, of BPDUs.
inline constexpr uint16_t kMigrateTime = 3;
inline constexpr uint16_t kTxHoldCount = 6;

// 17.20.7, 17.20.6, 17.20.8.
inline uint16_t HelloTime(const Port& port) { return port.designated_times.hello_time; }
inline uint16_t FwdDelay(const Port& port) { return port.designated_times.forward_delay; }
inline uint16_t MaxAge(const Port& port) { return port.designated_times.max_age; }
// 17.20.5.
inline uint16_t ForwardDelay(const Port& port) {
  return port.send_rstp ? HelloTime(port) : FwdDelay(port);
}

}  // namespace vswitch::rstp

#endif  // VSWITCH_BRIDGE_RSTP_VARIABLES_H_
