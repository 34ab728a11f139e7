// How ports follow their devices: attaching, link events, trying again.
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/fast_path/left_maps.h"
#include "switch/port/leftovers.h"
#include "switch/port/uplink_checks.h"
#include "switch/worker/io/io_mode.h"

namespace vswitch {
namespace {

// A full pass over a table takes this many ticks: slow enough to cost nothing, fast enough that
// `stats` shows few dead entries and that no age wraps.
constexpr size_t kSweepTicks = 16;

// How often a port is tried again whose device somebody else has. No event of the device tells that
// he is gone, such as the twin of a daemon that was killed and that the kernel was slow to bury.
// Not more often: each try may wait for him.
constexpr uint32_t kBusyTicks = 8;

// Of each second, for what the kernel is waited for. Verbs wait meanwhile.
constexpr absl::Duration kSettleTime = absl::Milliseconds(250);

// A look at what ports have in other network namespaces, which costs a request each, takes this
// many ticks.
constexpr uint32_t kElsewhereTicks = 4;

// What AddPort() would refuse may have come since, while no daemon ran or while one did.
void LogUplink(const PortSpec& spec) {
  if (spec.type != PortType::kNetdev) return;
  const absl::StatusOr<std::vector<std::string>> warnings = CheckUplink(spec.name);
  if (!warnings.ok()) LOG(WARNING) << "port " << spec.name << ": " << warnings.status().message();
  for (const std::string& warning : warnings.value_or(std::vector<std::string>())) {
    LOG(WARNING) << "port " << spec.name << ": " << warning;
  }
}

}  // namespace

absl::Status SwitchController::Attach(Port* port, const BridgeSpec& bridge, PortSpec* spec,
                                      bool in_haste) {
  const auto left = fast_.left().find(port->name);
  std::optional<uint64_t> lost_before;
  if (left != fast_.left().end()) lost_before = left->second.config.lost_before;
  auto device = PortDevice::Attach({.spec = DeviceSpec(bridge, *spec),
                                    .worker_queues = static_cast<int>(workers_->size()),
                                    .nonblocking = WantsNonblocking(options_.worker.io_mode),
                                    .switch_id = lock_.id(),
                                    .made_in = &private_namespace_,
                                    .in_haste = in_haste,
                                    .forward_program = fast_.program_fd(),
                                    .lost_before = lost_before});
  port->retry = false;
  port->elsewhere = false;
  port->problem = device.status();
  if (!device.ok()) return device.status();
  port->device = *std::move(device);
  port->own_address_taken = false;
  spec->created |= port->device->owns_guest_tap();
  // A TAP of others keeps its owner: it is him who `set port owner=` has to differ from.
  if (!spec->created) spec->owner = port->device->owner().value_or(spec->owner);
  FollowDevice(port);
  return absl::OkStatus();
}

void SwitchController::Serve(Port* port) {
  port->served = true;
  workers_->AddPort(port->id, port->device->queues(), BuildConfig());
  FollowSnapshot();
  LearnOwnAddress(port);
}

void SwitchController::Detach(Port* port) {
  if (port->device == nullptr) return;
  const std::unique_ptr<PortDevice> device = std::move(port->device);
  FollowDevice(port);
  fast_.RemovePort(port->id, /*with_counters=*/false);
  loop_guard_.Forget(port->id);
  if (std::exchange(port->served, false)) workers_->RemovePort(port->id, BuildConfig());
  FollowSnapshot();
  port->past_drops += device->ReadKernelDrops();
}

void SwitchController::FollowDevice(Port* port) {
  const bool up = port->device != nullptr && port->device->link_up();
  if (up && !port->up) port->speed_mbps = port->device->speed_mbps();
  if (port->up != up && port->device != nullptr) LogState(port, up);
  port->up = up;
}

// A guest may come and go as often as it likes.
void SwitchController::LogState(Port* port, bool up) {
  const std::optional<uint64_t> left_out = port->log.Take(NowTick());
  if (!left_out.has_value()) return;
  LOG(INFO) << "port " << port->name << (up ? " is up" : " is down: ")
            << (up ? "" : port->device->down_detail()) << LeftOutText(*left_out);
}

// Of a port that was there before: nothing is made in the place of a device that is elsewhere.
absl::Status SwitchController::AttachAgain(Port* port, PortSpec* spec) {
  absl::Status status = CheckMayMake(*spec, lock_.id());
  const bool elsewhere = absl::IsFailedPrecondition(status);
  const BridgeSpec& bridge = *desired_.FindPort(port->name).bridge;
  if (status.ok()) status = Attach(port, bridge, spec, /*in_haste=*/true);
  if (status.ok()) {
    Serve(port);
    LogUplink(*spec);
    return status;
  }
  port->problem = status;
  EndLeft(port);
  port->elsewhere = elsewhere;
  // No event tells what becomes of it there.
  port->retry = elsewhere;
  return status;
}

void SwitchController::BringUp(Port* port, PortSpec* spec) {
  if (!port->bridge->problem.empty()) return;
  const absl::Status status = AttachAgain(port, spec);
  if (!status.ok()) LOG(WARNING) << "port " << port->name << ": " << status.message();
}

void SwitchController::TryAgain(Port* port) {
  if (!port->bridge->problem.empty()) return;
  const absl::Status before = port->problem;
  const absl::Status status = AttachAgain(port, desired_.FindPort(port->name).port);
  if (status.ok()) {
    ++port->repairs;
    LOG(INFO) << "port " << port->name << " is back";
  } else if (status != before) {
    LOG(WARNING) << "port " << port->name << ": " << status.message();
  }
}

void SwitchController::Lose(Port* port, const absl::Status& problem) {
  const int ifindex = port->device->ifindex();
  Detach(port);
  port->problem = problem;
  // That it has left us is all that an event tells for sure.
  const absl::Status status = CheckMayMake(*desired_.FindPort(port->name).port, lock_.id());
  port->elsewhere = absl::IsFailedPrecondition(status);
  if (port->elsewhere) port->problem = status;
  if (port->elsewhere) fast_.LetGo(port->id, ifindex);
  port->retry = true;
  LOG(WARNING) << "port " << port->name << ": " << port->problem.message();
}

// Somebody may take away what we put back, for ever.
void SwitchController::LogRepair(Port* port, const std::string& amiss) {
  ++port->repairs;
  const std::optional<uint64_t> left_out = port->log.Take(NowTick());
  if (!left_out.has_value()) return;
  LOG(WARNING) << "port " << port->name << ": " << amiss << "; it was put back"
               << LeftOutText(*left_out);
}

// What no event tells: whether a BPF program stands where it was put. 2 us a port.
void SwitchController::LookAtHooks() {
  bool changed = false;
  for (Port* port : ports_by_id_) {
    if (port == nullptr || port->device == nullptr || port->device->hooks_in_place()) continue;
    changed |= LookAtDevice(port, LinkEvent::Kind::kFiltersChanged, port->device->ifindex());
  }
  if (changed) Publish();
}

// What was attached in haste; first where guests are.
void SwitchController::SettlePorts() {
  const absl::Time enough = absl::Now() + kSettleTime;
  for (const bool up : {true, false}) {
    for (Port* port : ports_by_id_) {
      if (port == nullptr || port->device == nullptr || port->up != up) continue;
      if (port->device->is_settled()) continue;
      port->device->Settle();
      if (absl::Now() > enough) return;
    }
  }
}

// What an event has to say of a port that has a device; true when the workers must know.
bool SwitchController::LookAtDevice(Port* port, LinkEvent::Kind kind, int ifindex) {
  PortDevice& device = *port->device;
  const bool was_up = port->up;
  if (kind == LinkEvent::Kind::kGone && ifindex == device.ifindex()) {
    device.OnGone();
  } else if (kind != LinkEvent::Kind::kFiltersChanged) {
    device.Refresh();
  }
  absl::Status problem = device.problem();
  // The netdev itself tells often, when a guest comes or goes, and nothing of what is mended.
  if (problem.ok() && (kind != LinkEvent::Kind::kChanged || ifindex != device.ifindex())) {
    const absl::StatusOr<std::string> amiss = device.Mend();
    if (!amiss.ok()) {
      // It may be gone, of which the event is yet to come.
      device.Refresh();
      problem = device.problem().ok() ? amiss.status() : device.problem();
    }
    if (amiss.ok() && !amiss->empty()) LogRepair(port, *amiss);
  }
  if (!problem.ok()) {
    Lose(port, problem);
    return false;
  }
  FollowDevice(port);
  // Not what it was before Refresh(): a change that failed may have seen it already.
  return port->up != was_up || port->max_frame_bytes != device.max_frame_bytes() ||
         port->peer_address != device.peer_address();
}

void SwitchController::Forget(Port* port, bool force) {
  if (port->device == nullptr) {
    sweep_due_ = true;
    return;
  }
  const absl::StatusOr<bool> kept = port->device->Forget(force);
  if (!kept.ok()) LOG(WARNING) << "port " << port->name << ": " << kept.status().message();
  sweep_due_ |= !kept.ok() || *kept;
  if (port->device->is_of_others()) netdevs_to_clean_.push_back(port->name);
}

void SwitchController::CleanNetdevs() {
  for (const std::string& name : std::exchange(netdevs_to_clean_, {})) {
    const absl::Status status = CleanNetdev(name);
    if (!status.ok()) LOG(WARNING) << "port " << name << ": " << status.message();
    sweep_due_ |= !status.ok();
  }
}

std::vector<LinkInfo> SwitchController::SweepLeftovers() {
  if (!sweep_due_) return {};
  auto left = vswitch::SweepLeftovers(
      lock_.id(), [this](std::string_view port) { return ports_.contains(port); },
      [](uint32_t program) { return SwitchOfProgram(program).value_or(""); });
  if (!left.ok()) LOG(WARNING) << left.status().message();
  // Nothing tells of a guest that lets go of a TAP that is down.
  sweep_due_ = !left.ok() || !left->empty();
  return left.ok() ? *std::move(left) : std::vector<LinkInfo>();
}

void SwitchController::OnLinkEvent(const LinkEvent& event) {
  const bool all = event.kind == LinkEvent::Kind::kResync;
  bool changed = false;
  const auto marked = MadeForPort(lock_.id(), event.link.alternative_names);
  sweep_due_ |= event.kind == LinkEvent::Kind::kResync || (marked && !ports_.contains(*marked));
  for (const auto& [name, owner] : ports_) {
    Port* const port = owner.get();
    if (event.kind == LinkEvent::Kind::kQdiscGone) {
      if (port->device != nullptr && port->device->ifindex() == event.link.ifindex) {
        port->device->OnQdiscGone(event.qdisc);
      }
    } else if (port->device == nullptr) {
      // Not at once: a failing attempt changes the device itself, which would call for the next.
      port->retry |= all || IsDeviceOf(name, event.link);
    } else if (all || port->device->IsConcernedBy(event.link)) {
      changed |= LookAtDevice(port, event.kind, event.link.ifindex);
    }
  }
  if (changed) Publish();
}

void SwitchController::CleanUpAfterGuests() {
  bool waited = false;
  for (Port* port : ports_by_id_) {
    if (port == nullptr || port->device == nullptr || !port->device->left()) continue;
    // A program that opens its TAP again does so at once, and must not find it busy; another one
    // cannot be there so soon.
    if (!std::exchange(waited, true)) absl::SleepFor(absl::Milliseconds(2));
    port->device->CleanUp();
  }
}

void SwitchController::WatchQueues() {
  std::vector<Watchdog::Queue> queues;
  for (const Port* port : ports_by_id_) {
    if (port == nullptr || !port->served) continue;
    const std::span<const UniqueFd> fds = port->device->queues();
    for (size_t worker = 0; worker < fds.size(); ++worker) {
      queues.push_back({.port = port->id,
                        .worker = static_cast<int>(worker),
                        .fd = fds[worker].get(),
                        .frames_read = workers_->FramesRead(worker, port->id)});
    }
  }
  for (const PortId id : watchdog_.Look(queues)) {
    Lose(ports_by_id_[id], absl::UnavailableError("frames wait in its queue and are not read; it "
                                                  "is attached again within a second"));
  }
}

void SwitchController::LookElsewhere() {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return;
  bool changed = false;
  for (Port* port : ports_by_id_) {
    if (port == nullptr || port->device == nullptr ||
        port->id % kElsewhereTicks != ticks_ % kElsewhereTicks)
      continue;
    if (!port->device->HasChangedElsewhere(*links)) continue;
    changed |= LookAtDevice(port, LinkEvent::Kind::kChanged, port->device->ifindex());
  }
  if (changed) Publish();
}

void SwitchController::OnTick() {
  workers_->GiveBackIdleMemory();
  SweepLeftovers();
  // First: what only the kernel has seen has not aged.
  TellTablesOfFastPath();
  for (auto& [name, bridge] : bridges_) {
    FreeFlushed(&bridge);
    bridge.table->Sweep(NowTick(), bridge.table->bucket_count() / kSweepTicks + 1);
  }
  HoldFlapping();
  const bool busy_ones = ++ticks_ % kBusyTicks == 0;
  for (Port* port : ports_by_id_) {
    if (port == nullptr) continue;
    port->retry |= busy_ones && port->device == nullptr && absl::IsUnavailable(port->problem);
    if (std::exchange(port->retry, false)) TryAgain(port);
    LearnOwnAddress(port);
  }
  LookAtHooks();
  SettlePorts();
  LookElsewhere();
  WatchQueues();
  TickLoopGuard();
  LogGuards();
  TickTrees();
  TickSnooping();
}

}  // namespace vswitch
