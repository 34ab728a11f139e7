// Verbs of multicast groups.
#include <string>

#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

std::string GroupTable(const Json& reply) {
  Table table({"BRIDGE", "VLAN", "GROUP", "PORT", "EXPIRES_S"});
  for (const Json& group : ListField(reply, "entries")) {
    const Json ports = ListField(group, "ports");
    // Without ports: its last member has left.
    if (ports.empty()) {
      table.AddRow({TextField(group, "bridge"), TextField(group, "vlan"), TextField(group, "group"),
                    "", TextField(group, "expires_s")});
    }
    for (const Json& port : ports) {
      table.AddRow({TextField(group, "bridge"), TextField(group, "vlan"), TextField(group, "group"),
                    TextField(port, "port"), TextField(port, "expires_s")});
    }
  }
  return table.empty() ? "" : table.ToString();
}

std::string RouterTable(const Json& reply) {
  Table table({"BRIDGE", "VLAN", "ROUTER_PORT", "KIND", "EXPIRES_S"});
  for (const Json& router : ListField(reply, "routers")) {
    const std::string kind = TextField(router, "kind");
    table.AddRow({TextField(router, "bridge"),
                  kind == "learned" ? TextField(router, "vlan") : "all", TextField(router, "port"),
                  kind, kind == "set" ? "" : TextField(router, "expires_s")});
  }
  return table.empty() ? "" : table.ToString();
}

std::string QuerierTable(const Json& reply) {
  Table table({"BRIDGE", "VLAN", "FAMILY", "QUERIER", "PORT", "EXPIRES_S"});
  for (const Json& querier : ListField(reply, "queriers")) {
    const std::string port = TextField(querier, "port");
    table.AddRow({TextField(querier, "bridge"), TextField(querier, "vlan"),
                  TextField(querier, "family"), TextField(querier, "address"),
                  port.empty() ? "this bridge" : port,
                  port.empty() ? "" : TextField(querier, "expires_s")});
  }
  return table.empty() ? "" : table.ToString();
}

Json BridgeParam(const VerbCall& call) {
  Json params = Json::object();
  if (!call.arguments.positional.empty()) params["bridge"] = call.arguments.positional[0];
  return params;
}

}  // namespace

absl::StatusOr<Reply> MdbShow(const VerbCall& call) {
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodMdbShow, BridgeParam(call));
  if (!reply.ok()) return reply;
  for (const std::string& table :
       {GroupTable(reply->json), RouterTable(reply->json), QuerierTable(reply->json)}) {
    if (!table.empty()) reply->text += (reply->text.empty() ? "" : "\n") + table;
  }
  return reply;
}

absl::StatusOr<Reply> MdbFlush(const VerbCall& call) {
  return CallDaemon(call, kMethodMdbFlush, BridgeParam(call));
}

}  // namespace vswitch
