// The verbs. How ports follow their devices is in port_lifecycle.cc.
#include "switch/core/switch_controller.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_join.h"
#include "glog/logging.h"
#include "switch/base/nearest.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/model/names.h"
#include "switch/model/settings.h"
#include "switch/model/state_file.h"

namespace vswitch {
namespace {

constexpr size_t kMaxBridges = 256;

uint64_t RandomSeed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

absl::StatusOr<SwitchController::Bridge*> SwitchController::FindBridge(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& bridge : bridges_) {
    if (bridge->spec.name == name) return bridge.get();
    names.push_back(bridge->spec.name);
  }
  return absl::NotFoundError(StrCat("there is no bridge '", name, "'",
                                    DidYouMean(name, names, "'vswitchctl list-br' lists all")));
}

absl::StatusOr<SwitchController::Port*> SwitchController::FindPort(std::string_view name) {
  const auto found = ports_by_name_.find(name);
  if (found != ports_by_name_.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [other, port] : ports_by_name_) names.push_back(other);
  return absl::NotFoundError(StrCat("there is no port '", name, "'",
                                    DidYouMean(name, names, "'vswitchctl show' lists them")));
}

absl::StatusOr<std::vector<SwitchController::Bridge*>> SwitchController::BridgesNamed(
    std::string_view name) {
  std::vector<Bridge*> bridges;
  if (!name.empty()) {
    auto bridge = FindBridge(name);
    if (!bridge.ok()) return bridge.status();
    bridges.push_back(*bridge);
    return bridges;
  }
  for (const auto& bridge : bridges_) bridges.push_back(bridge.get());
  return bridges;
}

// ---- Bridges ----

absl::Status SwitchController::AddBridge(std::string_view name, const Settings& settings,
                                         bool may_exist) {
  if (const absl::Status status = CheckBridgeName(name); !status.ok()) return status;
  if (FindBridge(name).ok()) {
    if (may_exist) return absl::OkStatus();
    return absl::AlreadyExistsError(
        StrCat("bridge '", name, "' exists already; --may-exist accepts that"));
  }
  if (bridges_.size() >= kMaxBridges) {
    return absl::ResourceExhaustedError(
        StrCat("a switch has at most ", kMaxBridges, " bridges: delete one first"));
  }
  BridgeSpec spec{.name = std::string(name)};
  if (const absl::Status status = ApplyBridgeSettings(settings, &spec); !status.ok()) return status;
  NewBridge(std::move(spec));
  if (const absl::Status status = Save(); !status.ok()) {
    bridges_.pop_back();
    return status;
  }
  Publish();
  return absl::OkStatus();
}

absl::Status SwitchController::DeleteBridge(std::string_view name, bool if_exists) {
  auto bridge = FindBridge(name);
  if (!bridge.ok()) return if_exists ? absl::OkStatus() : bridge.status();
  if (!(*bridge)->ports.empty()) {
    return absl::FailedPreconditionError(
        StrCat("bridge '", name, "' still has ", (*bridge)->ports.size(), " port(s): ",
               absl::StrJoin((*bridge)->ports, ", ",
                             [](std::string* out, const auto& port) { *out += port->spec.name; }),
               "; delete them first with 'vswitchctl del-port ", name, " PORT'"));
  }
  const auto place =
      std::ranges::find(bridges_, *bridge, [](const auto& owner) { return owner.get(); });
  std::unique_ptr<Bridge> removed = std::move(*place);
  const auto index = place - bridges_.begin();
  bridges_.erase(place);
  if (const absl::Status status = Save(); !status.ok()) {
    bridges_.insert(bridges_.begin() + index, std::move(removed));
    return status;
  }
  Publish();
  return absl::OkStatus();
}

absl::Status SwitchController::SetBridge(std::string_view name, const Settings& settings) {
  auto found = FindBridge(name);
  if (!found.ok()) return found.status();
  Bridge& bridge = **found;
  const BridgeSpec before = bridge.spec;
  if (const absl::Status status = ApplyBridgeSettings(settings, &bridge.spec); !status.ok()) {
    return status;
  }
  if (const absl::Status status = Save(); !status.ok()) {
    bridge.spec = before;
    return status;
  }
  if (bridge.spec.fdb_entries != before.fdb_entries) bridge.table = NewTable(bridge.spec, &bridge);
  bridge.table->SetAgeing(bridge.spec.ageing_s);
  Publish();
  return absl::OkStatus();
}

SwitchController::Bridge* SwitchController::NewBridge(BridgeSpec spec) {
  auto bridge = std::make_unique<Bridge>();
  bridge->table = NewTable(spec, nullptr);
  bridge->spec = std::move(spec);
  return bridges_.emplace_back(std::move(bridge)).get();
}

// `bridge`: whose static entries the new table takes over; null for none.
std::shared_ptr<MacTable> SwitchController::NewTable(const BridgeSpec& spec, const Bridge* bridge) {
  auto table = std::make_shared<MacTable>(MacTable::Options{
      .capacity = spec.fdb_entries, .ageing_ticks = spec.ageing_s, .seed = RandomSeed()});
  if (bridge != nullptr) {
    for (const StaticEntrySpec& entry : bridge->spec.static_entries) {
      table->AddStatic(FdbKey(entry.mac, entry.vlan), ports_by_name_[entry.port]->id, NowTick());
    }
  }
  return table;
}

// ---- Ports ----

absl::Status SwitchController::AddPort(std::string_view bridge_name, std::string_view name,
                                       const Settings& settings, bool may_exist,
                                       const Caller& caller) {
  auto bridge = FindBridge(bridge_name);
  if (!bridge.ok()) return bridge.status();
  if (const absl::Status status = CheckPortName(name); !status.ok()) return status;
  if (const auto other = ports_by_name_.find(name); other != ports_by_name_.end()) {
    if (may_exist && other->second->bridge == *bridge) return absl::OkStatus();
    return absl::AlreadyExistsError(StrCat("port '", name, "' exists already on bridge '",
                                           other->second->bridge->spec.name,
                                           "'; a name belongs to one port of one bridge"));
  }
  PortSpec spec{.name = std::string(name)};
  const absl::Status settled =
      ApplyPortSettings(settings, SettingsPhase::kCreate, caller.uid, &spec);
  if (!settled.ok()) return settled;
  Port* port = NewPort(*bridge, std::move(spec));
  if (port == nullptr) {
    return absl::ResourceExhaustedError(
        StrCat("a switch has at most ", kMaxPorts, " ports: delete one first"));
  }
  absl::Status status = AttachDevice(port);
  if (status.ok()) {
    status = Save();
    if (!status.ok()) {
      port->device->Forget().IgnoreError();
      DetachDevice(port);
    }
  }
  if (!status.ok()) {
    ErasePort(port);
    return status;
  }
  return absl::OkStatus();
}

absl::Status SwitchController::DeletePort(std::string_view bridge, std::string_view name,
                                          bool if_exists) {
  if (!bridge.empty()) {
    if (auto found = FindBridge(bridge); !found.ok()) {
      return if_exists ? absl::OkStatus() : found.status();
    }
  }
  auto found = FindPort(name);
  if (!found.ok()) return if_exists ? absl::OkStatus() : found.status();
  Port* port = *found;
  if (!bridge.empty() && port->bridge->spec.name != bridge) {
    return absl::NotFoundError(StrCat("port '", name, "' is not on bridge '", bridge, "' but on '",
                                      port->bridge->spec.name, "'"));
  }
  // The state file first: if it cannot be written, nothing has happened yet.
  Bridge* home = port->bridge;
  const std::vector<StaticEntrySpec> statics = home->spec.static_entries;
  std::erase_if(home->spec.static_entries,
                [&](const StaticEntrySpec& entry) { return entry.port == name; });
  const auto place =
      std::ranges::find(home->ports, port, [](const auto& owner) { return owner.get(); });
  const auto index = place - home->ports.begin();
  std::unique_ptr<Port> owned = std::move(*place);
  home->ports.erase(place);
  if (const absl::Status status = Save(); !status.ok()) {
    home->ports.insert(home->ports.begin() + index, std::move(owned));
    home->spec.static_entries = statics;
    return status;
  }
  home->ports.insert(home->ports.begin() + index, std::move(owned));

  absl::Status deleted;
  if (port->device != nullptr) {
    deleted = port->device->Forget();
    DetachDevice(port);
  }
  home->table->RemovePort(port->id);
  ErasePort(port);
  return deleted;
}

absl::Status SwitchController::SetPort(std::string_view name, const Settings& settings,
                                       const Caller& caller) {
  auto found = FindPort(name);
  if (!found.ok()) return found.status();
  Port& port = **found;
  const PortSpec before = port.spec;
  absl::Status status = ApplyPortSettings(settings, SettingsPhase::kChange, caller.uid, &port.spec);
  // A port without a device gets it all when the device is back.
  PortSpec undo = before;
  if (port.device != nullptr) undo.mtu = port.device->mtu();
  bool applied = false;
  if (status.ok() && port.device != nullptr) {
    status = port.device->Apply(port.spec);
    applied = status.ok();
  }
  if (status.ok()) status = Save();
  if (!status.ok()) {
    if (applied) port.device->Apply(undo).IgnoreError();
    port.spec = before;
    return status;
  }
  if (port.device != nullptr) port.device->Refresh();
  Publish();
  return absl::OkStatus();
}

SwitchController::Port* SwitchController::NewPort(Bridge* bridge, PortSpec spec) {
  auto slot = std::ranges::find(ports_by_id_, nullptr);
  if (slot == ports_by_id_.end()) {
    if (ports_by_id_.size() >= kMaxPorts) return nullptr;
    ports_by_id_.push_back(nullptr);
    slot = ports_by_id_.end() - 1;
  }
  auto port = std::make_unique<Port>();
  port->spec = std::move(spec);
  port->id = static_cast<PortId>(slot - ports_by_id_.begin());
  port->bridge = bridge;
  workers_->ResetCounters(port->id);
  *slot = port.get();
  ports_by_name_[port->spec.name] = port.get();
  return bridge->ports.emplace_back(std::move(port)).get();
}

void SwitchController::ErasePort(Port* port) {
  ports_by_id_[port->id] = nullptr;
  ports_by_name_.erase(port->spec.name);
  std::erase_if(port->bridge->ports, [&](const auto& owner) { return owner.get() == port; });
}

PortStatus SwitchController::StatusOf(const Port& port) const {
  PortStatus status{.spec = port.spec};
  if (port.device == nullptr) {
    status.state = "missing";
    status.detail = port.problem;
    status.mtu = port.spec.mtu;
    return status;
  }
  status.mtu = port.device->mtu();
  status.state = port.up ? "up" : "down";
  if (!port.up) status.detail = port.device->down_detail();
  return status;
}

std::vector<BridgeStatus> SwitchController::Show() {
  std::vector<BridgeStatus> all;
  for (const auto& bridge : bridges_) {
    BridgeStatus& status = all.emplace_back();
    status.spec = bridge->spec;
    status.fdb = bridge->table->stats();
    for (const auto& port : bridge->ports) status.ports.push_back(StatusOf(*port));
  }
  return all;
}

SwitchStats SwitchController::Stats() {
  SwitchStats stats;
  for (const auto& bridge : bridges_) {
    for (const auto& port : bridge->ports) {
      KernelDrops drops = port->past_drops;
      if (port->device != nullptr) {
        const KernelDrops now = port->device->ReadKernelDrops();
        drops.ingress_queue_full += now.ingress_queue_full;
        drops.egress_queue_full += now.egress_queue_full;
      }
      PortTotals totals = workers_->Totals(port->id);
      // What the kernel lost around our queues is counted as ours: the port's other end sent
      // ingress_frames and was given egress_frames. The kernel counts segments where it had to cut
      // a super-frame for a guest without offloads, hence the bound.
      const uint64_t lost = std::min(drops.egress_queue_full, totals.egress_frames);
      totals.ingress_frames += drops.ingress_queue_full;
      totals.egress_frames -= lost;
      totals.drops[static_cast<size_t>(DropReason::kIngressQueueFull)] += drops.ingress_queue_full;
      totals.drops[static_cast<size_t>(DropReason::kEgressQueueFull)] += lost;
      stats.ports.push_back(
          {.name = port->spec.name, .bridge = bridge->spec.name, .counters = totals});
    }
  }
  stats.workers = workers_->stats();
  return stats;
}

void SwitchController::RequestExit() { options_.on_exit(); }

}  // namespace vswitch
