// Start and end, the workers' snapshot, and what is shown.
#include "switch/core/switch_controller.h"

#include <algorithm>
#include <utility>

#include "glog/logging.h"
#include "switch/base/nearest.h"
#include "switch/base/str_cat.h"
#include "switch/core/mtu_warning.h"
#include "switch/core/stats_since.h"
#include "switch/model/state_file.h"
#include "switch/port/leftovers.h"

namespace vswitch {

SwitchController::SwitchController(Options options, StateLock lock)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      fast_({.wanted = options_.fast_path,
             .workers = options_.workers,
             .switch_id = lock_.id(),
             .programs = ProgramsOnPorts()}) {
  for (const auto& [name, left] : fast_.left()) {
    next_bridge_number_ = std::max(next_bridge_number_, left.config.bridge + 1);
  }
}

absl::StatusOr<std::unique_ptr<SwitchController>> SwitchController::Start(Options options) {
  auto lock = StateLock::Take(options.state_path);
  if (!lock.ok()) return lock.status();
  std::unique_ptr<SwitchController> controller(
      new SwitchController(std::move(options), *std::move(lock)));
  controller->options_.worker.orders = controller->fast_.orders();
  auto workers = WorkerGroup::Start(controller->options_.workers, controller->options_.worker);
  if (!workers.ok()) return workers.status();
  controller->workers_ = *std::move(workers);
  if (absl::Status status = controller->Restore(); !status.ok()) return status;
  return controller;
}

SwitchController::~SwitchController() {
  lock_.MarkEnding();
  if (workers_ == nullptr) return;
  std::vector<std::unique_ptr<PortDevice>> devices;
  std::vector<PortId> served;
  for (const auto& [name, port] : ports_) {
    if (port->device == nullptr) continue;
    served.push_back(port->id);
    port->served = false;
    devices.push_back(std::move(port->device));
  }
  Publish();  // No frame is forwarded any more.
  for (const PortId id : served) workers_->RemovePort(id, nullptr);
  PortDevice::DestroyTogether(std::move(devices));
}

// No transaction: the state was committed by an earlier daemon, and a port whose device cannot be
// had is no reason to forget it. Each is served as soon as it is up.
absl::Status SwitchController::Restore() {
  auto state = LoadStateFile(options_.state_path);
  if (!state.ok()) return state.status();
  desired_ = *std::move(state);
  for (const BridgeSpec& spec : desired_.bridges) {
    auto made = NewBridge(spec);
    Bridge* const bridge = made.ok() ? *made : NewBrokenBridge(spec, made.status());
    for (const PortSpec& port : spec.ports) CHECK(NewPort(port.name, bridge) != nullptr);
    if (!made.ok()) continue;
    for (const StaticEntrySpec& entry : spec.static_entries) {
      AddStatic(bridge->table.get(), entry);
    }
  }
  FollowSpecs();
  TakeUpLeft();
  for (BridgeSpec& bridge : desired_.bridges) {
    for (PortSpec& spec : bridge.ports) BringUp(&RunningPort(spec.name), &spec);
  }
  EndTakeOver();
  Publish();
  SweepLeftovers();
  return absl::OkStatus();
}

// ---- Finding ----

absl::StatusOr<const BridgeSpec*> SwitchController::FindBridge(std::string_view name) const {
  if (const BridgeSpec* found = wanted().FindBridge(name); found != nullptr) return found;
  std::vector<std::string_view> names;
  for (const BridgeSpec& bridge : wanted().bridges) names.push_back(bridge.name);
  return absl::NotFoundError(StrCat("there is no bridge '", name, "'", DidYouMean(name, names)));
}

absl::StatusOr<std::vector<const BridgeSpec*>> SwitchController::BridgesNamed(
    std::string_view name) const {
  std::vector<const BridgeSpec*> bridges;
  if (!name.empty()) {
    auto bridge = FindBridge(name);
    if (!bridge.ok()) return bridge.status();
    bridges.push_back(*bridge);
    return bridges;
  }
  for (const BridgeSpec& bridge : desired_.bridges) bridges.push_back(&bridge);
  return bridges;
}

absl::StatusOr<FoundPortSpec<const BridgeSpec, const PortSpec>> SwitchController::FindPort(
    std::string_view name) const {
  if (const auto found = wanted().FindPort(name)) return found;
  std::vector<std::string_view> names;
  for (const BridgeSpec& bridge : wanted().bridges) {
    for (const PortSpec& port : bridge.ports) names.push_back(port.name);
  }
  return absl::NotFoundError(StrCat("there is no port '", name, "'", DidYouMean(name, names)));
}

// ---- What is shown ----

PortStatus SwitchController::StatusOf(const PortSpec& spec) {
  const Port& port = RunningPort(spec.name);
  PortStatus status{.spec = spec};
  status.repairs = port.repairs;
  status.learned = port.bridge->table->port_entries(port.id);
  if (port.device == nullptr) {
    const bool missing = port.elsewhere || absl::IsNotFound(port.problem);
    status.state = missing && port.bridge->problem.empty() ? "missing" : "broken";
    status.detail =
        port.bridge->problem.empty() ? std::string(port.problem.message()) : port.bridge->problem;
    if (fast_.HasPort(port.id)) status.detail += "; meanwhile the kernel goes on by what it knows";
    status.device = spec.name;
    status.mtu = DeviceSpec(*desired_.FindPort(spec.name).bridge, spec).mtu;
    status.mac = spec.mac;
    status.owner = spec.owner;
    status.fast_path_reason = StrCat("the port is ", status.state);
    return status;
  }
  status.device = port.device->name();
  status.fast_path_reason = WhySlow(*desired_.FindPort(spec.name).bridge, spec);
  if (status.fast_path_reason.empty() && !port.up) status.fast_path_reason = "the port is down";
  status.fast_path = status.fast_path_reason.empty();
  status.mtu = port.device->mtu();
  status.mac = {port.device->address()};
  status.owner = port.device->owner();
  status.state = port.up ? "up" : "down";
  status.detail = port.device->note();
  const bool looped = loop_guard_.IsBlocked(port.id);
  if (const std::string why = looped ? LoopDetail(port) : TreeDetail(port);
      port.up && !why.empty()) {
    if (looped || bpdu_guard_.IsBlocked(port.id)) status.state = "blocked";
    status.detail = StrCat(why, status.detail.empty() ? "" : "; ", status.detail);
  }
  if (!port.up) {
    status.detail =
        StrCat(port.device->down_detail(), status.detail.empty() ? "" : "; ", status.detail);
  }
  return status;
}

std::vector<BridgeStatus> SwitchController::Show() {
  std::vector<BridgeStatus> all;
  for (const BridgeSpec& bridge : desired_.bridges) {
    BridgeStatus& status = all.emplace_back();
    Bridge& running = RunningBridge(bridge.name);
    // What is shown is what is learned now.
    FreeFlushed(&running);
    status.spec = bridge;
    status.detail = running.problem;
    status.fdb = running.table->stats();
    for (const PortSpec& port : bridge.ports) status.ports.push_back(StatusOf(port));
    status.warning = MtuWarning(status.ports);
  }
  return all;
}

PortTotals SwitchController::TotalsOf(const Port& port) const {
  KernelDrops drops = port.past_drops;
  if (port.device != nullptr) drops += port.device->ReadKernelDrops();
  PortTotals totals = workers_->Totals(port.id);
  totals.Add(port.own);
  const FastCounters fast = fast_.CountersOf(port.id);
  totals.ingress_frames += fast.ingress_frames;
  totals.ingress_bytes += fast.ingress_bytes;
  totals.ingress_offloaded += fast.ingress_offloaded;
  totals.egress_frames += fast.egress_frames;
  totals.egress_bytes += fast.egress_bytes;
  drops.ingress_queue_full += fast.queue_full;
  totals.ingress_frames += fast.unserved;
  totals.drops[static_cast<size_t>(DropReason::kUnserved)] += fast.unserved;
  // What the kernel lost around our queues is counted as ours: the port's other end sent
  // ingress_frames and was given egress_frames. The kernel counts segments where it had to cut a
  // super-frame for a guest without offloads, hence the bound.
  const uint64_t lost = std::min(drops.egress_queue_full, totals.egress_frames);
  totals.ingress_frames += drops.ingress_queue_full;
  totals.egress_frames -= lost;
  totals.drops[static_cast<size_t>(DropReason::kIngressQueueFull)] += drops.ingress_queue_full;
  totals.drops[static_cast<size_t>(DropReason::kEgressQueueFull)] += lost;
  return totals;
}

PortStats SwitchController::CountedOf(const Port& port) const {
  const FastCounters fast = fast_.CountersOf(port.id);
  return {.name = port.name,
          .bridge = {},
          .counters = TotalsOf(port),
          .fast_ingress_frames = fast.ingress_frames,
          .fast_egress_frames = fast.egress_frames,
          .moves = port.past_moves + port.bridge->table->port_moves(port.id)};
}

SwitchStats SwitchController::Stats() {
  SwitchStats stats;
  for (const BridgeSpec& bridge : desired_.bridges) {
    for (const PortSpec& port : bridge.ports) {
      const Port& running = RunningPort(port.name);
      stats.ports.push_back(Since(CountedOf(running), running.reset_at));
      stats.ports.back().bridge = bridge.name;
    }
  }
  stats.workers = workers_->stats();
  for (size_t i = 0; i < std::min(stats.workers.size(), workers_reset_at_.size()); ++i) {
    stats.workers[i] = Since(stats.workers[i], workers_reset_at_[i]);
  }
  return stats;
}

void SwitchController::ResetStats() {
  for (Port* const port : ports_by_id_) {
    if (port != nullptr) port->reset_at = CountedOf(*port);
  }
  workers_reset_at_ = workers_->stats();
}

void SwitchController::RequestExit(bool keep_forwarding, const Caller& caller) {
  if (keep_forwarding && !fast_.is_on()) {
    caller.Warn(StrCat("nothing is forwarded until a daemon runs again, as there is no fast path: ",
                       fast_.why_off()));
  }
  options_.on_exit(keep_forwarding);
}

}  // namespace vswitch
