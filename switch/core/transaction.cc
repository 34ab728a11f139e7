// Commit(): from one desired state to any other, or nowhere.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "glog/logging.h"
#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/diff.h"
#include "switch/core/switch_controller.h"
#include "switch/core/undo_log.h"
#include "switch/model/check_state.h"
#include "switch/model/state_file.h"

namespace vswitch {
namespace {

// PortSpec::created tells what was done; who asks for a state need not know it.
void KeepCreated(const Desired& now, Desired* next) {
  std::map<std::string_view, const PortSpec*> ports;
  for (const BridgeSpec& bridge : now.bridges) {
    for (const PortSpec& port : bridge.ports) ports[port.name] = &port;
  }
  for (BridgeSpec& bridge : next->bridges) {
    for (PortSpec& port : bridge.ports) {
      const auto found = ports.find(port.name);
      if (found == ports.end()) continue;
      port.created = found->second->created && found->second->type == port.type;
    }
  }
}

absl::Status NoRoomIn(std::string_view bridge) {
  return absl::ResourceExhaustedError(
      StrCat("the table of '", bridge, "' has no room for another static entry"));
}

// More static entries than the table is to have room for. CheckState() would say so too, in the
// terms of a file.
absl::Status CheckRoom(const BridgeSpec* before, const BridgeSpec& next) {
  if (next.static_entries.size() <= next.fdb_entries) return absl::OkStatus();
  if (before == nullptr || before->fdb_entries <= next.fdb_entries) return NoRoomIn(next.name);
  return absl::ResourceExhaustedError(
      StrCat("bridge '", next.name, "' has ", next.static_entries.size(),
             " static entries: give fdb_entries at least as many, or delete some"));
}

}  // namespace

// Prepare() takes the steps that can be taken back, in this order, and the destructor takes them
// back unless Finish() has made them last. Ports and bridges that go keep running until then.
class SwitchController::Transaction {
 public:
  // REQUIRES: `next` passes CheckState().
  Transaction(SwitchController* controller, Desired next, bool force)
      : controller_(*controller),
        force_(force),
        next_(std::move(next)),
        diff_(Diff(controller_.desired_, next_)) {}

  const Desired& next() const { return next_; }

  absl::Status Prepare() {
    absl::Status status = controller_.CheckLearnLimits(diff_);
    if (status.ok()) status = MakeTables();
    if (status.ok()) status = CheckBroken();
    if (status.ok()) status = MakePorts();
    if (status.ok()) status = DetachReplaced();
    if (status.ok()) status = AttachDevices();
    if (status.ok()) status = ApplySettings();
    if (status.ok()) status = AddStaticEntries();
    return status;
  }

  // Makes next() the desired state, tells the workers, and takes away what goes. Call once, after
  // Prepare() has succeeded and the state was saved.
  void Finish();

 private:
  // Of new bridges, and of those whose table changes its size. The latter has no effect before
  // Finish().
  absl::Status MakeTables();
  // A bridge that has no table yet takes no ports or static entries.
  absl::Status CheckBroken() const;
  // Its problem, unless this change ends it. Empty when it has none.
  std::string ProblemOf(std::string_view bridge) const;
  absl::Status MakePorts();
  // Those whose device will not do any more: two of one name cannot be.
  absl::Status DetachReplaced();
  absl::Status AttachDevices();
  absl::Status ApplySettings();
  absl::Status AddStaticEntries();
  absl::Status AddStaticEntry(std::string_view bridge, const StaticEntrySpec& entry);

  void AdoptBridges();
  void AdoptPorts();
  void TakeAway();

  SwitchController& controller_;
  const bool force_;
  Desired next_;
  const StateDiff diff_;
  // By the names of their bridges.
  std::map<std::string_view, std::shared_ptr<MacTable>> resized_;
  // Had no table until now; their ports are still to be brought up.
  std::vector<const Bridge*> cured_;
  // Have new devices, which the workers do not know of.
  std::vector<Port*> attached_;
  // What the tables of their former bridges still know of ports that have moved to other bridges.
  std::vector<std::pair<std::shared_ptr<MacTable>, PortId>> moved_;
  // Last: it is the first to go, and takes back by way of all of the above.
  UndoLog undo_;
};

absl::Status SwitchController::Commit(Desired next, bool force) {
  if (next.bridges.size() > std::max(kMaxBridges, desired_.bridges.size())) {
    return absl::ResourceExhaustedError(
        StrCat("a switch has at most ", kMaxBridges, " bridges: delete one first"));
  }
  for (const BridgeSpec& bridge : next.bridges) {
    const absl::Status status = CheckRoom(desired_.FindBridge(bridge.name), bridge);
    if (!status.ok()) return status;
  }
  KeepCreated(desired_, &next);
  if (const absl::Status status = CheckState(next); !status.ok()) return status;
  Transaction transaction(this, std::move(next), force);
  absl::Status status = transaction.Prepare();
  if (status.ok()) status = SaveStateFile(options_.state_path, transaction.next());
  if (status.ok()) transaction.Finish();
  return status;
}

// ---- Steps that can be taken back ----

absl::Status SwitchController::Transaction::MakeTables() {
  for (const BridgeDiff& diff : diff_.bridges) {
    if (diff.is_new()) {
      const auto bridge = controller_.NewBridge(*diff.after);
      if (!bridge.ok()) return bridge.status();
      undo_.Add([this, &diff] {
        controller_.bridges_.erase(controller_.bridges_.find(diff.after->name));
      });
    } else if (diff.needs_table()) {
      auto table = NewTable(*diff.after);
      if (!table.ok()) return table.status();
      resized_[diff.after->name] = *std::move(table);
    }
  }
  return absl::OkStatus();
}

std::string SwitchController::Transaction::ProblemOf(std::string_view bridge) const {
  return resized_.contains(bridge) ? "" : controller_.RunningBridge(bridge).problem;
}

absl::Status SwitchController::Transaction::CheckBroken() const {
  for (const PortDiff& diff : diff_.ports) {
    if (diff.is_gone()) continue;
    const bool moves = diff.is_new() || diff.bridge_before->name != diff.bridge_after->name;
    if (!moves && !diff.needs_device()) continue;
    const std::string problem = ProblemOf(diff.bridge_after->name);
    if (!problem.empty()) return absl::ResourceExhaustedError(problem);
  }
  for (const BridgeDiff& diff : diff_.bridges) {
    if (diff.is_gone() || diff.entries_set.empty()) continue;
    const std::string problem = ProblemOf(diff.after->name);
    if (!problem.empty()) return absl::ResourceExhaustedError(problem);
  }
  return absl::OkStatus();
}

absl::Status SwitchController::Transaction::MakePorts() {
  for (const PortDiff& diff : diff_.ports) {
    if (!diff.is_new()) continue;
    Bridge& bridge = controller_.RunningBridge(diff.bridge_after->name);
    Port* const port = controller_.NewPort(diff.after->name, &bridge);
    if (port == nullptr) {
      return absl::ResourceExhaustedError(
          StrCat("a switch has at most ", kMaxPorts, " ports: delete one first"));
    }
    undo_.Add([this, port] { controller_.ErasePort(port); });
  }
  return absl::OkStatus();
}

absl::Status SwitchController::Transaction::DetachReplaced() {
  for (const PortDiff& diff : diff_.ports) {
    if (diff.is_new() || !diff.needs_device()) continue;
    Port* const port = &controller_.RunningPort(diff.after->name);
    if (port->device == nullptr) continue;
    // Also an MTU that nobody asked for is one to go back to.
    const uint32_t mtu = port->device->mtu();
    // Another device is to have its name.
    if (const auto kept = port->device->Forget(/*force=*/true); !kept.ok()) return kept.status();
    controller_.Detach(port);
    undo_.Add([this, port, mtu, &diff] {
      PortSpec spec = *diff.before;
      spec.mtu = mtu;
      absl::Status status =
          controller_.Attach(port, *diff.bridge_before, &spec, /*in_haste=*/false);
      if (status.ok()) {
        status = port->device->Apply(DeviceSpec(*diff.bridge_before, *diff.before));
        controller_.Serve(port);
      } else {
        port->retry = true;
      }
      if (!status.ok()) LOG(WARNING) << "port " << port->name << ": " << status.message();
    });
  }
  return absl::OkStatus();
}

absl::Status SwitchController::Transaction::AttachDevices() {
  for (const PortDiff& diff : diff_.ports) {
    if (!diff.needs_device()) continue;
    Port* const port = &controller_.RunningPort(diff.after->name);
    const auto [bridge, spec] = next_.FindPort(port->name);
    // The old device is forgotten, and what was made with it.
    if (!diff.is_new()) spec->created = false;
    const absl::Status problem = port->problem;
    const bool retry = port->retry;
    const absl::Status status = controller_.Attach(port, *bridge, spec, /*in_haste=*/false);
    if (!status.ok()) {
      port->problem = problem;
      port->retry = retry;
      return status;
    }
    undo_.Add([this, port, problem, retry] {
      // One that a guest has open was there before, or has it since a moment ago.
      controller_.Forget(port, /*force=*/false);
      port->device.reset();
      controller_.CleanNetdevs();
      port->up = false;
      port->problem = problem;
      port->retry = retry;
    });
    attached_.push_back(port);
  }
  return absl::OkStatus();
}

absl::Status SwitchController::Transaction::ApplySettings() {
  for (const PortDiff& diff : diff_.ports) {
    if (diff.is_gone() || diff.needs_device()) continue;
    PortDevice* const device = controller_.RunningPort(diff.after->name).device.get();
    if (device == nullptr) continue;  // They are applied when it is back.
    device->Refresh();
    const PortSpec after = DeviceSpec(*diff.bridge_after, *diff.after);
    const PortSpec before = DeviceSpec(*diff.bridge_before, *diff.before);
    PortSpec present = before;
    if (after.mtu != before.mtu) present.mtu = device->mtu();
    if (after.mac != before.mac) present.mac = {device->address()};
    if (const absl::Status status = device->Apply(after); !status.ok()) return status;
    undo_.Add([device, present, before] {
      absl::Status status = device->Apply(present);
      if (status.ok()) status = device->Apply(before);
      if (!status.ok()) LOG(WARNING) << status.message();
    });
  }
  return absl::OkStatus();
}

absl::Status SwitchController::Transaction::AddStaticEntries() {
  for (const BridgeDiff& diff : diff_.bridges) {
    if (diff.is_gone()) continue;
    if (const auto resized = resized_.find(diff.after->name); resized != resized_.end()) {
      for (const StaticEntrySpec& entry : diff.after->static_entries) {
        if (!controller_.AddStatic(resized->second.get(), entry)) return NoRoomIn(diff.after->name);
      }
      continue;
    }
    for (const StaticEntrySpec* entry : diff.entries_set) {
      const absl::Status status = AddStaticEntry(diff.after->name, *entry);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

absl::Status SwitchController::Transaction::AddStaticEntry(std::string_view bridge,
                                                           const StaticEntrySpec& entry) {
  Bridge* const running = &controller_.RunningBridge(bridge);
  const FdbKey key(entry.mac, entry.vlan);
  const std::optional<FdbEntry> before = running->table->Get(key, NowTick());
  if (!controller_.AddStatic(running->table.get(), entry)) return NoRoomIn(bridge);
  controller_.fast_.Forget(running->number, key);
  undo_.Add([this, running, key, before] {
    running->table->Remove(key);
    controller_.fast_.Forget(running->number, key);
    if (before.has_value()) running->table->Put(*before, NowTick() - before->age_ticks);
  });
  return absl::OkStatus();
}

// ---- Steps that cannot fail ----

void SwitchController::Transaction::Finish() {
  undo_.Keep();
  // The diff points into both; moving keeps their bridges and ports where they are.
  const Desired before = std::exchange(controller_.desired_, std::move(next_));
  AdoptBridges();
  AdoptPorts();
  controller_.FollowSpecs();
  // A new port comes with the snapshot that knows it, and with everything else that has changed.
  for (Port* const port : attached_) controller_.Serve(port);
  if (attached_.empty()) controller_.Publish();
  controller_.ForgetChangedVlans(diff_);
  controller_.ForgetBySettings(diff_);
  // A table that is new to a port does not know its netdev.
  for (Port* const port : controller_.ports_by_id_) {
    if (port != nullptr) controller_.LearnOwnAddress(port);
  }
  for (BridgeSpec& spec : controller_.desired_.bridges) {
    if (std::ranges::find(cured_, &controller_.RunningBridge(spec.name)) == cured_.end()) continue;
    for (PortSpec& port : spec.ports) {
      Port* const running = &controller_.RunningPort(port.name);
      if (running->device == nullptr) controller_.BringUp(running, &port);
    }
  }
  TakeAway();
}

void SwitchController::Transaction::AdoptBridges() {
  for (const BridgeDiff& diff : diff_.bridges) {
    if (diff.is_gone()) continue;
    Bridge& bridge = controller_.RunningBridge(diff.after->name);
    if (const auto resized = resized_.find(diff.after->name); resized != resized_.end()) {
      for (Port* port : controller_.ports_by_id_) {
        if (port != nullptr && port->bridge == &bridge) controller_.KeepMoves(port, *bridge.table);
      }
      bridge.table = resized->second;
      controller_.fast_.ForgetBridge(bridge.number);
      if (!std::exchange(bridge.problem, "").empty()) cured_.push_back(&bridge);
    }
  }
}

void SwitchController::Transaction::AdoptPorts() {
  for (const PortDiff& diff : diff_.ports) {
    Port& port = controller_.RunningPort(diff.is_gone() ? diff.before->name : diff.after->name);
    if (diff.is_gone()) {
      port.served = false;
      continue;
    }
    Bridge* const bridge = &controller_.RunningBridge(diff.bridge_after->name);
    if (port.bridge != bridge) {
      moved_.emplace_back(port.bridge->table, port.id);
      controller_.KeepMoves(&port, *port.bridge->table);
      port.retry |= port.device == nullptr;
      port.own_address_taken = false;
    }
    port.bridge = bridge;
    if (port.device != nullptr) port.device->Refresh();
  }
}

void SwitchController::Transaction::TakeAway() {
  for (const BridgeDiff& diff : diff_.bridges) {
    if (diff.is_gone() || diff.needs_table()) continue;
    const Bridge& bridge = controller_.RunningBridge(diff.after->name);
    for (const StaticEntrySpec* entry : diff.entries_gone) {
      bridge.table->Remove(FdbKey(entry->mac, entry->vlan));
      controller_.fast_.Forget(bridge.number, FdbKey(entry->mac, entry->vlan));
    }
  }
  for (const auto& [table, port] : moved_) {
    table->RemovePort(port);
    controller_.fast_.ForgetPort(port);
  }

  std::vector<std::unique_ptr<PortDevice>> devices;
  for (const PortDiff& diff : diff_.ports) {
    if (!diff.is_gone()) continue;
    Port* const port = &controller_.RunningPort(diff.before->name);
    controller_.Forget(port, force_);
    if (port->device != nullptr) {
      controller_.workers_->RemovePort(port->id, nullptr);
      devices.push_back(std::move(port->device));
    }
    controller_.fast_.RemovePort(port->id, /*with_counters=*/true);
    port->bridge->table->RemovePort(port->id);
    controller_.fast_.ForgetPort(port->id);
    controller_.ErasePort(port);
  }
  if (!devices.empty()) PortDevice::DestroyTogether(std::move(devices));
  controller_.CleanNetdevs();
  for (const BridgeDiff& diff : diff_.bridges) {
    if (diff.is_gone()) controller_.bridges_.erase(controller_.bridges_.find(diff.before->name));
  }
}

}  // namespace vswitch
