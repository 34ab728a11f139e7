// Verbs of the daemon as a whole: counters, version, exit.
#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

// What a column of counters shows: a member of each row, or of a group within the row.
struct Column {
  std::string heading;
  std::string group;  // May be empty.
  std::string key;
};

// What the first row has that is no object, in the daemon's order, and what its `groups` hold: of
// these, the first column is headed by both names.
std::vector<Column> ColumnsOf(const Json& rows, std::initializer_list<std::string_view> groups) {
  std::vector<Column> columns;
  if (rows.empty() || !rows.front().is_object()) return columns;
  for (const auto& [name, value] : rows.front().items()) {
    if (!value.is_object()) {
      columns.push_back({absl::AsciiStrToUpper(name), "", name});
    } else if (std::ranges::find(groups, name) != groups.end()) {
      std::string prefix = name + "_";
      for (const auto& [key, count] : value.items()) {
        columns.push_back({absl::AsciiStrToUpper(prefix + key), name, key});
        prefix.clear();
      }
    }
  }
  return columns;
}

std::string Cell(const Json& row, const Column& column) {
  return TextField(column.group.empty() ? row : Field(row, column.group), column.key);
}

std::string PortStatsTable(const Json& ports) {
  const std::vector<Column> columns = ColumnsOf(ports, {"ingress", "egress"});
  std::vector<std::string> headings;
  for (const Column& column : columns) {
    headings.push_back(column.key == "name" ? "PORT" : column.heading);
  }
  Table table(std::move(headings));
  for (const Json& port : ports) {
    std::vector<std::string> cells;
    for (const Column& column : columns) cells.push_back(Cell(port, column));
    table.AddRow(std::move(cells));
  }
  return table.empty() ? "no ports\n" : table.ToString();
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

// Histograms have a table of their own.
std::string WorkerTable(const Json& workers) {
  const std::vector<Column> columns = ColumnsOf(workers, {});
  std::vector<std::string> headings = {"WORKER"};
  for (const Column& column : columns) headings.push_back(column.heading);
  Table table(std::move(headings));
  size_t number = 0;
  for (const Json& worker : workers) {
    std::vector<std::string> cells = {StrCat(number++)};
    for (const Column& column : columns) cells.push_back(Cell(worker, column));
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

absl::StatusOr<Reply> LogShow(const VerbCall& call) {
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodLogShow, Json::object());
  if (reply.ok()) reply->text = TerminalSafe(TextField(reply->json, "level")) + "\n";
  return reply;
}

absl::StatusOr<Reply> LogSet(const VerbCall& call) {
  Json params = Json::object();
  params["level"] = call.arguments.positional[0];
  return CallDaemon(call, kMethodLogSet, params);
}

absl::StatusOr<Reply> Exit(const VerbCall& call) {
  Json params = Json::object();
  if (call.options.keep_forwarding) params["keep_forwarding"] = true;
  return CallDaemon(call, kMethodExit, params);
}

}  // namespace vswitch
