// Commit(): from one desired state to any other, or nowhere.
#include "switch/core/transaction.h"

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
#include "switch/core/draft.h"
#include "switch/model/check_state.h"
#include "switch/model/state_file.h"
#include "switch/model/subject.h"

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

absl::Status SwitchController::Commit(Desired next, const PortNames& forced) {
  if (next.bridges.size() > std::max(kMaxBridges, desired_.bridges.size())) {
    return absl::ResourceExhaustedError(
        StrCat("a switch has at most ", kMaxBridges, " bridges: delete one first"));
  }
  for (const BridgeSpec& bridge : next.bridges) {
    const absl::Status status = CheckRoom(desired_.FindBridge(bridge.name), bridge);
    if (!status.ok()) return About(bridge.name, status);
  }
  if (draft_ != nullptr) {
    draft_->desired = std::move(next);
    draft_->forced.insert(forced.begin(), forced.end());
    return absl::OkStatus();
  }
  KeepCreated(desired_, &next);
  if (const absl::Status status = CheckState(next); !status.ok()) return status;
  Transaction transaction(this, std::move(next), forced);
  absl::Status status = transaction.Prepare();
  if (status.ok()) status = SaveStateFile(options_.state_path, transaction.next());
  if (status.ok()) transaction.Finish();
  return status;
}

absl::Status SwitchController::Transaction::MakeTables() {
  for (const BridgeDiff& diff : diff_.bridges) {
    if (diff.is_new()) {
      const auto bridge = controller_.NewBridge(*diff.after);
      if (!bridge.ok()) return About(diff.after->name, bridge.status());
      undo_.Add([this, &diff] {
        controller_.bridges_.erase(controller_.bridges_.find(diff.after->name));
      });
    } else if (diff.needs_table()) {
      auto table = NewTable(*diff.after);
      if (!table.ok()) return About(diff.after->name, table.status());
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
    if (problem.empty()) continue;
    return About(diff.after->name, absl::ResourceExhaustedError(problem));
  }
  for (const BridgeDiff& diff : diff_.bridges) {
    if (diff.is_gone() || diff.entries_set.empty()) continue;
    const std::string problem = ProblemOf(diff.after->name);
    if (problem.empty()) continue;
    return About(diff.entries_set.front()->mac.ToString(), absl::ResourceExhaustedError(problem));
  }
  return absl::OkStatus();
}

absl::Status SwitchController::Transaction::MakePorts() {
  for (const PortDiff& diff : diff_.ports) {
    if (!diff.is_new()) continue;
    Bridge& bridge = controller_.RunningBridge(diff.bridge_after->name);
    Port* const port = controller_.NewPort(diff.after->name, &bridge);
    if (port == nullptr) {
      return About(diff.after->name,
                   absl::ResourceExhaustedError(
                       StrCat("a switch has at most ", kMaxPorts, " ports: delete one first")));
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
    const auto kept = port->device->Forget(/*force=*/true);
    if (!kept.ok()) return About(port->name, kept.status());
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
      return About(port->name, status);
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
    const absl::Status status = device->Apply(after);
    if (!status.ok()) return About(diff.after->name, status);
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
        if (controller_.AddStatic(resized->second.get(), entry)) continue;
        return About(diff.after->name, NoRoomIn(diff.after->name));
      }
      continue;
    }
    for (const StaticEntrySpec* entry : diff.entries_set) {
      const absl::Status status = AddStaticEntry(diff.after->name, *entry);
      if (!status.ok()) return About(entry->mac.ToString(), status);
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

}  // namespace vswitch
