// The switch as an administrator sees it: bridges, ports, tables, counters. Every verb of the
// control protocol is one method here. It keeps three things in step: the desired state (in memory
// and in the state file), the kernel's devices, and the workers' forwarding snapshot.
//
// A change is made as a whole or not at all (switch_controller.h says how).
//
// Thread-safety: control thread only. It talks to workers through their mailboxes.
#ifndef VSWITCH_SWITCH_CORE_CONTROLLER_H_
#define VSWITCH_SWITCH_CORE_CONTROLLER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bridge/counters.h"
#include "bridge/trace.h"
#include "mac_table/mac_table.h"
#include "switch/base/tap_holder.h"
#include "switch/core/caller.h"
#include "switch/model/port_spec.h"
#include "switch/model/settings.h"
#include "switch/worker/worker_stats.h"

namespace vswitch {

struct PortStatus {
  PortSpec spec;
  // "up"; "down" (no guest, or no carrier); "missing" (device deleted, elsewhere or not made);
  // "broken" (there, but no frame can pass; or its bridge has no table).
  std::string state;
  // Why it is not up, in words; of one that is up, what is unexpected; mostly empty then.
  std::string detail;
  // What the device is called now; the port's name when there is none.
  std::string device;
  // What the device has now; what was asked for when it is missing.
  uint32_t mtu = 0;
  // internal: likewise.
  MacAddress mac;
  // tap: who may open the device now, by the kernel; who was asked for when it is missing. Not set:
  // nobody in particular, but a group.
  std::optional<uid_t> owner;
  // Whether the kernel forwards its frames by itself, and why not; empty when it does.
  bool fast_path = false;
  std::string fast_path_reason;
  // How often something that others took from it was put back, or it was attached again.
  uint64_t repairs = 0;
  // How many learned addresses are at it now.
  size_t learned = 0;
};

struct BridgeStatus {
  BridgeSpec spec;
  // Why it cannot forward; empty when it can.
  std::string detail;
  // What is probably not meant, in words; mostly empty.
  std::string warning;
  std::vector<PortStatus> ports;
  MacTable::Stats fdb;
};

struct FdbRow {
  std::string bridge;
  std::string port;
  MacAddress mac;
  VlanId vlan = 0;
  FdbEntryKind kind = FdbEntryKind::kLearned;
  uint32_t age_s = 0;
  // The kernel forwards by it too.
  bool fast_path = false;
  // It has moved too often.
  bool held = false;
};

struct TableStats {
  MacTable::Stats table;
  // Stations that are held, now and since the bridge was made or the daemon started.
  size_t held = 0;
  uint64_t holds = 0;
};

struct PortVlans {
  std::string bridge;
  PortSpec spec;
};

// What is known of multicast. `expires_s`: from now on.
struct MdbPort {
  std::string port;
  uint32_t expires_s = 0;
};
struct MdbGroup {
  std::string bridge;
  VlanId vlan = 0;
  std::string group;
  // None: its last member has left.
  std::vector<MdbPort> ports;
  uint32_t expires_s = 0;
};
struct MdbRouter {
  std::string bridge;
  // Nullopt: it was set to be one, in all VLANs and for good.
  std::optional<VlanId> vlan;
  MdbPort port;
  // None, but takes all groups for a while, in all VLANs: it has joined more than are kept.
  bool overflowed = false;
};
struct MdbQuerier {
  std::string bridge;
  VlanId vlan = 0;
  bool ipv6 = false;
  std::string address;
  // No name: the bridge itself asks.
  MdbPort port;
};
struct MdbReport {
  std::vector<MdbGroup> groups;
  std::vector<MdbRouter> routers;
  std::vector<MdbQuerier> queriers;
};

struct RstpPortStatus {
  std::string port;
  // As the protocol has it: priority and number, in hexadecimal.
  std::string port_id;
  // "disabled", "root", "designated", "alternate", "backup".
  std::string role;
  // "discarding", "learning", "forwarding".
  std::string state;
  uint32_t path_cost = 0;
  bool edge = false;
  bool point_to_point = false;
  // "rstp"; "stp" where a neighbour speaks nothing else.
  std::string protocol;
  // What the port holds best of what was said on its segment, by itself or others.
  std::string designated_bridge;
  std::string designated_port;
  uint32_t designated_cost = 0;
  uint64_t ingress_bpdus = 0;
  uint64_t egress_bpdus = 0;
  uint64_t ignored_bpdus = 0;
};

// Of a bridge with rstp=on.
struct RstpStatus {
  std::string bridge;
  std::string bridge_id;
  std::string root_id;
  // Empty: this bridge is the root.
  std::string root_port;
  uint32_t root_path_cost = 0;
  // The root's, in seconds.
  uint32_t max_age_s = 0;
  uint32_t hello_time_s = 0;
  uint32_t forward_delay_s = 0;
  bool topology_change = false;
  uint64_t topology_changes = 0;
  std::vector<RstpPortStatus> ports;
};

struct PortStats {
  std::string name;
  std::string bridge;
  // ingress: what the port's other end sent, lost in our queue included. egress: what was put in
  // the other end's queue.
  PortTotals counters;
  // Of these, what the kernel has forwarded by itself.
  uint64_t fast_ingress_frames = 0;
  uint64_t fast_egress_frames = 0;
  // How many stations that were known elsewhere were then seen here.
  uint64_t moves = 0;
};

struct SwitchStats {
  std::vector<PortStats> ports;
  std::vector<WorkerStats> workers;
};

// A TAP that stays for now although its port was deleted, set down: a guest has it open.
struct KeptTap {
  std::string name;
  // Nullopt: we may not see it.
  std::optional<TapHolder> holder;
};

// By the names of their ports.
using KeptTaps = std::map<std::string, KeptTap>;
using PortNames = std::set<std::string, std::less<>>;

// What would become of one frame (bridge/trace.h), by the names of ports.
struct TraceReport {
  std::vector<TraceStep> steps;
  std::vector<std::string> egress;
  DropReason drop = DropReason::kNone;
};

struct CaptureRequest {
  std::vector<std::string> ports;
  // A program of classic BPF as text (switch/capture/filter.h); empty: all frames.
  std::string filter;
  bool drops = false;
};

struct MirrorStatus {
  std::string bridge;
  MirrorSpec spec;
};

class Controller {
 public:
  virtual ~Controller() = default;

  virtual absl::Status AddBridge(std::string_view name, const Settings& settings,
                                 bool may_exist) = 0;
  // `force`: its ports go along, each as by DeletePort() with force; otherwise FailedPrecondition
  // when it has some.
  virtual absl::Status DeleteBridge(std::string_view name, bool if_exists, bool force) = 0;
  virtual absl::Status SetBridge(std::string_view name, const Settings& settings) = 0;

  // `caller`'s user becomes the TAP's owner unless settings say owner=USER. Only root may name
  // another user.
  virtual absl::Status AddPort(std::string_view bridge, std::string_view port,
                               const Settings& settings, bool may_exist, const Caller& caller) = 0;
  // `bridge` may be empty. A TAP that the switch made goes along; one that a guest has open is kept
  // until the guest lets go, unless `force`, which also removes one that was kept so.
  virtual absl::StatusOr<std::optional<KeptTap>> DeletePort(std::string_view bridge,
                                                            std::string_view port, bool if_exists,
                                                            bool force, const Caller& caller) = 0;
  // The port keeps its device, its guest and its counters; its static entries go. It leaves its
  // mirrors, as with DeletePort(): FailedPrecondition when it is the target of one.
  virtual absl::Status MovePort(std::string_view port, std::string_view bridge,
                                const Caller& caller) = 0;
  virtual absl::Status SetPort(std::string_view port, const Settings& settings,
                               const Caller& caller) = 0;

  virtual std::vector<BridgeStatus> Show() = 0;

  // An empty `bridge` stands for all in FdbShow and FdbStats, an empty `port` in FdbFlush.
  virtual absl::StatusOr<std::vector<FdbRow>> FdbShow(std::string_view bridge) = 0;
  virtual absl::StatusOr<FdbRow> FdbGet(std::string_view bridge, MacAddress mac, VlanId vlan) = 0;
  // A static entry, or a sticky one: that ages, and comes back, as if just seen, when its port
  // comes up again and when the daemon starts.
  virtual absl::Status FdbAdd(std::string_view bridge, MacAddress mac, std::string_view port,
                              VlanId vlan, bool sticky) = 0;
  // The entry, and what has asked for it.
  virtual absl::Status FdbDelete(std::string_view bridge, MacAddress mac, VlanId vlan) = 0;
  virtual absl::Status FdbFlush(std::string_view bridge, std::string_view port,
                                std::optional<VlanId> vlan, std::optional<MacAddress> mac) = 0;
  virtual absl::StatusOr<std::vector<std::pair<std::string, TableStats>>> FdbStats(
      std::string_view bridge) = 0;

  // An empty `bridge` stands for all. `vid`: a VLAN or a range, as text (model/vlan_settings.h).
  virtual absl::StatusOr<std::vector<PortVlans>> VlanShow(std::string_view bridge) = 0;
  virtual absl::Status VlanAdd(std::string_view port, std::string_view vid, bool pvid,
                               bool untagged) = 0;
  virtual absl::Status VlanDelete(std::string_view port, std::string_view vid) = 0;
  // Of all bridges that snoop, if `bridge` is empty.
  virtual absl::StatusOr<MdbReport> MdbShow(std::string_view bridge) = 0;
  // Forgets groups, routers and queriers that were learned.
  virtual absl::Status MdbFlush(std::string_view bridge) = 0;
  // An empty `bridge`: all that have rstp=on. FailedPrecondition: the one that is named has not.
  virtual absl::StatusOr<std::vector<RstpStatus>> RstpShow(std::string_view bridge) = 0;
  virtual absl::Status AddMirror(std::string_view bridge, MirrorSpec mirror) = 0;
  virtual absl::Status DeleteMirror(std::string_view bridge, std::string_view name) = 0;
  // An empty `bridge` stands for all.
  virtual absl::StatusOr<std::vector<MirrorStatus>> ShowMirrors(std::string_view bridge) = 0;

  // `changes` calls some of the methods above that change what is asked for, each of which sees
  // what those before it have come to; nothing is done before all have succeeded. Then it is done
  // as one change, or an error tells what it is about (model/subject.h). DeletePort() answers
  // nullopt meanwhile; the TAPs that are kept are known in the end.
  virtual absl::StatusOr<KeptTaps> Together(const std::function<absl::Status()>& changes) = 0;

  // Since the daemon started, or the last ResetStats().
  virtual SwitchStats Stats() = 0;
  // Ports and workers: tables go on.
  virtual void ResetStats() = 0;
  // `ethernet`: from the destination address on. Nothing of it is sent, learned or counted.
  // InvalidArgument: no frame is so short or long; FailedPrecondition: the port has no device.
  virtual absl::StatusOr<TraceReport> TraceFrame(std::string_view port,
                                                 std::span<const uint8_t> ethernet) = 0;

  // Runs until the caller's connection ends; the reply takes the two descriptors of its memory
  // along (switch/capture/ring_layout.h). FailedPrecondition: the caller has one already, or no
  // connection.
  virtual absl::Status StartCapture(const CaptureRequest& request, const Caller& caller) = 0;

  // Ends the daemon after the reply was sent. `keep_forwarding`: the kernel goes on with what it
  // knows, and the devices stay as they are, until the next daemon takes over.
  virtual void RequestExit(bool keep_forwarding, const Caller& caller) = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_CONTROLLER_H_
