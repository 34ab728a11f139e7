// The Controller of a running switch. What was asked for is one value (`Desired`); what runs, the
// tables in memory and the devices in the kernel, follows it. A verb edits a copy of that value and
// calls Commit(), which alone changes things:
//
//   check -> tables, devices, static entries -> state file -> workers -> what goes is taken away
//
// Up to the state file every step can be taken back, and is when a later one fails; after it
// nothing can fail any more. README.md lists the files.
//
// Link events keep it true to the kernel: a guest that goes takes its learned entries with it, a
// device that is deleted leaves its port `missing`, and a device of that name that appears brings
// the port back.
//
// Thread-safety: control thread only. Ownership: bridges own tables, which they share with the
// snapshots, and ports own devices. Limits: kMaxPorts ports, kMaxBridges bridges.
#ifndef VSWITCH_SWITCH_CORE_SWITCH_CONTROLLER_H_
#define VSWITCH_SWITCH_CORE_SWITCH_CONTROLLER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bridge/forwarding_config.h"
#include "bridge/snooping/snooping.h"
#include "switch/core/bpdu_guard.h"
#include "switch/core/captures.h"
#include "switch/core/controller.h"
#include "switch/core/draft.h"
#include "switch/core/fast_forwarding.h"
#include "switch/core/live.h"
#include "switch/core/loop_guard.h"
#include "switch/core/rest.h"
#include "switch/core/spanning_tree.h"
#include "switch/core/watchdog.h"
#include "switch/link/link_watcher.h"
#include "switch/model/desired.h"
#include "switch/model/state_file.h"
#include "switch/port/port_device.h"
#include "switch/port/private_namespace.h"
#include "switch/worker/worker_group.h"

namespace vswitch {

struct StateDiff;

class SwitchController : public Controller {
 public:
  static constexpr size_t kMaxBridges = 256;

  struct Options {
    std::string state_path;
    int workers = 1;
    // Of each.
    Worker::Options worker;
    bool fast_path = true;
    // RequestExit().
    std::function<void(bool keep_forwarding)> on_exit;
  };

  // Starts the workers, loads the desired state and brings up what it can of it. A port that cannot
  // be brought up is no error: it is shown as missing or broken, and tried again when its device
  // changes. A damaged state file is one.
  static absl::StatusOr<std::unique_ptr<SwitchController>> Start(Options options);
  // Leaves nothing in the kernel but the guests' TAPs.
  ~SwitchController() override;

  void OnLinkEvent(const LinkEvent& event);
  // After those that came together: cleans up after guests that let go of TAPs; waits 2 ms if any.
  void CleanUpAfterGuests();
  // Of the workers: readable when OnPortNotices() is to be called.
  int notice_event() const { return workers_->notice_event(); }
  void OnPortNotices();
  // Likewise of trapped frames. In how many microseconds to call it again; 0: at the next event.
  int trap_event() const { return workers_->trap_event(); }
  uint64_t OnTraps();
  // When one of candidate_events() is readable, and again in a moment while it answers true.
  bool OnCandidates();
  std::vector<int> candidate_events();
  // Once a second: sweeps the tables, tries ports without a device whose device has changed, and
  // looks whether frames are read.
  void OnTick();

  absl::Status AddBridge(std::string_view name, const Settings& settings, bool may_exist) override;
  absl::Status DeleteBridge(std::string_view name, bool if_exists, bool force) override;
  absl::Status SetBridge(std::string_view name, const Settings& settings) override;
  absl::Status AddPort(std::string_view bridge, std::string_view port, const Settings& settings,
                       bool may_exist, const Caller& caller) override;
  absl::StatusOr<std::optional<KeptTap>> DeletePort(std::string_view bridge, std::string_view port,
                                                    bool if_exists, bool force,
                                                    const Caller& caller) override;
  absl::Status MovePort(std::string_view port, std::string_view bridge,
                        const Caller& caller) override;
  absl::Status SetPort(std::string_view port, const Settings& settings,
                       const Caller& caller) override;
  std::vector<BridgeStatus> Show() override;
  absl::StatusOr<std::vector<FdbRow>> FdbShow(std::string_view bridge) override;
  absl::StatusOr<FdbRow> FdbGet(std::string_view bridge, MacAddress mac, VlanId vlan) override;
  absl::Status FdbAdd(std::string_view bridge, MacAddress mac, std::string_view port, VlanId vlan,
                      bool sticky) override;
  absl::Status FdbDelete(std::string_view bridge, MacAddress mac, VlanId vlan) override;
  absl::Status FdbFlush(std::string_view bridge, std::string_view port, std::optional<VlanId> vlan,
                        std::optional<MacAddress> mac) override;
  absl::StatusOr<std::vector<std::pair<std::string, TableStats>>> FdbStats(
      std::string_view bridge) override;
  absl::StatusOr<std::vector<PortVlans>> VlanShow(std::string_view bridge) override;
  absl::Status VlanAdd(std::string_view port, std::string_view vid, bool pvid,
                       bool untagged) override;
  absl::Status VlanDelete(std::string_view port, std::string_view vid) override;
  absl::StatusOr<MdbReport> MdbShow(std::string_view bridge) override;
  absl::Status MdbFlush(std::string_view bridge) override;
  absl::StatusOr<std::vector<RstpStatus>> RstpShow(std::string_view bridge) override;
  absl::Status AddMirror(std::string_view bridge, MirrorSpec mirror) override;
  absl::Status DeleteMirror(std::string_view bridge, std::string_view name) override;
  absl::StatusOr<std::vector<MirrorStatus>> ShowMirrors(std::string_view bridge) override;
  absl::StatusOr<KeptTaps> Together(const std::function<absl::Status()>& changes) override;
  SwitchStats Stats() override;
  void ResetStats() override;
  absl::StatusOr<TraceReport> TraceFrame(std::string_view port,
                                         std::span<const uint8_t> ethernet) override;
  absl::Status StartCapture(const CaptureRequest& request, const Caller& caller) override;
  void RequestExit(bool keep_forwarding, const Caller& caller) override;

  // What all of the verbs above that change anything come down to: makes `next` the desired state,
  // whatever differs from the present one, or changes nothing. Ports that stay keep their `created`
  // as it is. ResourceExhausted: too many bridges or ports (those that go with this change count
  // too, as they go last), or more static entries than a table has room for; else CheckState()'s
  // error, a device's, or the state file's.
  //
  // `forced`: ports whose TAPs are removed although guests have them open.
  absl::Status Commit(Desired next, const PortNames& forced = {});

  const Desired& desired() const { return desired_; }

 private:
  class Transaction;

  using Hold = HeldUntil;
  using Bridge = LiveBridge;
  using Port = LivePort;

  SwitchController(Options options, StateLock lock);
  absl::Status Restore();
  // What an earlier daemon has left in the kernel, which goes on forwarding by it meanwhile, is
  // brought in line with the desired state; then, when ports have their devices, taken over.
  void TakeUpLeft();
  LeftSettings LeftSettingsOf(const BridgeSpec& bridge, const PortSpec& spec);
  void EndTakeOver();
  // Of a port that is not up: whether the kernel may go on by what it knows; and ends it if not.
  bool MayGoOn(const Port& port) const;
  void EndLeft(Port* port);
  // The number that the bridge had with an earlier daemon, or a new one.
  uint32_t NumberFor(const BridgeSpec& spec);

  // together.cc: what verbs read and edit, and what they do when it is in force.
  const Desired& wanted() const;
  Desired ToEdit();
  void Afterwards(std::function<void()> step);
  // In what is wanted, or NotFound with what comes near. All bridges when `name` is empty.
  absl::StatusOr<const BridgeSpec*> FindBridge(std::string_view name) const;
  absl::StatusOr<std::vector<const BridgeSpec*>> BridgesNamed(std::string_view name) const;
  absl::StatusOr<FoundPortSpec<const BridgeSpec, const PortSpec>> FindPort(
      std::string_view name) const;
  // What was asked for, with what the device has where nothing was.
  PortSpec Shown(const PortSpec& spec);
  // Of a port that was deleted, of what SweepLeftovers() has left.
  absl::StatusOr<std::optional<KeptTap>> TakeKeptTap(const std::vector<LinkInfo>& left,
                                                     std::string_view name, bool force);
  // InvalidArgument when the port is on another bridge.
  absl::Status CheckIsOn(std::string_view bridge, std::string_view port) const;

  // What runs of them. REQUIRES: something does.
  Bridge& RunningBridge(std::string_view name) { return bridges_.find(name)->second; }
  Port& RunningPort(std::string_view name) { return *ports_.find(name)->second; }

  // ResourceExhausted when there is no memory.
  static absl::StatusOr<std::shared_ptr<MacTable>> NewTable(const BridgeSpec& spec);
  // False when there is no room.
  bool AddStatic(MacTable* table, const StaticEntrySpec& entry);
  // port_rules.cc: tables and ports brought in line with what was asked for of them.
  void FollowSpecs();
  // FailedPrecondition for a limit that is to be below what is there.
  absl::Status CheckLearnLimits(const StateDiff& diff);
  // After the snapshot: what must not be known any more is forgotten.
  void ForgetBySettings(const StateDiff& diff);
  bool Passes(const Port& port) const;
  // After each snapshot: forgets the stations of ports by which no frame passes any more, and puts
  // what was added to ports by which they do again.
  void FollowStations();
  void DropShutSticky(const BridgeSpec& spec);
  // As if just seen.
  void PutAddedSticky(const BridgeSpec& spec, std::string_view port);
  // Those of the table, of all ports or of one by its name.
  std::vector<FdbEntry> AddedSticky(const BridgeSpec& spec, std::string_view port) const;
  // What was learned goes by `flush`, at a port or, without its name, anywhere; what was added as
  // sticky and is there stays. What has gone counts until FreeFlushed(), or a second more.
  void Flush(const BridgeSpec& spec, std::string_view port, const std::function<void()>& flush);
  void FlushStations(const BridgeSpec& spec, Port* port);
  // What was flushed counts no more: at once.
  static void FreeFlushed(Bridge* bridge);
  // Likewise, where there are limits.
  void FreeLimited();
  void KeepMoves(Port* port, const MacTable& table);

  // holds.cc.
  void SetMoveLimit(const BridgeSpec& spec, Bridge* bridge);
  void HoldFlapping();
  bool BeginHold(std::string_view name, Bridge* bridge, const MoveLimiter::Flapping& flapping);
  bool IsServing(const Bridge& bridge, PortId port) const;
  // Of those that have what is given.
  void EndHolds(Bridge* bridge, std::optional<MacAddress> mac, std::optional<VlanId> vlan,
                PortId port);
  static std::shared_ptr<const HeldStations> HeldOn(const Bridge& bridge);
  absl::StatusOr<Bridge*> NewBridge(const BridgeSpec& spec);
  // With `problem`.
  Bridge* NewBrokenBridge(const BridgeSpec& spec, const absl::Status& problem);
  // The id that the port had with an earlier daemon, or one that is free; nullopt: all are taken.
  std::optional<PortId> FreeId(std::string_view name) const;
  // Null when all slots are taken.
  Port* NewPort(std::string_view name, Bridge* bridge);
  // REQUIRES: the port has no device.
  void ErasePort(Port* port);

  // Makes the device, which may make a guest TAP: then `spec` has it as created. Frames flow when
  // Serve() has told the workers.
  // `in_haste`: see PortDevice::Options.
  absl::Status Attach(Port* port, const BridgeSpec& bridge, PortSpec* spec, bool in_haste);
  void Serve(Port* port);
  // Both the other way round; the port stays, without a device.
  void Detach(Port* port);
  // Brings a port's part of the snapshot in line with its device.
  void FollowDevice(Port* port);
  void LogState(Port* port, bool up);
  // Keeps frames to a netdev's own address from being flooded for ever: nobody else would ever send
  // from it.
  void LearnOwnAddress(Port* port);
  absl::Status AttachAgain(Port* port, PortSpec* spec);
  void BringUp(Port* port, PortSpec* spec);
  void TryAgain(Port* port);
  // A worker reads the port no more.
  void OnReadingEnded(Port* port, const std::string& why);
  // Detaches from a device by which no frame can pass any more, and tries again with the next tick.
  void Lose(Port* port, const absl::Status& problem);
  void LogRepair(Port* port, const std::string& amiss);
  void LookAtHooks();
  void SettlePorts();
  bool LookAtDevice(Port* port, LinkEvent::Kind kind, int ifindex);
  // At what ports have in other network namespaces, a part of them each time.
  void LookElsewhere();
  // Loses ports whose frames wait and are not read.
  void WatchQueues();
  // For a port whose device is about to be destroyed, or was missing: lets all go that destruction
  // leaves behind. CleanNetdevs() comes after the destruction and takes care of what failed.
  void Forget(Port* port, bool force);
  void CleanNetdevs();
  // Removes what there may still be of ports that are gone; returns what has to stay for now.
  std::vector<LinkInfo> SweepLeftovers();

  // Why the kernel may not forward for the port by itself; empty when it may.
  std::string WhySlow(const BridgeSpec& bridge, const PortSpec& port) const;
  // REQUIRES: the port has a device.
  static FastPort FastPortOf(const BridgeSpec& bridge, const PortSpec& spec, const Port& port,
                             const PortForwarding& forwarding);
  MacTable* TableOf(uint32_t bridge_number);
  void TellTablesOfFastPath();

  // A frame that a worker has trapped on this port.
  void OnTrap(Port* port, const TrappedFrame& frame);
  // Sends a frame of the switch's own to whoever is behind the port: whole as it is to arrive, tags
  // and all, without offload header. Counts it, sent or lost; never waits.
  void Originate(Port* port, std::span<const uint8_t> ethernet);
  // Likewise a frame without tag in a VLAN: with the tag that the port has for it, or not at all.
  void OriginateIn(Port* port, VlanId vlan, std::span<const uint8_t> ethernet);

  // The source of what a bridge sends in its own name.
  static MacAddress OwnMac(const Bridge& bridge);
  // Brings a bridge's snooping in line with its ports. REQUIRES: FollowTree() has come before.
  void TellSnooping(const BridgeSpec& spec, Bridge* bridge);
  void OnGroupMessage(Port* port, const TrappedFrame& frame);
  void SendQueries(const BridgeSpec& spec, Bridge* bridge);
  // Sends what is to be sent, and tells the workers of groups, not too often: in how many
  // microseconds it is to be called again, 0: when something was heard.
  uint64_t FollowGroups();
  void PublishGroups();
  // If those of these bridges have changed.
  void PublishGroupsOf(const std::vector<const BridgeSpec*>& bridges);
  void TickSnooping();

  // 0: no port of it has a loop guard.
  static uint64_t ProbeIdOf(const BridgeSpec& bridge, const Bridge& running);
  void TellLoopGuard(const BridgeSpec& bridge, const PortSpec& spec, const Port& port);
  // What trees and snooping go by: opens what is guarded no more.
  void TellGuards();
  // Whether the bridge itself is at the port, with BPDUs and queries: where nothing passes but by
  // mirrors, or at all, it is not.
  bool TakesPart(const Port& port) const;
  // By which nothing leaves, also no probe.
  bool IsSilent(const Port& port) const;
  void SendLoopProbes();
  void OnLoopProbe(Port* port, const TrappedFrame& frame);
  // REQUIRES: the port is blocked.
  std::string LoopDetail(const Port& port) const;
  void TickLoopGuard();
  void EndCapture(uint64_t number);
  // Of the bridge's mirrors. REQUIRES: all of its ports are in the snapshot.
  void TellMirrors(const BridgeSpec& spec, ForwardingConfig* config) const;
  // Whether the kernel would take a frame that was traced so, in words.
  std::string FastPathOf(const Port& ingress, const TraceResult& traced) const;

  // Makes anew what of the port's rules has changed; the rest keeps what it has counted.
  void FollowRules(const PortSpec& spec, Port* port);
  // A line for each port whose guard has dropped something since the last tick.
  void LogGuards();
  // ---- Spanning tree ----
  // Brings a bridge's tree in line with its ports, and ports' stp_state with it.
  void FollowTree(const BridgeSpec& spec, Bridge* bridge);
  rstp::PortSettings TreeSettings(const PortSpec& spec, const Port& port) const;
  // What the data path is to make of the port by its bridge's tree.
  StpState TreeStateOf(const Port& port) const;
  // The data path after the trees have moved: closes, then opens, then does what they want. Unless
  // `at_once`, what opens may have to wait: in how many microseconds it is to be called again; 0:
  // when something was heard.
  uint64_t ApplyTrees(bool at_once);
  // Forgets and sends. REQUIRES: the workers go by what the trees have come to.
  void WorkOffTrees();
  void OnBpdu(Port* port, const TrappedFrame& frame);
  void TickTrees();
  // Opens the port again if bpdu_guard has blocked it.
  void OpenGuarded(Port* port);
  // What there is to say in `show`; empty: nothing.
  std::string TreeDetail(const Port& port) const;
  RstpStatus TreeStatus(const BridgeSpec& spec, const Bridge& bridge) const;

  std::shared_ptr<const ForwardingConfig> BuildConfig();
  static BridgeForwarding ForwardingOf(const BridgeSpec& spec, const Bridge& bridge);
  PortForwarding ForwardingOf(const BridgeSpec& bridge, const PortSpec& spec, const Port& port);
  VlanPolicy VlanPolicyOf(const PortSpec& spec);
  // What was learned of ports in VLANs that they carry no longer, or otherwise. Behind Publish().
  void ForgetChangedVlans(const StateDiff& diff);
  // Waits until every worker goes by a new snapshot.
  void Publish();
  // Behind it.
  void FollowSnapshot();

  PortStatus StatusOf(const PortSpec& spec);
  // The workers' counts, and what the kernel lost around our queues.
  PortTotals TotalsOf(const Port& port) const;
  // Since the daemon started.
  PortStats CountedOf(const Port& port) const;
  FdbRow RowOf(const BridgeSpec& bridge, const FdbEntry& entry) const;

  Options options_;
  StateLock lock_;
  // Before the workers, who use its memory.
  FastForwarding fast_;
  std::unique_ptr<WorkerGroup> workers_;
  // What they had counted when the counters were last reset.
  std::vector<WorkerStats> workers_reset_at_;
  Desired desired_;
  std::unique_ptr<Draft> draft_;
  std::map<std::string, Bridge, std::less<>> bridges_;
  std::map<std::string, std::unique_ptr<Port>, std::less<>> ports_;
  std::vector<Port*> ports_by_id_;
  // What the workers go by.
  std::shared_ptr<const ForwardingConfig> config_ = std::make_shared<const ForwardingConfig>();
  // Where devices are made.
  PrivateNamespace private_namespace_;
  Watchdog watchdog_;
  LoopGuard loop_guard_;
  // When OnTraps() may look again.
  uint64_t next_traps_us_ = 0;
  // When FollowGroups() may tell the workers again, and when PublishGroupsOf() may.
  uint64_t next_groups_us_ = 0;
  uint64_t earliest_groups_us_ = 0;
  BpduGuard bpdu_guard_;
  // While ports close by a tree's will, and none opens yet.
  bool closing_only_ = false;
  // From what trees have opened and closed to what they open next.
  Rest opening_rest_;
  uint32_t ticks_ = 0;
  // Whether something may be left of ports that are gone.
  bool sweep_due_ = true;
  // Ports that were forgotten and stand for netdevs of others.
  std::vector<std::string> netdevs_to_clean_;
  uint32_t next_bridge_number_ = 1;
  Captures captures_;
  // For those who may outlive this.
  std::shared_ptr<SwitchController*> self_ = std::make_shared<SwitchController*>(this);
  // How often stations had moved, in all tables, at the last tick.
  uint64_t moves_ = 0;
  // By the text of PortSpec::trunks, as long as a snapshot has it.
  std::map<std::string, std::weak_ptr<const VlanSet>> vlan_sets_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_SWITCH_CONTROLLER_H_
