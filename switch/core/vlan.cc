// VLANs: the verbs, and what the data path is told of a port's settings.
#include "bridge/vlan.h"

#include <algorithm>
#include <utility>

#include "switch/core/switch_controller.h"
#include "switch/model/diff.h"
#include "switch/model/vlan_settings.h"

namespace vswitch {
namespace {

// FlushPortVlan() looks through the table; beyond so many VLANs all of the port's entries go.
constexpr size_t kMostFlushedApart = 4;

VlanMode ModeOf(const PortSpec& spec) {
  switch (EffectiveVlanMode(spec)) {
    case VlanModeSetting::kNone:
      return VlanMode::kTransparent;
    case VlanModeSetting::kAccess:
      return VlanMode::kAccess;
    case VlanModeSetting::kTrunk:
      return VlanMode::kTrunk;
    case VlanModeSetting::kNativeTagged:
      return VlanMode::kNativeTagged;
    case VlanModeSetting::kNativeUntagged:
      return VlanMode::kNativeUntagged;
    case VlanModeSetting::kTunnel:
      return VlanMode::kTunnel;
  }
  return VlanMode::kTransparent;
}

}  // namespace

// Ports with the same text share a set.
VlanPolicy SwitchController::VlanPolicyOf(const PortSpec& spec) {
  VlanPolicy policy{.mode = ModeOf(spec), .tag = spec.tag, .trunks = nullptr};
  if (spec.trunks.empty()) return policy;
  std::weak_ptr<const VlanSet>& kept = vlan_sets_[spec.trunks];
  policy.trunks = kept.lock();
  if (policy.trunks == nullptr) {
    // Checked when it was set.
    policy.trunks = std::make_shared<VlanSet>(ReadVlanList(spec.trunks).value_or(VlanList()));
    kept = policy.trunks;
    std::erase_if(vlan_sets_, [](const auto& entry) { return entry.second.expired(); });
  }
  return policy;
}

void SwitchController::ForgetChangedVlans(const StateDiff& diff) {
  for (const PortDiff& port : diff.ports) {
    if (port.is_new() || port.is_gone()) continue;
    const VlanSet changed = ChangedVlans(VlanPolicyOf(*port.before), VlanPolicyOf(*port.after));
    if (changed.none()) continue;
    Port& running = RunningPort(port.after->name);
    if (changed.count() > kMostFlushedApart) {
      FlushStations(*port.bridge_after, &running);
      continue;
    }
    Flush(*port.bridge_after, running.name, [&] {
      fast_.ForgetPort(running.id);
      for (VlanId vlan = 0; vlan < changed.size(); ++vlan) {
        if (changed.test(vlan)) running.bridge->table->FlushPortVlan(running.id, vlan);
      }
    });
  }
  FreeLimited();
}

absl::StatusOr<std::vector<PortVlans>> SwitchController::VlanShow(std::string_view bridge) {
  const auto bridges = BridgesNamed(bridge);
  if (!bridges.ok()) return bridges.status();
  std::vector<PortVlans> rows;
  for (const BridgeSpec* each : *bridges) {
    for (const PortSpec& port : each->ports) rows.push_back({.bridge = each->name, .spec = port});
  }
  return rows;
}

absl::Status SwitchController::VlanAdd(std::string_view name, std::string_view vid, bool pvid,
                                       bool untagged) {
  if (const auto found = FindPort(name); !found.ok()) return found.status();
  const absl::StatusOr<VlanRange> range = ReadVlanRange(vid);
  if (!range.ok()) return range.status();
  Desired next = ToEdit();
  const absl::Status status = AddVlans(*range, pvid, untagged, next.FindPort(name).port);
  return status.ok() ? Commit(std::move(next)) : status;
}

absl::Status SwitchController::VlanDelete(std::string_view name, std::string_view vid) {
  if (const auto found = FindPort(name); !found.ok()) return found.status();
  const absl::StatusOr<VlanRange> range = ReadVlanRange(vid);
  if (!range.ok()) return range.status();
  Desired next = ToEdit();
  const absl::Status status = DeleteVlans(*range, next.FindPort(name).port);
  return status.ok() ? Commit(std::move(next)) : status;
}

}  // namespace vswitch
