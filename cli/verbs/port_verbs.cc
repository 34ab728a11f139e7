// Verbs of ports.
#include <string>
#include <string_view>

#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

// Of a deleted port whose TAP a guest has open; else nothing.
std::string TellKept(const Json& params, const Json& result) {
  if (!result.is_object() || !result.contains("kept")) return "";
  const Json& holder = Field(result, "holder");
  const std::string who =
      holder.is_object() ? StrCat("process ", ToText(Field(holder, "pid")), " (",
                                  TextField(holder, "command"), ") of ", TextField(holder, "user"))
                         : "a process that vswitchd cannot see";
  return TerminalSafe(StrCat(TextField(result, "kept"), ": kept, set down: ", who,
                             " has it open. It goes when that lets go; 'vswitchctl --force "
                             "del-port ",
                             TextField(params, "port"), "' deletes it at once")) +
         "\n";
}

}  // namespace

absl::StatusOr<Request> AddPort(const VerbCall& call) {
  Request request{.method = kMethodAddPort};
  request.params["bridge"] = call.arguments.positional[0];
  request.params["port"] = call.arguments.positional[1];
  Json settings = SettingsObject(call.arguments);
  // Under sudo the daemon sees root, but the person who typed it is the one who will start QEMU,
  // without root.
  if (call.host.sudo_uid.has_value() && !settings.contains("owner")) {
    request.params["as_user"] = StrCat(*call.host.sudo_uid);
  }
  if (!settings.empty()) request.params["settings"] = std::move(settings);
  if (call.options.may_exist) request.params["may_exist"] = true;
  return request;
}

absl::StatusOr<Request> DeletePort(const VerbCall& call) {
  const std::vector<std::string>& words = call.arguments.positional;
  Request request{.method = kMethodDelPort, .tell = TellKept};
  if (words.size() > 1) request.params["bridge"] = words.front();
  request.params["port"] = words.back();
  if (call.options.if_exists) request.params["if_exists"] = true;
  if (call.options.force) request.params["force"] = true;
  return request;
}

absl::StatusOr<Request> MovePort(const VerbCall& call) {
  Request request{.method = kMethodMovePort};
  request.params["port"] = call.arguments.positional[0];
  request.params["bridge"] = call.arguments.positional[1];
  return request;
}

absl::StatusOr<Reply> ListPorts(const VerbCall& call) {
  Json params = Json::object();
  params["bridge"] = call.arguments.positional[0];
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodListPorts, params);
  if (!reply.ok()) return reply;
  for (const Json& name : ListField(reply->json, "ports")) {
    reply->text += TerminalSafe(ToText(name)) + "\n";
  }
  return reply;
}

absl::StatusOr<Reply> PortToBridge(const VerbCall& call) {
  const absl::StatusOr<FoundPort> found = FindPort(call, call.arguments.positional[0]);
  if (!found.ok()) return found.status();
  Reply reply;
  reply.json["bridge"] = Field(found->port, "bridge");
  reply.text = TerminalSafe(TextField(found->port, "bridge")) + "\n";
  return reply;
}

absl::StatusOr<Request> SetPort(const VerbCall& call) {
  Request request{.method = kMethodSetPort};
  request.params["port"] = call.arguments.positional[0];
  request.params["settings"] = SettingsObject(call.arguments);
  return request;
}

absl::StatusOr<Reply> GetPort(const VerbCall& call) {
  const absl::StatusOr<FoundPort> found = FindPort(call, call.arguments.positional[0]);
  if (!found.ok()) return found.status();
  return GetFields(found->port, call.arguments);
}

}  // namespace vswitch
