#include "switch/rpc/report.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "switch/base/str_cat.h"
#include "switch/model/port_spec.h"
#include "switch/model/setting_json.h"
#include "switch/model/setting_value.h"
#include "switch/model/users.h"
#include "switch/model/vlan_settings.h"
#include "switch/rpc/json_rpc.h"

namespace vswitch {
namespace {

// Users' names, each looked up once per reply: the system's user database may be a slow one.
class Owners {
 public:
  const std::string& Name(uid_t uid) {
    const auto [found, is_new] = names_.try_emplace(uid);
    if (is_new) found->second = UserName(uid);
    return found->second;
  }

 private:
  std::map<uid_t, std::string> names_;
};

Report ReportPort(const PortStatus& port, Owners& owners) {
  // A member keeps the place that it gets here: state and detail stand behind the type.
  Report report = {
      {"name", port.spec.name},
      {"type", PortTypeName(port.spec.type)},
      {"state", port.state},
      {"detail", port.detail},
  };
  WriteSettings(port.spec, &report);
  // Not as they were asked for: by name, and as the device has it.
  const bool has_owner = port.spec.type == PortType::kTap && port.owner.has_value();
  report["owner"] = has_owner ? owners.Name(*port.owner) : std::string();
  report["mtu"] = port.mtu;
  report["mac"] = MacText(port.mac);
  report["device"] = port.device;
  report["fast_path"] = port.fast_path ? "on" : "off";
  report["fast_path_reason"] = port.fast_path_reason;
  report["repairs"] = port.repairs;
  report["learned"] = port.learned;
  return report;
}

// "ingress_frames" is ["ingress"]["frames"], and so for egress; the others keep their name.
void AddPortCounter(std::string_view name, uint64_t value, Report* port) {
  for (const std::string direction : {"ingress", "egress"}) {
    if (!name.starts_with(direction + "_")) continue;
    (*port)[direction][std::string(name.substr(direction.size() + 1))] = value;
    return;
  }
  (*port)[std::string(name)] = value;
}

Report ReportPortStats(const PortStats& port) {
  const PortTotals& counters = port.counters;
  Report report = {{"name", port.name}, {"bridge", port.bridge}};
#define VSWITCH_X(counter) AddPortCounter(#counter, counters.counter, &report);
  VSWITCH_PORT_COUNTERS(VSWITCH_X)
#undef VSWITCH_X
  report["moves"] = port.moves;
  report["ingress"]["fast_frames"] = port.fast_ingress_frames;
  report["egress"]["fast_frames"] = port.fast_egress_frames;
  Report& drops = report["drops"];
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    drops[std::string(kDropReasonText[i])] = counters.drops[i];
  }
  return report;
}

// By the least number that each bucket holds.
Report ReportHistogram(const HistogramCounts& counts) {
  Report report;
  for (size_t i = 0; i < kHistogramBuckets; ++i) {
    report[StrCat(HistogramLowerBound(i))] = counts[i];
  }
  return report;
}

Report ReportWorker(const WorkerStats& worker) {
  Report report;
  ForEachCounter(worker,
                 [&](std::string_view name, uint64_t value) { report[std::string(name)] = value; });
  ForEachHistogram(worker, [&](std::string_view name, const HistogramCounts& counts) {
    report[std::string(name)] = ReportHistogram(counts);
  });
  return report;
}

}  // namespace

Report ReportBridges(const std::vector<BridgeStatus>& bridges) {
  Owners owners;
  Report all = Report::array();
  for (const BridgeStatus& bridge : bridges) {
    Report& report = all.emplace_back(
        Report{{"name", bridge.spec.name}, {"detail", bridge.detail}, {"warning", bridge.warning}});
    WriteSettings(bridge.spec, &report);
    Report& ports = report["ports"] = Report::array();
    for (const PortStatus& port : bridge.ports) ports.push_back(ReportPort(port, owners));
  }
  return all;
}

Report ReportKeptTap(const KeptTap& tap) {
  Report report = {{"kept", tap.name}, {"holder", nullptr}};
  if (tap.holder.has_value()) {
    report["holder"] = {{"pid", tap.holder->pid},
                        {"command", tap.holder->command},
                        {"user", UserName(tap.holder->uid)}};
  }
  return report;
}

Report ReportVlans(const std::vector<PortVlans>& ports) {
  Report all = Report::array();
  for (const auto& [bridge, spec] : ports) {
    const std::string_view mode = VlanModeName(EffectiveVlanMode(spec));
    all.push_back({{"port", spec.name},
                   {"bridge", bridge},
                   {"vlan_mode", mode.empty() ? "transparent" : mode},
                   {"tag", spec.tag == 0 ? Report() : Report(spec.tag)},
                   {"trunks", spec.trunks}});
  }
  return all;
}

Report ReportStats(const SwitchStats& stats) {
  Report ports = Report::array();
  for (const PortStats& port : stats.ports) ports.push_back(ReportPortStats(port));
  Report workers = Report::array();
  for (const WorkerStats& worker : stats.workers) workers.push_back(ReportWorker(worker));
  return {{"ports", std::move(ports)}, {"workers", std::move(workers)}};
}

Report ReportTable(std::string_view bridge, const TableStats& table) {
  const MacTable::Stats& stats = table.table;
  return {
      {"name", bridge},
      {"entries", stats.entries},
      {"static_entries", stats.static_entries},
      {"capacity", stats.capacity},
      {"learned", stats.learned},
      {"moved", stats.moved},
      {"aged_out", stats.aged_out},
      {"evicted", stats.evicted},
      {"learn_failed", stats.learn_failed},
      {"learn_limited", stats.learn_limited},
      {"held", table.held},
      {"holds", table.holds},
  };
}

Report ReportMdb(const MdbReport& report) {
  Report entries = Report::array();
  for (const MdbGroup& group : report.groups) {
    Report ports = Report::array();
    for (const MdbPort& port : group.ports) {
      ports.push_back({{"port", port.port}, {"expires_s", port.expires_s}});
    }
    entries.push_back({{"bridge", group.bridge},
                       {"vlan", group.vlan},
                       {"group", group.group},
                       {"ports", std::move(ports)},
                       {"expires_s", group.expires_s}});
  }
  Report routers = Report::array();
  for (const MdbRouter& router : report.routers) {
    Report& row =
        routers.emplace_back(Report{{"bridge", router.bridge}, {"port", router.port.port}});
    const bool expires = router.vlan.has_value() || router.overflowed;
    row["kind"] = router.overflowed ? "overflowed" : expires ? "learned" : "set";
    row["vlan"] = router.vlan.has_value() ? Report(*router.vlan) : Report(nullptr);
    row["expires_s"] = expires ? Report(router.port.expires_s) : Report(nullptr);
  }
  Report queriers = Report::array();
  for (const MdbQuerier& querier : report.queriers) {
    queriers.push_back({{"bridge", querier.bridge},
                        {"vlan", querier.vlan},
                        {"family", querier.ipv6 ? "ipv6" : "ipv4"},
                        {"address", querier.address},
                        {"port", querier.port.port},
                        {"expires_s", querier.port.expires_s}});
  }
  return {{"entries", std::move(entries)},
          {"routers", std::move(routers)},
          {"queriers", std::move(queriers)}};
}

std::string_view KindName(FdbEntryKind kind) {
  switch (kind) {
    case FdbEntryKind::kStatic:
      return "static";
    case FdbEntryKind::kSticky:
      return "sticky";
    case FdbEntryKind::kLearned:
      break;
  }
  return "learned";
}

void AppendFdbRow(const FdbRow& row, std::string* text) {
  *text +=
      StrCat(R"({"bridge":)", DumpJson(Report(row.bridge)), R"(,"mac":")", row.mac.ToString(),
             R"(","vlan":)", row.vlan, R"(,"port":)", DumpJson(Report(row.port)), R"(,"kind":")",
             KindName(row.kind), R"(","age_s":)", row.age_s, R"(,"fast_path":)",
             row.fast_path ? "true" : "false", R"(,"held":)", row.held ? "true" : "false", "}");
}

}  // namespace vswitch
