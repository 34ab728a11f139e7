// What the handlers share: calling the daemon, and finding a bridge or a port in what `show` tells.
#include <string>
#include <utility>
#include <vector>

#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "cli/verbs/hints.h"
#include "switch/base/nearest.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

absl::Status NoSuch(std::string_view kind, std::string_view name,
                    const std::vector<std::string_view>& known) {
  return absl::NotFoundError(StrCat("no ", kind, " '", name, "'", DidYouMean(name, known)));
}

void AppendNames(const Json& list, std::vector<std::string_view>* names) {
  for (const Json& element : list) {
    const Json& name = Field(element, "name");
    if (name.is_string()) names->push_back(name.get_ref<const std::string&>());
  }
}

}  // namespace

absl::StatusOr<Reply> CallDaemon(const VerbCall& call, std::string_view method,
                                 const Json& params) {
  absl::StatusOr<Json> result = call.client.Call(method, params);
  if (!result.ok()) return WithHint(result.status(), method, params);
  Reply reply;
  reply.json = *std::move(result);
  return reply;
}

Json SettingsObject(const Arguments& arguments) {
  Json settings = Json::object();
  for (const auto& [key, value] : arguments.settings) settings[key] = value;
  return settings;
}

absl::StatusOr<FoundPort> FindPort(const VerbCall& call, const std::string& name) {
  absl::StatusOr<Json> show = call.client.Call(kMethodShow, Json::object());
  if (!show.ok()) return show.status();
  std::vector<std::string_view> known;
  for (const Json& bridge : ListField(*show, "bridges")) {
    const Json& ports = ListField(bridge, "ports");
    if (const Json* port = FindByName(ports, name); port != nullptr) {
      FoundPort found = {.port = *port, .show = Json()};
      found.port["bridge"] = TextField(bridge, "name");
      found.show = *std::move(show);
      return found;
    }
    AppendNames(ports, &known);
  }
  return NoSuch("port", name, known);
}

absl::StatusOr<Json> FindBridge(const VerbCall& call, const std::string& name) {
  const absl::StatusOr<Json> show = call.client.Call(kMethodShow, Json::object());
  if (!show.ok()) return show.status();
  const Json& bridges = ListField(*show, "bridges");
  if (const Json* bridge = FindByName(bridges, name); bridge != nullptr) return *bridge;
  std::vector<std::string_view> known;
  AppendNames(bridges, &known);
  return NoSuch("bridge", name, known);
}

absl::StatusOr<Reply> GetFields(const Json& object, const Arguments& arguments) {
  Reply reply;
  if (arguments.positional.size() > 1) {
    const std::string& key = arguments.positional[1];
    if (!object.contains(key)) {
      std::vector<std::string_view> known;
      for (const auto& [name, value] : object.items()) known.push_back(name);
      return NoSuch("key", key, known);
    }
    reply.json[key] = Field(object, key);
    reply.text = TerminalSafe(TextField(object, key)) + "\n";
    return reply;
  }
  reply.json = object;
  Table table({"KEY", "VALUE"});
  for (const auto& [name, value] : object.items()) {
    if (!value.is_structured()) table.AddRow({name, ToText(value)});
  }
  reply.text = table.ToString();
  return reply;
}

}  // namespace vswitch
