// The verbs on forwarding tables.
#include <utility>

#include "switch/base/now_tick.h"
#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"

namespace vswitch {

FdbRow SwitchController::RowOf(const Bridge& bridge, const FdbEntry& entry) const {
  const Port* port = entry.port < ports_by_id_.size() ? ports_by_id_[entry.port] : nullptr;
  return FdbRow{.bridge = bridge.spec.name,
                .port = port == nullptr ? "" : port->spec.name,
                .mac = entry.key.mac(),
                .vlan = entry.key.vlan(),
                .kind = entry.kind,
                .age_s = entry.age_ticks};
}

absl::StatusOr<std::vector<FdbRow>> SwitchController::FdbShow(std::string_view bridge) {
  auto bridges = BridgesNamed(bridge);
  if (!bridges.ok()) return bridges.status();
  std::vector<FdbRow> rows;
  for (const Bridge* each : *bridges) {
    each->table->ForEach(NowTick(),
                         [&](const FdbEntry& entry) { rows.push_back(RowOf(*each, entry)); });
  }
  return rows;
}

absl::StatusOr<FdbRow> SwitchController::FdbGet(std::string_view bridge, MacAddress mac,
                                                VlanId vlan) {
  auto found = FindBridge(bridge);
  if (!found.ok()) return found.status();
  const auto entry = (*found)->table->Get(FdbKey(mac, vlan), NowTick());
  if (!entry.has_value()) {
    return absl::NotFoundError(StrCat(mac.ToString(), " vlan ", vlan, " is not in the table of '",
                                      bridge, "': frames to it are flooded"));
  }
  return RowOf(**found, *entry);
}

absl::Status SwitchController::FdbAdd(std::string_view bridge_name, MacAddress mac,
                                      std::string_view port_name, VlanId vlan) {
  auto bridge = FindBridge(bridge_name);
  if (!bridge.ok()) return bridge.status();
  auto port = FindPort(port_name);
  if (!port.ok()) return port.status();
  if ((*port)->bridge != *bridge) {
    return absl::InvalidArgumentError(StrCat("port '", port_name, "' is not on bridge '",
                                             bridge_name, "' but on '", (*port)->bridge->spec.name,
                                             "'"));
  }
  if (mac.IsGroup() || mac.IsZero()) {
    return absl::InvalidArgumentError(
        StrCat(mac.ToString(), " is not a unicast address: a table entry names one station"));
  }
  std::vector<StaticEntrySpec>& statics = (*bridge)->spec.static_entries;
  const std::vector<StaticEntrySpec> before = statics;
  std::erase_if(statics, [&](const auto& e) { return e.mac == mac && e.vlan == vlan; });
  statics.push_back({.mac = mac, .vlan = vlan, .port = std::string(port_name)});
  if (const absl::Status status = Save(); !status.ok()) {
    statics = before;
    return status;
  }
  if (!(*bridge)->table->AddStatic(FdbKey(mac, vlan), (*port)->id, NowTick())) {
    statics = before;
    if (const absl::Status status = Save(); !status.ok()) return status;
    return absl::ResourceExhaustedError(
        StrCat("the table of '", bridge_name,
               "' has no room for another static entry: raise it with 'vswitchctl set br ",
               bridge_name, " fdb_entries=N'"));
  }
  return absl::OkStatus();
}

absl::Status SwitchController::FdbDelete(std::string_view bridge_name, MacAddress mac,
                                         VlanId vlan) {
  auto bridge = FindBridge(bridge_name);
  if (!bridge.ok()) return bridge.status();
  if (!(*bridge)->table->Get(FdbKey(mac, vlan), NowTick()).has_value()) {
    return absl::NotFoundError(
        StrCat(mac.ToString(), " vlan ", vlan, " is not in the table of '", bridge_name, "'"));
  }
  std::vector<StaticEntrySpec>& statics = (*bridge)->spec.static_entries;
  const std::vector<StaticEntrySpec> before = statics;
  if (std::erase_if(statics, [&](const auto& e) { return e.mac == mac && e.vlan == vlan; }) > 0) {
    if (const absl::Status status = Save(); !status.ok()) {
      statics = before;
      return status;
    }
  }
  (*bridge)->table->Remove(FdbKey(mac, vlan));
  return absl::OkStatus();
}

absl::Status SwitchController::FdbFlush(std::string_view bridge_name, std::string_view port_name,
                                        std::optional<VlanId> vlan) {
  auto bridge = FindBridge(bridge_name);
  if (!bridge.ok()) return bridge.status();
  MacTable& table = *(*bridge)->table;
  if (port_name.empty()) {
    vlan.has_value() ? table.FlushVlan(*vlan) : table.FlushAll();
    return absl::OkStatus();
  }
  auto port = FindPort(port_name);
  if (!port.ok()) return port.status();
  if ((*port)->bridge != *bridge) {
    return absl::InvalidArgumentError(
        StrCat("port '", port_name, "' is not on bridge '", bridge_name, "'"));
  }
  vlan.has_value() ? table.FlushPortVlan((*port)->id, *vlan) : table.FlushPort((*port)->id);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::pair<std::string, MacTable::Stats>>> SwitchController::FdbStats(
    std::string_view bridge) {
  auto bridges = BridgesNamed(bridge);
  if (!bridges.ok()) return bridges.status();
  std::vector<std::pair<std::string, MacTable::Stats>> all;
  for (const Bridge* each : *bridges) all.emplace_back(each->spec.name, each->table->stats());
  return all;
}

}  // namespace vswitch
