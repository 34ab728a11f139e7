// What runs of a bridge and of a port, beside what was asked of them (model/port_spec.h).
// Thread-safety: control thread only. Ownership: a bridge owns its table, which it shares with the
// snapshots, a port its device.
#ifndef VSWITCH_SWITCH_CORE_LIVE_H_
#define VSWITCH_SWITCH_CORE_LIVE_H_

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/counters.h"
#include "bridge/drop_reason.h"
#include "bridge/forwarding_config.h"
#include "bridge/police.h"
#include "bridge/port_guard.h"
#include "bridge/snooping/snooping.h"
#include "switch/base/log_allowance.h"
#include "switch/core/controller.h"
#include "switch/core/spanning_tree.h"
#include "switch/port/port_device.h"

namespace vswitch {

// A station that has moved too often.
struct HeldUntil {
  PortId port = kNoPort;
  uint32_t until = 0;
};

// What runs of a bridge.
struct LiveBridge {
  // Its place in the latest snapshot.
  BridgeId id = kNoBridge;
  // Its name for workers and the kernel, as long as it lives.
  uint32_t number = 0;
  std::shared_ptr<MacTable> table;
  // Of the loop guard: random.
  uint64_t probe_id = 0;
  // Whether the table may have entries that were flushed, and still count.
  bool sweep_due = false;
  // Of a bridge with mcast_snooping, and what the workers know of it.
  std::optional<Snooping> snooping;
  std::shared_ptr<const GroupMap> groups;
  // Null: it has rstp=off.
  std::unique_ptr<SpanningTree> tree;
  // Why its table could not be had at start; then it has a smallest one in its place, and its
  // ports have no devices. Empty otherwise.
  std::string problem;
  // Null: moves are not limited.
  std::shared_ptr<MoveLimiter> move_limiter;
  // By the values of their keys.
  std::map<uint64_t, HeldUntil> holds;
  uint64_t holds_begun = 0;
  // Of lines on them.
  LogAllowance holds_log;
};

// What runs of a port.
struct LivePort {
  std::string name;
  PortId id = kNoPort;
  LiveBridge* bridge = nullptr;
  // Null while missing.
  std::unique_ptr<PortDevice> device;
  // Why it has none. NotFound: it is not there, and not only out of order.
  absl::Status problem;
  // Its device is in another network namespace.
  bool elsewhere = false;
  // Of devices that the port had before.
  KernelDrops past_drops;
  // What this thread has sent.
  PortCounters own;
  // What had been counted when the counters were last reset.
  PortStats reset_at;
  // Whether the workers have the device's queues.
  bool served = false;
  // Whether its link is, as the workers know it.
  bool up = false;
  // What its device takes, as the workers know it.
  uint32_t max_frame_bytes = 0;
  // That of its untagged frames, as the workers know it.
  VlanId vlan = 0;
  // Whether a mirror has it for its target, as the workers know it.
  bool is_mirror_target = false;
  // What the spanning tree makes of it, as the workers know it.
  StpState stp_state = StpState::kForwarding;
  // Whether frames pass by it, so that stations can be known there; as the table knows it.
  bool passes = false;
  // Of its link, when it came up; nullopt: nobody can tell.
  std::optional<uint32_t> speed_mbps;
  // See PortDevice, as the kernel knows it.
  uint64_t peer_address = 0;
  // It has none, and what there is of it has changed since the last try.
  bool retry = false;
  // How often something of it was put back or made again.
  uint64_t repairs = 0;
  // Another port has had the address of this one's netdev, and keeps it.
  bool own_address_taken = false;
  // Whether anything is learned on it.
  bool learns = true;
  // How many stations had moved to it in tables that its bridge has no more, or other bridges'.
  uint64_t past_moves = 0;
  // Of lines on its state.
  LogAllowance log;
  // What follows from its spec, and lasts as long as that part of it stays: see FollowRules().
  std::shared_ptr<PortGuard> guard;
  std::shared_ptr<PortPolice> police;
  // What the log has told of it.
  std::array<uint64_t, kDropReasonCount> told_drops{};
};

// Of the bridge's table.
inline uint32_t AgeingTicks(const BridgeSpec& spec) {
  return spec.ageing_s == 0 ? kNeverAges : spec.ageing_s;
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_LIVE_H_
