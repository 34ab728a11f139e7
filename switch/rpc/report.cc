#include "switch/rpc/report.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "switch/base/str_cat.h"
#include "switch/rpc/json_rpc.h"

namespace vswitch {
namespace {

// "ingress_frames" is ["ingress"]["frames"], and so for egress; the others keep their name.
void AddPortCounter(std::string_view name, uint64_t value, Report* port) {
  for (const std::string direction : {"ingress", "egress"}) {
    if (!name.starts_with(direction + "_")) continue;
    (*port)[direction][std::string(name.substr(direction.size() + 1))] = value;
    return;
  }
  (*port)[std::string(name)] = value;
}

Report ReportPort(const PortStats& port) {
  const PortTotals& counters = port.counters;
  Report report = {{"name", port.name}, {"bridge", port.bridge}};
#define VSWITCH_X(counter) AddPortCounter(#counter, counters.counter, &report);
  VSWITCH_PORT_COUNTERS(VSWITCH_X)
#undef VSWITCH_X
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

Report ReportStats(const SwitchStats& stats) {
  Report ports = Report::array();
  for (const PortStats& port : stats.ports) ports.push_back(ReportPort(port));
  Report workers = Report::array();
  for (const WorkerStats& worker : stats.workers) workers.push_back(ReportWorker(worker));
  return {{"ports", std::move(ports)}, {"workers", std::move(workers)}};
}

Report ReportTable(std::string_view bridge, const MacTable::Stats& stats) {
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
  };
}

void AppendFdbRow(const FdbRow& row, std::string* text) {
  *text += StrCat(R"({"bridge":)", DumpJson(Report(row.bridge)), R"(,"mac":")", row.mac.ToString(),
                  R"(","vlan":)", row.vlan, R"(,"port":)", DumpJson(Report(row.port)),
                  R"(,"kind":")", row.kind == FdbEntryKind::kStatic ? "static" : "learned",
                  R"(","age_s":)", row.age_s, "}");
}

}  // namespace vswitch
