// How ports follow their devices: attaching, link events, trying again.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/port/uplink_checks.h"
#include "switch/worker/io/io_mode.h"

namespace vswitch {
namespace {

// A full pass over a table takes this many ticks: slow enough to cost nothing, fast enough that
// `stats` shows few dead entries and that no age wraps.
constexpr size_t kSweepTicks = 16;

std::string GoneText(const PortSpec& spec) {
  if (spec.type != PortType::kTap || spec.created) {
    return StrCat("the device '", spec.name, "' was deleted; the port comes back with it");
  }
  return StrCat("the TAP '", spec.name,
                "' is gone, and the switch had not made it: make it again (", "'ip tuntap add dev ",
                spec.name, " mode tap'), or delete the port and add it ",
                "again, then the switch makes one");
}

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

absl::Status SwitchController::Attach(Port* port, PortSpec* spec) {
  auto device = PortDevice::Attach({.spec = *spec,
                                    .worker_queues = static_cast<int>(workers_->size()),
                                    .nonblocking = WantsNonblocking(options_.worker.io_mode),
                                    .made_in = &private_namespace_});
  port->retry = false;
  if (!device.ok()) {
    port->problem = std::string(device.status().message());
    return device.status();
  }
  port->device = *std::move(device);
  port->problem.clear();
  port->own_address_taken = false;
  spec->created |= port->device->created_guest_tap();
  // A TAP of others keeps its owner: it is him who `set port owner=` has to differ from.
  if (!spec->created) spec->owner = port->device->owner().value_or(spec->owner);
  FollowDevice(port);
  return absl::OkStatus();
}

void SwitchController::Serve(Port* port) {
  port->served = true;
  workers_->AddPort(port->id, port->device->queues(), BuildConfig());
  LearnOwnAddress(port);
}

void SwitchController::Detach(Port* port) {
  if (port->device == nullptr) return;
  const std::unique_ptr<PortDevice> device = std::move(port->device);
  FollowDevice(port);
  if (std::exchange(port->served, false)) workers_->RemovePort(port->id, BuildConfig());
  port->past_drops += device->ReadKernelDrops();
}

void SwitchController::FollowDevice(Port* port) {
  const bool up = port->device != nullptr && port->device->link_up();
  // The stations behind a link that went down may come back elsewhere.
  if (port->up && !up) port->bridge->table->FlushPort(port->id);
  if (port->up != up && port->device != nullptr) LogState(port, up);
  port->up = up;
}

// A guest may come and go as often as it likes.
void SwitchController::LogState(Port* port, bool up) {
  const std::optional<uint64_t> left_out = port->log.Take(NowTick());
  if (!left_out.has_value()) return;
  LOG(INFO) << "port " << port->name << (up ? " is up" : " is down: ")
            << (up ? "" : port->device->down_detail())
            << (*left_out == 0 ? "" : StrCat(" (after ", *left_out, " changes more)"));
}

void SwitchController::BringUp(Port* port, PortSpec* spec) {
  if (!port->bridge->problem.empty()) return;
  if (OthersMustMakeIt(*spec)) {
    port->problem = GoneText(*spec);
  } else if (const absl::Status status = Attach(port, spec); status.ok()) {
    Serve(port);
    LogUplink(*spec);
  } else {
    LOG(WARNING) << "port " << spec->name << " is missing: " << status.message();
  }
}

void SwitchController::TryAgain(Port* port) {
  port->retry = false;
  if (!port->bridge->problem.empty()) return;
  PortSpec* const spec = desired_.FindPort(port->name).port;
  if (OthersMustMakeIt(*spec) || !Attach(port, spec).ok()) return;
  Serve(port);
  LOG(INFO) << "port " << port->name << " is back";
  LogUplink(*spec);
}

void SwitchController::OnLinkEvent(const LinkEvent& event) {
  bool changed = false;
  for (const auto& [name, owner] : ports_) {
    Port* const port = owner.get();
    const bool all = event.kind == LinkEvent::Kind::kResync;
    if (port->device == nullptr) {
      // Not at once: a failing attempt changes the device itself, which would call for the next.
      port->retry |= all || event.name == name;
      continue;
    }
    if (!all && event.ifindex != port->device->ifindex()) continue;
    const bool was_up = port->up;
    port->device->Refresh();
    if (port->device->present()) {
      FollowDevice(port);
      changed |= port->up != was_up;
      // Not what it was before Refresh(): a change that failed may have seen it already.
      changed |= port->max_frame_bytes != port->device->max_frame_bytes();
      continue;
    }
    LOG(WARNING) << "port " << name << ": its device was deleted";
    Detach(port);
    const PortSpec& spec = *desired_.FindPort(name).port;
    port->problem = GoneText(spec);
    port->retry = ComesBackByItself(spec);
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

void SwitchController::OnTick() {
  workers_->GiveBackIdleMemory();
  for (const auto& [name, bridge] : bridges_) {
    bridge.table->Sweep(NowTick(), bridge.table->bucket_count() / kSweepTicks + 1);
  }
  for (Port* port : ports_by_id_) {
    if (port == nullptr) continue;
    if (port->retry) TryAgain(port);
    LearnOwnAddress(port);
  }
}

}  // namespace vswitch
