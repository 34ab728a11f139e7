#include "switch/model/diff.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>

#include "mac_table/fdb_key.h"
#include "switch/model/setting_table.h"

namespace vswitch {
namespace {

uint64_t KeyOf(const StaticEntrySpec& entry) { return FdbKey(entry.mac, entry.vlan).value; }

void DiffEntries(BridgeDiff* bridge) {
  static const std::vector<StaticEntrySpec> kNone;
  const auto& before = bridge->is_new() ? kNone : bridge->before->static_entries;
  const auto& after = bridge->is_gone() ? kNone : bridge->after->static_entries;
  if (before == after) return;
  std::unordered_map<uint64_t, const StaticEntrySpec*> old;
  for (const StaticEntrySpec& entry : before) old[KeyOf(entry)] = &entry;
  for (const StaticEntrySpec& entry : after) {
    const auto found = old.find(KeyOf(entry));
    if (found == old.end() || *found->second != entry) {
      bridge->entries_set.push_back(&entry);
    }
    if (found != old.end()) old.erase(found);
  }
  for (const auto& [key, entry] : old) bridge->entries_gone.push_back(entry);
}

bool Differs(const PortDiff& port) {
  if (port.is_new() || port.is_gone()) return true;
  if (port.bridge_before->name != port.bridge_after->name) return true;
  PortSpec after = DeviceSpec(*port.bridge_after, *port.after);
  after.created = port.before->created;
  return after != DeviceSpec(*port.bridge_before, *port.before);
}

std::vector<BridgeDiff> DiffBridges(const Desired& before, const Desired& after) {
  std::map<std::string_view, const BridgeSpec*> old;
  for (const BridgeSpec& bridge : before.bridges) old[bridge.name] = &bridge;
  std::vector<BridgeDiff> diffs;
  for (const BridgeSpec& bridge : after.bridges) {
    const auto found = old.find(bridge.name);
    const BridgeSpec* const was = found == old.end() ? nullptr : found->second;
    if (was != nullptr) old.erase(found);
    if (was == nullptr || *was != bridge) diffs.push_back({.before = was, .after = &bridge});
  }
  for (const auto& [name, bridge] : old) diffs.push_back({.before = bridge});
  for (BridgeDiff& diff : diffs) DiffEntries(&diff);
  return diffs;
}

std::vector<PortDiff> DiffPorts(const Desired& before, const Desired& after) {
  std::map<std::string_view, PortDiff> old;
  for (const BridgeSpec& bridge : before.bridges) {
    for (const PortSpec& port : bridge.ports) {
      old[port.name] = {.before = &port, .bridge_before = &bridge};
    }
  }
  std::vector<PortDiff> diffs;
  for (const BridgeSpec& bridge : after.bridges) {
    for (const PortSpec& port : bridge.ports) {
      PortDiff diff;
      if (const auto found = old.find(port.name); found != old.end()) {
        diff = found->second;
        old.erase(found);
      }
      diff.after = &port;
      diff.bridge_after = &bridge;
      if (Differs(diff)) diffs.push_back(diff);
    }
  }
  for (const auto& [name, port] : old) diffs.push_back(port);
  return diffs;
}

}  // namespace

bool PortDiff::needs_device() const {
  if (is_gone()) return false;
  if (is_new()) return true;
  // PortDevice::Apply() changes the others in place, or the device has nothing of them.
  return std::ranges::any_of(PortKeys(), [this](const SettingKey<PortSpec>& key) {
    return key.creation_only && key.Format(*before) != key.Format(*after);
  });
}

StateDiff Diff(const Desired& before, const Desired& after) {
  return {.bridges = DiffBridges(before, after), .ports = DiffPorts(before, after)};
}

}  // namespace vswitch
