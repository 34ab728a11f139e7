// The Controller of a running switch: bridges and ports in memory, their devices in the kernel,
// their forwarding snapshot in the workers, their desired state on disk.
//
// Link events keep it true to the kernel: a guest that goes takes its learned entries with it, a
// device that is deleted leaves its port `missing`, and a device of that name that appears brings
// the port back.
//
// Thread-safety: control thread only. Ownership: bridges own ports, ports own devices; tables are
// shared with the snapshots. Limits: kMaxPorts ports, 256 bridges.
#ifndef VSWITCH_SWITCH_CORE_SWITCH_CONTROLLER_H_
#define VSWITCH_SWITCH_CORE_SWITCH_CONTROLLER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bridge/forwarding_config.h"
#include "switch/core/controller.h"
#include "switch/link/link_watcher.h"
#include "switch/port/port_device.h"
#include "switch/worker/worker_group.h"

namespace vswitch {

class SwitchController : public Controller {
 public:
  struct Options {
    std::string state_path;
    int workers = 1;
    Worker::Options worker;         // Of each.
    std::function<void()> on_exit;  // RequestExit()
  };

  // Starts the workers, loads the desired state and brings up what it can of it. A port that cannot
  // be brought up is no error: it is shown as missing, and tried again when its device changes. A
  // damaged state file is one.
  static absl::StatusOr<std::unique_ptr<SwitchController>> Start(Options options);
  // Leaves nothing in the kernel but the guests' TAPs.
  ~SwitchController() override;

  void OnLinkEvent(const LinkEvent& event);
  // Once a second: sweeps the tables and tries missing ports whose device has changed.
  void OnTick();

  absl::Status AddBridge(std::string_view name, const Settings& settings, bool may_exist) override;
  absl::Status DeleteBridge(std::string_view name, bool if_exists) override;
  absl::Status SetBridge(std::string_view name, const Settings& settings) override;
  absl::Status AddPort(std::string_view bridge, std::string_view port, const Settings& settings,
                       bool may_exist, const Caller& caller) override;
  absl::Status DeletePort(std::string_view bridge, std::string_view port, bool if_exists) override;
  absl::Status SetPort(std::string_view port, const Settings& settings,
                       const Caller& caller) override;
  std::vector<BridgeStatus> Show() override;
  absl::StatusOr<std::vector<FdbRow>> FdbShow(std::string_view bridge) override;
  absl::StatusOr<FdbRow> FdbGet(std::string_view bridge, MacAddress mac, VlanId vlan) override;
  absl::Status FdbAdd(std::string_view bridge, MacAddress mac, std::string_view port,
                      VlanId vlan) override;
  absl::Status FdbDelete(std::string_view bridge, MacAddress mac, VlanId vlan) override;
  absl::Status FdbFlush(std::string_view bridge, std::string_view port,
                        std::optional<VlanId> vlan) override;
  absl::StatusOr<std::vector<std::pair<std::string, MacTable::Stats>>> FdbStats(
      std::string_view bridge) override;
  SwitchStats Stats() override;
  void RequestExit() override;

 private:
  struct Bridge;

  struct Port {
    PortSpec spec;
    PortId id = kNoPort;
    Bridge* bridge = nullptr;
    std::unique_ptr<PortDevice> device;  // Null while missing.
    std::string problem;                 // Why it is.
    KernelDrops past_drops;              // Of devices that the port had before.
    bool up = false;                     // As the workers know it.
    bool retry = false;                  // Missing, and its device has changed since the last try.
  };

  struct Bridge {
    BridgeSpec spec;  // Without its ports, which are below.
    BridgeId id = kNoBridge;
    std::shared_ptr<MacTable> table;
    std::vector<std::unique_ptr<Port>> ports;  // In the order of creation.
  };

  explicit SwitchController(Options options) : options_(std::move(options)) {}
  absl::Status Restore();

  absl::StatusOr<Bridge*> FindBridge(std::string_view name);
  // One bridge, or all when `name` is empty.
  absl::StatusOr<std::vector<Bridge*>> BridgesNamed(std::string_view name);
  absl::StatusOr<Port*> FindPort(std::string_view name);
  Bridge* NewBridge(BridgeSpec spec);
  Port* NewPort(Bridge* bridge, PortSpec spec);
  void ErasePort(Port* port);
  std::shared_ptr<MacTable> NewTable(const BridgeSpec& spec, const Bridge* bridge);

  // Device, workers and snapshot; the state file is the caller's.
  absl::Status AttachDevice(Port* port);
  void DetachDevice(Port* port);
  // Brings a port's part of the snapshot in line with its device; flushes a port that went down.
  void FollowDevice(Port* port);
  void TryAgain(Port* port);

  absl::Status Save() const;
  std::shared_ptr<const ForwardingConfig> BuildConfig();
  // Waits until every worker goes by a new snapshot.
  void Publish();

  PortStatus StatusOf(const Port& port) const;
  FdbRow RowOf(const Bridge& bridge, const FdbEntry& entry) const;

  Options options_;
  std::unique_ptr<WorkerGroup> workers_;
  std::vector<std::unique_ptr<Bridge>> bridges_;  // In the order of creation.
  std::vector<Port*> ports_by_id_;
  std::map<std::string, Port*, std::less<>> ports_by_name_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_SWITCH_CONTROLLER_H_
