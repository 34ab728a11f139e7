// The verbs on forwarding tables.
#include <algorithm>
#include <utility>

#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"

namespace vswitch {

FdbRow SwitchController::RowOf(const BridgeSpec& bridge, const FdbEntry& entry) const {
  const Bridge& running = bridges_.find(bridge.name)->second;
  // The younger one: what takes the fast path no worker sees.
  const std::optional<uint32_t> fast_age = fast_.AgeOf(running.number, entry.key);
  const Port* port = entry.port < ports_by_id_.size() ? ports_by_id_[entry.port] : nullptr;
  return FdbRow{.bridge = bridge.name,
                .port = port == nullptr ? "" : port->name,
                .mac = entry.key.mac(),
                .vlan = entry.key.vlan(),
                .kind = entry.kind,
                .age_s = std::min(entry.age_ticks, fast_age.value_or(entry.age_ticks)),
                .fast_path = fast_age.has_value(),
                .held = running.holds.contains(entry.key.value)};
}

absl::StatusOr<std::vector<FdbRow>> SwitchController::FdbShow(std::string_view bridge) {
  const auto bridges = BridgesNamed(bridge);
  if (!bridges.ok()) return bridges.status();
  std::vector<FdbRow> rows;
  for (const BridgeSpec* each : *bridges) {
    RunningBridge(each->name).table->ForEach(NowTick(), [&](const FdbEntry& entry) {
      rows.push_back(RowOf(*each, entry));
    });
  }
  return rows;
}

absl::StatusOr<FdbRow> SwitchController::FdbGet(std::string_view bridge, MacAddress mac,
                                                VlanId vlan) {
  const auto found = FindBridge(bridge);
  if (!found.ok()) return found.status();
  const auto entry = RunningBridge(bridge).table->Get(FdbKey(mac, vlan), NowTick());
  if (!entry.has_value()) {
    return absl::NotFoundError(StrCat(mac.ToString(), " vlan ", vlan, " is not in the table of '",
                                      bridge, "': frames to it are flooded"));
  }
  return RowOf(**found, *entry);
}

absl::Status SwitchController::CheckIsOn(std::string_view bridge, std::string_view port) const {
  if (const auto found = FindBridge(bridge); !found.ok()) return found.status();
  const auto found = FindPort(port);
  if (!found.ok()) return found.status();
  if (found->bridge->name == bridge) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat("port '", port, "' is not on bridge '", bridge,
                                           "' but on '", found->bridge->name, "'"));
}

absl::Status SwitchController::FdbAdd(std::string_view bridge, MacAddress mac,
                                      std::string_view port, VlanId vlan, bool sticky) {
  if (const absl::Status status = CheckIsOn(bridge, port); !status.ok()) return status;
  if (mac.IsGroup() || mac.IsZero()) {
    return absl::InvalidArgumentError(
        StrCat(mac.ToString(), " is not a unicast address: a table entry names one station"));
  }
  Desired next = ToEdit();
  std::vector<StaticEntrySpec>& statics = next.FindBridge(bridge)->static_entries;
  std::erase_if(statics, [&](const auto& e) { return e.mac == mac && e.vlan == vlan; });
  statics.push_back({.mac = mac, .vlan = vlan, .port = std::string(port), .sticky = sticky});
  const absl::Status status = Commit(std::move(next));
  if (!status.ok()) return status;
  Afterwards([this, bridge = std::string(bridge), mac, vlan] {
    const BridgeSpec* const spec = desired_.FindBridge(bridge);
    if (spec == nullptr) return;  // It was deleted since.
    EndHolds(&RunningBridge(bridge), mac, vlan, kNoPort);
    DropShutSticky(*spec);
  });
  return status;
}

absl::Status SwitchController::FdbDelete(std::string_view bridge, MacAddress mac, VlanId vlan) {
  const auto found = FindBridge(bridge);
  if (!found.ok()) return found.status();
  const auto is_it = [mac, vlan](const StaticEntrySpec& e) {
    return e.mac == mac && e.vlan == vlan;
  };
  if (std::ranges::any_of((*found)->static_entries, is_it)) {
    Desired next = ToEdit();
    std::erase_if(next.FindBridge(bridge)->static_entries, is_it);
    if (const absl::Status status = Commit(std::move(next)); !status.ok()) return status;
  } else if (const auto running = bridges_.find(bridge);
             running == bridges_.end() ||
             !running->second.table->Get(FdbKey(mac, vlan), NowTick()).has_value()) {
    return absl::NotFoundError(
        StrCat(mac.ToString(), " vlan ", vlan, " is not in the table of '", bridge, "'"));
  }
  Afterwards([this, bridge = std::string(bridge), mac, vlan, is_it] {
    const BridgeSpec* const spec = desired_.FindBridge(bridge);
    if (spec == nullptr || std::ranges::any_of(spec->static_entries, is_it)) return;
    Bridge& running = RunningBridge(bridge);
    EndHolds(&running, mac, vlan, kNoPort);
    // What was learned is nobody's wish.
    running.table->Remove(FdbKey(mac, vlan));
    fast_.Forget(running.number, FdbKey(mac, vlan));
  });
  return absl::OkStatus();
}

absl::Status SwitchController::FdbFlush(std::string_view bridge, std::string_view port_name,
                                        std::optional<VlanId> vlan, std::optional<MacAddress> mac) {
  const auto found = FindBridge(bridge);
  if (!found.ok()) return found.status();
  PortId port = kNoPort;
  if (!port_name.empty()) {
    if (const absl::Status status = CheckIsOn(bridge, port_name); !status.ok()) return status;
    port = RunningPort(port_name).id;
  }
  Bridge& running = RunningBridge(bridge);
  MacTable& table = *running.table;
  EndHolds(&running, mac, vlan, port);
  Flush(**found, port_name, [&] {
    if (mac.has_value()) {
      table.FlushMac(*mac, vlan, port);
      fast_.ForgetMac(running.number, *mac, vlan, port);
    } else if (port == kNoPort) {
      vlan.has_value() ? table.FlushVlan(*vlan) : table.FlushAll();
      vlan.has_value() ? fast_.ForgetVlan(running.number, *vlan)
                       : fast_.ForgetBridge(running.number);
    } else {
      vlan.has_value() ? table.FlushPortVlan(port, *vlan) : table.FlushPort(port);
      vlan.has_value() ? fast_.ForgetPortVlan(port, *vlan) : fast_.ForgetPort(port);
    }
  });
  FreeFlushed(&running);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::pair<std::string, TableStats>>> SwitchController::FdbStats(
    std::string_view bridge) {
  const auto bridges = BridgesNamed(bridge);
  if (!bridges.ok()) return bridges.status();
  std::vector<std::pair<std::string, TableStats>> all;
  for (const BridgeSpec* each : *bridges) {
    const Bridge& bridge = RunningBridge(each->name);
    all.emplace_back(each->name, TableStats{.table = bridge.table->stats(),
                                            .held = bridge.holds.size(),
                                            .holds = bridge.holds_begun});
  }
  return all;
}

// As if the netdev had just sent a frame: it ages and is flushed like any other, and is learned
// again with the next tick. A station that sends from the same address takes it over, as does an
// internal port that was given the uplink's, or a guest in a cloud that lets no other address in.
void SwitchController::LearnOwnAddress(Port* port) {
  if (port->device == nullptr || !port->up || port->own_address_taken || !port->learns) return;
  const MacAddress address = {port->device->own_address()};
  if (address.value == 0) return;
  MacTable& table = *port->bridge->table;
  // What it sends has no tag.
  const FdbKey key(address, port->vlan);
  const std::optional<FdbEntry> entry = table.Get(key, NowTick());
  port->own_address_taken = entry.has_value() && entry->port != port->id;
  if (!port->own_address_taken) table.Learn(key, port->id, NowTick());
}

}  // namespace vswitch
