// Verbs that look at frames.
#include <string>

#include "absl/strings/numbers.h"
#include "cli/exit_code.h"
#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {

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
