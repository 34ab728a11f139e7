// Verbs of the spanning tree.
#include <string>

#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

std::string TreeText(const Json& tree) {
  const Json& root_port = Field(tree, "root_port");
  std::string text = StrCat("bridge ", TextField(tree, "bridge"), "  id ",
                            TextField(tree, "bridge_id"), "  root ", TextField(tree, "root_id"));
  if (root_port.is_string()) {
    text +=
        StrCat(" by ", TextField(tree, "root_port"), ", cost ", TextField(tree, "root_path_cost"));
  } else {
    text += " (itself)";
  }
  text += StrCat("  topology changes ", TextField(tree, "topology_changes"), "\n");
  Table table({"PORT", "ROLE", "STATE", "COST", "EDGE", "PROTOCOL", "DESIGNATED", "IN", "OUT"});
  for (const Json& port : ListField(tree, "ports")) {
    table.AddRow(
        {TextField(port, "port"), TextField(port, "role"), TextField(port, "state"),
         TextField(port, "path_cost"), Field(port, "edge") == Json(true) ? "yes" : "no",
         TextField(port, "protocol"),
         StrCat(TextField(port, "designated_bridge"), " ", TextField(port, "designated_port")),
         TextField(port, "ingress_bpdus"), TextField(port, "egress_bpdus")});
  }
  return text + table.ToString();
}

}  // namespace

absl::StatusOr<Reply> RstpShow(const VerbCall& call) {
  Json params = Json::object();
  if (!call.arguments.positional.empty()) params["bridge"] = call.arguments.positional.front();
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodRstpShow, params);
  if (!reply.ok()) return reply;
  for (const Json& tree : ListField(reply->json, "bridges")) reply->text += TreeText(tree);
  return reply;
}

}  // namespace vswitch
