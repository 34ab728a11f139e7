// How ports follow their devices, and what workers and the state file get to know of it.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "glog/logging.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/model/state_file.h"

namespace vswitch {
namespace {

// A full pass over a table takes this many ticks: slow enough to cost nothing, fast enough that
// `stats` shows few dead entries and that no age wraps.
constexpr size_t kSweepTicks = 16;

std::string GoneText(const PortSpec& spec) {
  return StrCat("the device '", spec.name, "' was deleted; the port comes back with it");
}

}  // namespace

absl::StatusOr<std::unique_ptr<SwitchController>> SwitchController::Start(Options options) {
  std::unique_ptr<SwitchController> controller(new SwitchController(std::move(options)));
  auto workers = WorkerGroup::Start(controller->options_.workers, controller->options_.worker);
  if (!workers.ok()) return workers.status();
  controller->workers_ = *std::move(workers);
  if (absl::Status status = controller->Restore(); !status.ok()) return status;
  return controller;
}

SwitchController::~SwitchController() {
  if (workers_ == nullptr) return;
  std::vector<std::unique_ptr<PortDevice>> devices;
  std::vector<PortId> attached;
  for (Port* port : ports_by_id_) {
    if (port == nullptr || port->device == nullptr) continue;
    attached.push_back(port->id);
    devices.push_back(std::move(port->device));
  }
  Publish();  // No frame is forwarded any more.
  for (const PortId id : attached) workers_->RemovePort(id, nullptr);
  PortDevice::DestroyTogether(std::move(devices));
}

absl::Status SwitchController::Restore() {
  auto state = LoadStateFile(options_.state_path);
  if (!state.ok()) return state.status();
  for (BridgeSpec& spec : state->bridges) {
    std::vector<PortSpec> ports = std::exchange(spec.ports, {});
    Bridge* bridge = NewBridge(std::move(spec));
    for (PortSpec& port_spec : ports) {
      Port* port = NewPort(bridge, std::move(port_spec));
      if (port == nullptr) return absl::ResourceExhaustedError("the state file has too many ports");
      if (OthersMustMakeIt(port->spec)) {
        port->problem = GoneText(port->spec);
      } else if (const absl::Status status = AttachDevice(port); !status.ok()) {
        LOG(WARNING) << "port " << port->spec.name << " is missing: " << status.message();
      }
    }
    for (const StaticEntrySpec& entry : bridge->spec.static_entries) {
      bridge->table->AddStatic(FdbKey(entry.mac, entry.vlan), ports_by_name_[entry.port]->id,
                               NowTick());
    }
  }
  Publish();
  return absl::OkStatus();
}

absl::Status SwitchController::AttachDevice(Port* port) {
  auto device = PortDevice::Attach({.spec = port->spec,
                                    .worker_queues = static_cast<int>(workers_->size()),
                                    .nonblocking = options_.worker.io_mode == IoMode::kPoll});
  port->retry = false;
  if (!device.ok()) {
    port->problem = std::string(device.status().message());
    return device.status();
  }
  port->device = *std::move(device);
  port->problem.clear();
  port->spec.created |= port->device->created_guest_tap();
  FollowDevice(port);
  workers_->AddPort(port->id, port->device->queues(), BuildConfig());
  return absl::OkStatus();
}

void SwitchController::DetachDevice(Port* port) {
  if (port->device == nullptr) return;
  const std::unique_ptr<PortDevice> device = std::move(port->device);
  FollowDevice(port);
  workers_->RemovePort(port->id, BuildConfig());
  const KernelDrops drops = device->ReadKernelDrops();
  port->past_drops.ingress_queue_full += drops.ingress_queue_full;
  port->past_drops.egress_queue_full += drops.egress_queue_full;
}

void SwitchController::FollowDevice(Port* port) {
  const bool up = port->device != nullptr && port->device->link_up();
  // The stations behind a link that went down may come back elsewhere.
  if (port->up && !up) port->bridge->table->FlushPort(port->id);
  port->up = up;
}

void SwitchController::TryAgain(Port* port) {
  port->retry = false;
  if (OthersMustMakeIt(port->spec)) return;
  if (const absl::Status status = AttachDevice(port); !status.ok()) return;
  LOG(INFO) << "port " << port->spec.name << " is back";
}

void SwitchController::OnLinkEvent(const LinkEvent& event) {
  bool changed = false;
  for (const auto& [name, port] : ports_by_name_) {
    const bool all = event.kind == LinkEvent::Kind::kResync;
    if (port->device == nullptr) {
      // Not at once: a failing attempt changes the device itself, which would call for the next.
      port->retry |= all || event.name == name;
      continue;
    }
    if (!all && event.ifindex != port->device->ifindex()) continue;
    const bool was_up = port->up;
    const uint32_t old_mtu = port->device->mtu();
    port->device->Refresh();
    if (port->device->present()) {
      FollowDevice(port);
      changed |= port->up != was_up || port->device->mtu() != old_mtu;
      continue;
    }
    LOG(WARNING) << "port " << name << ": its device was deleted";
    DetachDevice(port);
    port->problem = GoneText(port->spec);
    port->retry = ComesBackByItself(port->spec);
  }
  if (changed) Publish();
}

void SwitchController::OnTick() {
  for (const auto& bridge : bridges_) {
    bridge->table->Sweep(NowTick(), bridge->table->bucket_count() / kSweepTicks + 1);
  }
  for (Port* port : ports_by_id_) {
    if (port != nullptr && port->retry) TryAgain(port);
  }
}

absl::Status SwitchController::Save() const {
  Desired state;
  for (const auto& bridge : bridges_) {
    BridgeSpec& spec = state.bridges.emplace_back(bridge->spec);
    for (const auto& port : bridge->ports) spec.ports.push_back(port->spec);
  }
  return SaveStateFile(options_.state_path, state);
}

void SwitchController::Publish() { workers_->SetConfig(BuildConfig()); }

std::shared_ptr<const ForwardingConfig> SwitchController::BuildConfig() {
  auto config = std::make_shared<ForwardingConfig>();
  config->ports.resize(ports_by_id_.size());
  for (size_t i = 0; i < bridges_.size(); ++i) {
    bridges_[i]->id = static_cast<BridgeId>(i);
    config->bridges.push_back(
        {.table = bridges_[i]->table, .group_fwd_mask = bridges_[i]->spec.group_fwd_mask});
  }
  for (const Port* port : ports_by_id_) {
    if (port == nullptr || port->device == nullptr) continue;
    config->ports[port->id] = {.bridge = port->bridge->id,
                               .up = port->up,
                               .max_frame_bytes = port->device->max_frame_bytes()};
    if (port->up) config->bridges[port->bridge->id].flood_ports.push_back(port->id);
  }
  return config;
}

}  // namespace vswitch
