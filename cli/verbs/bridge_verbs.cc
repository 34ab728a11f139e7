// Verbs of a bridge as a whole, and `show`.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "cli/verbs/settings_help.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

constexpr std::array<std::string_view, 3> kAlwaysShown = {"ageing_s", "fdb_entries",
                                                          "group_fwd_mask"};

// "bridge br0  ageing_s=300 fdb_entries=65536 group_fwd_mask=0": those, and what is not as it is by
// default.
std::string BridgeLine(const Json& bridge) {
  std::string line = StrCat("bridge ", TextField(bridge, "name"));
  std::string_view gap = "  ";
  for (const auto& [key, value] : bridge.items()) {
    if (std::ranges::find(kAlwaysShown, key) == kAlwaysShown.end() &&
        !IsChangedBridgeSetting(key, ToText(value))) {
      continue;
    }
    line += StrCat(gap, key, "=", ToText(value));
    gap = " ";
  }
  const std::string detail = TextField(bridge, "detail");
  const std::string warning = TextField(bridge, "warning");
  std::string text = StrCat(Marked(Style::kHeading, TerminalSafe(line)), "\n");
  if (!detail.empty()) {
    text += StrCat("  ", Marked(Style::kBad, "broken:"), " ", TerminalSafe(detail), "\n");
  }
  if (!warning.empty()) {
    text += StrCat("  ", Marked(Style::kWarning, "warning:"), " ", TerminalSafe(warning), "\n");
  }
  return text;
}

// What a port has beside what has a column of its own, and is not as it is by default.
std::string SettingsOf(const Json& port) {
  constexpr std::array<std::string_view, 6> kColumns = {"type", "owner",  "mtu",
                                                        "mac",  "queues", "txqueuelen"};
  std::string settings;
  for (const auto& [key, value] : port.items()) {
    const bool has_column = std::ranges::find(kColumns, key) != kColumns.end();
    if (has_column || !IsChangedPortSetting(key, ToText(value))) continue;
    settings += StrCat(settings.empty() ? "" : " ", key, "=", ToText(value));
  }
  return settings;
}

constexpr size_t kStateColumn = 2;

std::string PortTable(const Json& ports) {
  std::vector<std::string> headings = {"PORT", "TYPE",   "STATE",     "OWNER",
                                       "MTU",  "QUEUES", "TXQUEUELEN"};
  const bool with_settings =
      std::ranges::any_of(ports, [](const Json& port) { return !SettingsOf(port).empty(); });
  if (with_settings) headings.push_back("SETTINGS");
  headings.push_back("DETAIL");
  Table table(headings);
  for (const Json& port : ports) {
    std::vector<std::string> cells = {TextField(port, "name"),      TextField(port, "type"),
                                      TextField(port, "state"),     TextField(port, "owner"),
                                      TextField(port, "mtu"),       TextField(port, "queues"),
                                      TextField(port, "txqueuelen")};
    if (with_settings) cells.push_back(SettingsOf(port));
    cells.push_back(TextField(port, "detail"));
    table.AddRow(std::move(cells));
    table.StyleLast(kStateColumn, StateStyle(TextField(port, "state")));
  }
  return table.empty() ? "  no ports\n" : table.ToString("  ");
}

}  // namespace

absl::StatusOr<Request> AddBridge(const VerbCall& call) {
  Request request{.method = kMethodAddBr};
  request.params["name"] = call.arguments.positional[0];
  if (!call.arguments.settings.empty()) request.params["settings"] = SettingsObject(call.arguments);
  if (call.options.may_exist) request.params["may_exist"] = true;
  return request;
}

absl::StatusOr<Request> DeleteBridge(const VerbCall& call) {
  Request request{.method = kMethodDelBr};
  request.params["name"] = call.arguments.positional[0];
  if (call.options.if_exists) request.params["if_exists"] = true;
  if (call.options.force) request.params["force"] = true;
  return request;
}

absl::StatusOr<Reply> ListBridges(const VerbCall& call) {
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodListBr, Json::object());
  if (!reply.ok()) return reply;
  for (const Json& name : ListField(reply->json, "bridges")) {
    reply->text += TerminalSafe(ToText(name)) + "\n";
  }
  return reply;
}

absl::StatusOr<Request> SetBridge(const VerbCall& call) {
  Request request{.method = kMethodSetBr};
  request.params["name"] = call.arguments.positional[0];
  request.params["settings"] = SettingsObject(call.arguments);
  return request;
}

absl::StatusOr<Reply> GetBridge(const VerbCall& call) {
  const absl::StatusOr<Json> bridge = FindBridge(call, call.arguments.positional[0]);
  if (!bridge.ok()) return bridge.status();
  return GetFields(*bridge, call.arguments);
}

absl::StatusOr<Reply> Show(const VerbCall& call) {
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodShow, Json::object());
  if (!reply.ok()) return reply;
  const Json& bridges = ListField(reply->json, "bridges");
  reply->text = StrCat("vswitchd ", TerminalSafe(TextField(reply->json, "version")), "\n");
  for (const Json& bridge : bridges) {
    reply->text += BridgeLine(bridge) + PortTable(ListField(bridge, "ports"));
  }
  if (bridges.empty()) {
    reply->text += "no bridges; 'vswitchctl add-br br0' makes one\n";
  }
  return reply;
}

}  // namespace vswitch
