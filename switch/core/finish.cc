// Of a change that was prepared and saved: the steps that cannot fail (transaction.h).
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "switch/core/transaction.h"

namespace vswitch {

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
    controller_.Forget(port, forced_.contains(port->name));
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
