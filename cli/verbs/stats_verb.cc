// `stats`: what was counted, once or each second.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "cli/format.h"
#include "cli/output.h"
#include "cli/verbs/handlers.h"
#include "switch/base/nearest.h"
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

std::string StatsText(const Json& stats) {
  const Json& ports = ListField(stats, "ports");
  const Json& workers = ListField(stats, "workers");
  return StrCat(PortStatsTable(ports), "\n", DropTable(ports), "\n", WorkerTable(workers),
                HistogramTable(workers));
}

// Only the ports that were asked for; all when none was.
absl::Status Choose(const std::vector<std::string>& wanted, Json* stats) {
  if (wanted.empty()) return absl::OkStatus();
  Json chosen = Json::array();
  for (const std::string& name : wanted) {
    const Json& ports = ListField(*stats, "ports");
    const Json* const port = FindByName(ports, name);
    if (port == nullptr) {
      std::vector<std::string_view> known;
      for (const Json& each : ports) {
        const Json& other = Field(each, "name");
        if (other.is_string()) known.push_back(other.get_ref<const std::string&>());
      }
      return absl::NotFoundError(StrCat("no port '", name, "'", DidYouMean(name, known)));
    }
    chosen.push_back(*port);
  }
  (*stats)["ports"] = std::move(chosen);
  return absl::OkStatus();
}

absl::StatusOr<Json> ReadStats(const Client& client, const std::vector<std::string>& wanted) {
  absl::StatusOr<Json> stats = client.Call(kMethodStats, Json::object());
  if (!stats.ok()) return stats;
  if (!stats->is_object()) *stats = Json::object();
  if (absl::Status status = Choose(wanted, &*stats); !status.ok()) return status;
  return stats;
}

// What `now` counts more than `before`. What was not there before, or counts less since (it was
// reset, or is another port of that name), counts from zero.
Json Since(const Json& before, const Json& now) {
  if (now.is_number_unsigned()) {
    const uint64_t then = before.is_number_unsigned() ? before.get<uint64_t>() : 0;
    const uint64_t count = now.get<uint64_t>();
    return count >= then ? count - then : count;
  }
  Json since = now;
  if (now.is_object()) {
    for (auto& [key, value] : since.items()) {
      // How many there are, and no counter.
      if (key != "io_wq_threads") value = Since(Field(before, key), value);
    }
  } else if (now.is_array()) {
    for (size_t i = 0; i < since.size(); ++i) {
      const std::string name = TextField(since[i], "name");
      const Json* const same = !name.empty()                            ? FindByName(before, name)
                               : before.is_array() && i < before.size() ? &before[i]
                                                                        : nullptr;
      since[i] = Since(same == nullptr ? Json() : *same, since[i]);
    }
  }
  return since;
}

// Until the daemon or the reader ends, or the user ends this.
ExitCode WatchStats(const Client& client, const std::vector<std::string>& wanted, bool json,
                    bool clears) {
  // To the top; each line's old rest is erased, and all below the last.
  constexpr char kTop[] = "\x1b[H";
  constexpr char kEraseLine[] = "\x1b[K\n";
  constexpr char kEraseBelow[] = "\x1b[J";
  Json before = Json::object();
  for (bool is_first = true;; is_first = false) {
    absl::StatusOr<Json> now = ReadStats(client, wanted);
    std::string out;
    if (!now.ok()) {
      const Outcome outcome = ErrorOutcome(now.status(), json);
      fputs(outcome.err.c_str(), stderr);
      static_cast<void>(WriteOut(outcome.out));
      return outcome.exit_code;
    }
    if (json) {
      out = ToLine(*now) + "\n";
    } else if (is_first) {
      out = clears ? StrCat(kTop, kEraseBelow, "counting...\n") : "";
    } else {
      const std::string text = Painted(StatsText(Since(before, *now)), /*in_colour=*/false);
      out = clears ? StrCat(kTop, absl::StrReplaceAll(text, {{"\n", kEraseLine}}), kEraseBelow)
                   : text + "\n";
    }
    if (const absl::Status written = WriteOut(out); !written.ok()) {
      fputs(ErrorOutcome(written, json).err.c_str(), stderr);
      return ExitCode::kFailed;
    }
    before = *std::move(now);
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

}  // namespace

absl::StatusOr<Reply> Stats(const VerbCall& call) {
  const std::vector<std::string>& wanted = call.arguments.positional;
  if (call.options.reset) {
    if (!wanted.empty()) {
      return UsageError(
          "stats --reset is of all ports: were it of some, ingress and egress would not add up any "
          "more");
    }
    absl::StatusOr<Reply> reply = CallDaemon(call, kMethodStatsReset, Json::object());
    if (!reply.ok() || !call.options.watch) return reply;
  }
  absl::StatusOr<Json> stats = ReadStats(call.client, wanted);
  if (!stats.ok()) return stats.status();
  Reply reply;
  if (call.options.watch) {
    reply.run = [client = call.client, wanted, json = call.options.json,
                 clears = call.host.takes_sequences] {
      return WatchStats(client, wanted, json, clears);
    };
    return reply;
  }
  reply.text = StatsText(*stats);
  reply.json = *std::move(stats);
  return reply;
}

}  // namespace vswitch
