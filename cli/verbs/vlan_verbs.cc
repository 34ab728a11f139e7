// Verbs of VLANs.
#include <string>
#include <utility>

#include "cli/exit_code.h"
#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

// PORT vid N[-M].
absl::StatusOr<Json> VlanParams(const VerbCall& call) {
  const std::vector<std::string>& words = call.arguments.positional;
  if (words[1] != "vid") {
    return UsageError(StrCat("'", words[1], "' where 'vid' belongs: write ", words[0], " vid 10"));
  }
  return Json{{"port", words[0]}, {"vid", words[2]}};
}

}  // namespace

absl::StatusOr<Reply> VlanShow(const VerbCall& call) {
  Json params = Json::object();
  if (!call.arguments.positional.empty()) params["bridge"] = call.arguments.positional[0];
  absl::StatusOr<Reply> reply = CallDaemon(call, kMethodVlanShow, params);
  if (!reply.ok()) return reply;
  Table table({"PORT", "BRIDGE", "MODE", "TAG", "TRUNKS"});
  for (const Json& port : ListField(reply->json, "ports")) {
    table.AddRow({TextField(port, "port"), TextField(port, "bridge"), TextField(port, "vlan_mode"),
                  TextField(port, "tag"), TextField(port, "trunks")});
  }
  reply->text = table.ToString();
  return reply;
}

absl::StatusOr<Request> VlanAdd(const VerbCall& call) {
  absl::StatusOr<Json> params = VlanParams(call);
  if (!params.ok()) return params.status();
  const std::vector<std::string>& words = call.arguments.positional;
  for (size_t i = 3; i < words.size(); ++i) {
    if (words[i] != "pvid" && words[i] != "untagged") {
      return UsageError(StrCat("'", words[i], "' is neither pvid nor untagged"));
    }
    (*params)[words[i]] = true;
  }
  return Request{.method = kMethodVlanAdd, .params = *std::move(params)};
}

absl::StatusOr<Request> VlanDelete(const VerbCall& call) {
  absl::StatusOr<Json> params = VlanParams(call);
  if (!params.ok()) return params.status();
  return Request{.method = kMethodVlanDel, .params = *std::move(params)};
}

}  // namespace vswitch
