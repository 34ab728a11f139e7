// Verbs of ports.
#include <string>
#include <string_view>

#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

// Under sudo the daemon sees root, but the person who typed it is the one who will start QEMU,
// without root.
absl::Status SetOwnerUnderSudo(const VerbCall& call, Json* settings) {
  if (!call.host.sudo_uid.has_value() || settings->contains("owner")) return absl::OkStatus();
  if (settings->contains("type") && TextField(*settings, "type") != "tap") return absl::OkStatus();
  if (call.options.may_exist) {
    // A port that is there keeps its owner: nobody has asked for another.
    const absl::StatusOr<FoundPort> found = FindPort(call, call.arguments.positional[1]);
    if (found.ok()) return absl::OkStatus();
    if (!absl::IsNotFound(found.status())) return found.status();
  }
  (*settings)["owner"] = StrCat(*call.host.sudo_uid);
  return absl::OkStatus();
}

std::string KeptText(const Json& result, std::string_view port) {
  const Json& holder = Field(result, "holder");
  const std::string who =
      holder.is_object() ? StrCat("process ", ToText(Field(holder, "pid")), " (",
                                  TextField(holder, "command"), ") of ", TextField(holder, "user"))
                         : "a process that vswitchd cannot see";
  return TerminalSafe(StrCat(TextField(result, "kept"), ": kept, set down: ", who,
                             " has it open. It goes when that lets go; 'vswitchctl --force "
                             "del-port ",
                             port, "' deletes it at once")) +
         "\n";
}

}  // namespace

absl::StatusOr<Reply> AddPort(const VerbCall& call) {
  Json params = Json::object();
  params["bridge"] = call.arguments.positional[0];
  params["port"] = call.arguments.positional[1];
  Json settings = SettingsObject(call.arguments);
  if (absl::Status status = SetOwnerUnderSudo(call, &settings); !status.ok()) return status;
  if (!settings.empty()) params["settings"] = std::move(settings);
  if (call.options.may_exist) params["may_exist"] = true;
  return CallDaemon(call, kMethodAddPort, params);
}

absl::StatusOr<Reply> DeletePort(const VerbCall& call) {
  const std::vector<std::string>& words = call.arguments.positional;
  Json params = Json::object();
  if (words.size() > 1) params["bridge"] = words.front();
  params["port"] = words.back();
  if (call.options.if_exists) params["if_exists"] = true;
  if (call.options.force) params["force"] = true;
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodDelPort, params);
  if (reply.ok() && reply->json.contains("kept")) reply->text = KeptText(reply->json, words.back());
  return reply;
}

absl::StatusOr<Reply> MovePort(const VerbCall& call) {
  Json params = Json::object();
  params["port"] = call.arguments.positional[0];
  params["bridge"] = call.arguments.positional[1];
  return CallDaemon(call, kMethodMovePort, params);
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

absl::StatusOr<Reply> SetPort(const VerbCall& call) {
  Json params = Json::object();
  params["port"] = call.arguments.positional[0];
  params["settings"] = SettingsObject(call.arguments);
  return CallDaemon(call, kMethodSetPort, params);
}

absl::StatusOr<Reply> GetPort(const VerbCall& call) {
  const absl::StatusOr<FoundPort> found = FindPort(call, call.arguments.positional[0]);
  if (!found.ok()) return found.status();
  return GetFields(found->port, call.arguments);
}

}  // namespace vswitch
