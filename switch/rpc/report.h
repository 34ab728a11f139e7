// What the controller tells, as JSON: the members that docs/control-protocol.md promises, in their
// order. Counters and settings follow from the lists that define them (bridge/counters.h,
// bridge/drop_reason.h, switch/worker/worker_stats.h, switch/model/setting_table.h), so that a new
// one shows up by itself. Thread-safety: pure functions; ReportBridges() asks the system's user
// database.
#ifndef VSWITCH_SWITCH_RPC_REPORT_H_
#define VSWITCH_SWITCH_RPC_REPORT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "switch/core/controller.h"

namespace vswitch {

// Members stay in the order in which they were written.
using Report = nlohmann::ordered_json;

// A list of bridges with their settings and ports.
Report ReportBridges(const std::vector<BridgeStatus>& bridges);

// {"kept", "holder"}
Report ReportKeptTap(const KeptTap& tap);

// A list of ports with their VLANs.
Report ReportVlans(const std::vector<PortVlans>& ports);

// {"ports", "workers"}
Report ReportStats(const SwitchStats& stats);

// A bridge's name and the numbers of its table.
Report ReportTable(std::string_view bridge, const TableStats& stats);

// {"entries", "routers", "queriers"}
Report ReportMdb(const MdbReport& report);
// A list of bridges' spanning trees.
Report ReportTrees(const std::vector<RstpStatus>& trees);

// Appends an entry of a table. Text at once: four million of them as JSON values would take
// gigabytes.
void AppendFdbRow(const FdbRow& row, std::string* text);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_REPORT_H_
