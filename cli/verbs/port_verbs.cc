// Verbs of ports.
#include <string>

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
  return CallDaemon(call, kMethodDelPort, params);
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
