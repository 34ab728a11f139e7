// Verbs of the daemon as a whole: counters, version, exit.
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

std::string PortStatsTable(const Json& ports) {
  Table table({"PORT", "BRIDGE", "INGRESS_FRAMES", "BYTES", "OFFLOADED", "EGRESS_FRAMES", "BYTES",
               "FLOOD_COPIES"});
  for (const Json& port : ports) {
    const Json& ingress = Field(port, "ingress");
    const Json& egress = Field(port, "egress");
    table.AddRow({TextField(port, "name"), TextField(port, "bridge"), TextField(ingress, "frames"),
                  TextField(ingress, "bytes"), TextField(ingress, "offloaded"),
                  TextField(egress, "frames"), TextField(egress, "bytes"),
                  TextField(port, "flood_copies")});
  }
  return table.ToString();
}

// Only reasons that have counted something: a port has more than a dozen.
std::string DropTable(const Json& ports) {
  Table table({"PORT", "DROP_REASON", "FRAMES"});
  for (const Json& port : ports) {
    const Json& drops = Field(port, "drops");
    if (!drops.is_object()) continue;
    for (const auto& [reason, count] : drops.items()) {
      if (count != Json(0)) table.AddRow({TextField(port, "name"), reason, ToText(count)});
    }
  }
  return table.empty() ? "no drops\n" : table.ToString();
}

// Whatever a worker counts, in the daemon's order; histograms have a table of their own.
std::string WorkerTable(const Json& workers) {
  std::vector<std::string> headings = {"WORKER"};
  std::vector<std::string> keys;
  if (!workers.empty() && workers.front().is_object()) {
    for (const auto& [key, value] : workers.front().items()) {
      if (value.is_object()) continue;
      keys.push_back(key);
      headings.push_back(absl::AsciiStrToUpper(key));
    }
  }
  Table table(std::move(headings));
  size_t number = 0;
  for (const Json& worker : workers) {
    std::vector<std::string> cells = {StrCat(number++)};
    for (const std::string& key : keys) cells.push_back(TextField(worker, key));
    table.AddRow(std::move(cells));
  }
  return table.ToString();
}

// A row for each histogram of each worker. A column counts the numbers from its heading up to the
// next one's.
std::string HistogramTable(const Json& workers) {
  std::vector<std::string> headings = {"WORKER", "HISTOGRAM"};
  std::vector<std::vector<std::string>> rows;
  size_t number = 0;
  for (const Json& worker : workers) {
    const std::string name = StrCat(number++);
    if (!worker.is_object()) continue;
    for (const auto& [key, histogram] : worker.items()) {
      if (!histogram.is_object()) continue;
      if (rows.empty()) {
        for (const auto& [least, count] : histogram.items()) headings.push_back(least);
      }
      std::vector<std::string>& row = rows.emplace_back(std::vector<std::string>{name, key});
      for (size_t i = row.size(); i < headings.size(); ++i) {
        row.push_back(TextField(histogram, headings[i]));
      }
    }
  }
  if (rows.empty()) return "";
  Table table(std::move(headings));
  for (std::vector<std::string>& row : rows) table.AddRow(std::move(row));
  return StrCat("\n", table.ToString());
}

}  // namespace

absl::StatusOr<Reply> Stats(const VerbCall& call) {
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodStats, Json::object());
  if (!reply.ok()) return reply;
  const Json& ports = ListField(reply->json, "ports");
  const Json& workers = ListField(reply->json, "workers");
  reply->text = StrCat(PortStatsTable(ports), "\n", DropTable(ports), "\n", WorkerTable(workers),
                       HistogramTable(workers));
  return reply;
}

absl::StatusOr<Reply> Version(const VerbCall& call) {
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodVersion, Json::object());
  if (!reply.ok()) return reply;
  reply->text = StrCat("vswitchctl ", kVersion, "\nvswitchd   ",
                       TerminalSafe(TextField(reply->json, "version")), "\n");
  return reply;
}

absl::StatusOr<Reply> Exit(const VerbCall& call) {
  return CallDaemon(call, kMethodExit, Json::object());
}

}  // namespace vswitch
