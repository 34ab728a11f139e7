// Verbs that look at frames.
#include <string>

#include "absl/strings/numbers.h"
#include "cli/exit_code.h"
#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

Request OfMirror(const VerbCall& call, std::string_view method) {
  Request request{.method = method};
  request.params["bridge"] = call.arguments.positional[0];
  request.params["name"] = call.arguments.positional[1];
  if (!call.arguments.settings.empty()) request.params["settings"] = SettingsObject(call.arguments);
  return request;
}

}  // namespace

absl::StatusOr<Request> MirrorAdd(const VerbCall& call) {
  for (const std::string_view key : {"src", "to"}) {
    if (!call.arguments.Setting(key).has_value()) {
      return UsageError(StrCat("mirror add: ", key, "= is missing: 'vswitchctl help mirror add'"));
    }
  }
  return OfMirror(call, kMethodMirrorAdd);
}

absl::StatusOr<Request> MirrorDelete(const VerbCall& call) {
  return OfMirror(call, kMethodMirrorDel);
}

absl::StatusOr<Reply> MirrorShow(const VerbCall& call) {
  Json params = Json::object();
  if (!call.arguments.positional.empty()) params["bridge"] = call.arguments.positional[0];
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodMirrorShow, params);
  if (!reply.ok()) return reply;
  Table table({"BRIDGE", "MIRROR", "SRC", "DIR", "VLAN", "TO"});
  for (const Json& mirror : ListField(reply->json, "mirrors")) {
    std::string sources;
    for (const Json& port : ListField(mirror, "src")) {
      sources += StrCat(sources.empty() ? "" : ",", ToText(port));
    }
    table.AddRow({TextField(mirror, "bridge"), TextField(mirror, "name"), sources,
                  TextField(mirror, "dir"), TextField(mirror, "vlan"), TextField(mirror, "to")});
  }
  reply->text = table.ToString();
  return reply;
}

absl::StatusOr<Reply> TraceFrame(const VerbCall& call) {
  const std::vector<std::string>& words = call.arguments.positional;
  Json params = Json::object();
  params["port"] = words[0];
  if (words.size() > 1) params["frame"] = words[1];
  for (const auto& [key, value] : call.arguments.settings) params[key] = value;
  if (const auto vlan = call.arguments.Setting("vlan"); vlan.has_value()) {
    uint32_t number = 0;
    if (!absl::SimpleAtoi(*vlan, &number)) {
      return UsageError(StrCat("vlan=", *vlan, " is no number; it is 0 (untagged) to 4094"));
    }
    params["vlan"] = number;
  }
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodTrace, params);
  if (!reply.ok()) return reply;
  Table table({"STAGE", "DECISION"});
  for (const Json& step : ListField(reply->json, "stages")) {
    table.AddRow({TextField(step, "stage"), TextField(step, "decision")});
  }
  std::string ports;
  for (const Json& port : ListField(reply->json, "egress")) {
    ports += StrCat(ports.empty() ? "" : " ", TerminalSafe(ToText(port)));
  }
  const std::string drop = TerminalSafe(TextField(reply->json, "drop"));
  reply->text = StrCat(table.ToString(), "\n",
                       drop.empty() ? "egress: " : "drop: ", drop.empty() ? ports : drop, "\n");
  return reply;
}

}  // namespace vswitch
