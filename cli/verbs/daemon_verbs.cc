// Verbs of the daemon as a whole: version, log, exit.
#include <string>

#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {

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
