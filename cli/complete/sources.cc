#include "cli/complete/sources.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_split.h"
#include "cli/format.h"
#include "switch/base/str_cat.h"
#include "switch/model/setting_table.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

constexpr absl::Duration kTimeout = absl::Milliseconds(500);
// More than anybody reads.
constexpr size_t kMostMacs = 300;
// A table of millions of addresses is not worth the wait.
constexpr size_t kMostReplyBytes = size_t{8} << 20;

Candidates KeysOfObject(const Json* object) {
  Candidates keys;
  if (object == nullptr) return keys;
  for (const auto& [key, value] : object->items()) {
    if (!value.is_structured()) keys.push_back({key, TerminalSafe(ToText(value))});
  }
  return keys;
}

template <typename Spec>
std::string HelpOf(const SettingKey<Spec>& key) {
  return std::string(key.help);
}

// The help of a key names what it may be in words, and the key itself tells which of them it reads.
template <typename Spec>
Candidates SettingWords(std::string_view name) {
  Candidates words;
  for (const SettingKey<Spec>& key : KeysOf<Spec>()) {
    if (key.name != name) continue;
    for (const absl::string_view piece :
         absl::StrSplit(key.value.allowed, absl::ByAnyChar(" ,;()"), absl::SkipEmpty())) {
      const std::string word(piece);
      const bool is_number = word.find_first_not_of("0123456789xkMG/.:") == word.npos;
      Spec spec;
      if (!is_number && key.value.parse(word, &spec).ok()) words.push_back({word, ""});
    }
  }
  return words;
}

std::string Value(const Json* object, std::string_view key) {
  return object == nullptr ? "" : TextField(*object, key);
}

}  // namespace

Sources::Sources(const std::string& socket_path)
    : client_({.socket_path = socket_path,
               .timeout = kTimeout,
               .waits_for_start = false,
               .max_reply_bytes = kMostReplyBytes}) {}

const Json& Sources::Show() {
  if (!show_.has_value()) {
    absl::StatusOr<Json> show = client_.Call(kMethodShow, Json::object());
    show_ = show.ok() ? *std::move(show) : Json();
  }
  return *show_;
}

const Json* Sources::FindBridge(std::string_view name) {
  return FindByName(ListField(Show(), "bridges"), name);
}

const Json* Sources::FindPort(std::string_view name) {
  for (const Json& bridge : ListField(Show(), "bridges")) {
    if (const Json* const port = FindByName(ListField(bridge, "ports"), name)) return port;
  }
  return nullptr;
}

Candidates Sources::Bridges() {
  Candidates all;
  for (const Json& bridge : ListField(Show(), "bridges")) {
    const size_t ports = ListField(bridge, "ports").size();
    all.push_back({TerminalSafe(TextField(bridge, "name")),
                   StrCat("bridge of ", ports, ports == 1 ? " port" : " ports")});
  }
  return all;
}

Candidates Sources::Ports(std::string_view bridge) {
  Candidates all;
  const bool is_known = FindBridge(bridge) != nullptr;
  for (const Json& each : ListField(Show(), "bridges")) {
    if (is_known && TextField(each, "name") != bridge) continue;
    for (const Json& port : ListField(each, "ports")) {
      all.push_back({TerminalSafe(TextField(port, "name")),
                     TerminalSafe(StrCat(TextField(port, "type"), " on ", TextField(each, "name"),
                                         ", ", TextField(port, "state")))});
    }
  }
  return all;
}

Candidates Sources::Mirrors(std::string_view bridge) {
  const auto reply = client_.Call(kMethodMirrorShow, Json{{"bridge", std::string(bridge)}});
  Candidates all;
  if (!reply.ok()) return all;
  for (const Json& mirror : ListField(*reply, "mirrors")) {
    all.push_back({TerminalSafe(TextField(mirror, "name")),
                   TerminalSafe(StrCat("to ", TextField(mirror, "to")))});
  }
  return all;
}

Candidates Sources::Macs(std::string_view bridge) {
  Json params = Json::object();
  if (FindBridge(bridge) != nullptr) params["bridge"] = std::string(bridge);
  const auto reply = client_.Call(kMethodFdbShow, std::move(params));
  Candidates all;
  if (!reply.ok()) return all;
  for (const Json& entry : ListField(*reply, "entries")) {
    if (all.size() == kMostMacs) break;
    all.push_back({TerminalSafe(TextField(entry, "mac")),
                   TerminalSafe(StrCat("vlan ", TextField(entry, "vlan"), " at ",
                                       TextField(entry, "port"), ", ", TextField(entry, "kind")))});
  }
  return all;
}

Candidates Sources::Vlans() {
  std::set<uint32_t> vlans;
  for (const Json& bridge : ListField(Show(), "bridges")) {
    for (const Json& port : ListField(bridge, "ports")) vlans.insert(UintField(port, "tag", 0));
  }
  vlans.erase(0);
  Candidates all;
  for (const uint32_t vlan : vlans) all.push_back({StrCat(vlan), "a port's tag"});
  return all;
}

Candidates Sources::BridgeKeys(std::string_view bridge) { return KeysOfObject(FindBridge(bridge)); }

Candidates Sources::PortKeys(std::string_view port) { return KeysOfObject(FindPort(port)); }

std::string Sources::BridgeValue(std::string_view bridge, std::string_view key) {
  return Value(FindBridge(bridge), key);
}

std::string Sources::PortValue(std::string_view port, std::string_view key) {
  return Value(FindPort(port), key);
}

Candidates BridgeSettingKeys() {
  Candidates keys;
  for (const SettingKey<BridgeSpec>& key : KeysOf<BridgeSpec>()) {
    keys.push_back({StrCat(key.name, "="), std::string(key.help)});
  }
  return keys;
}

Candidates PortSettingKeys(std::string_view type, bool at_creation) {
  Candidates keys;
  for (const SettingKey<PortSpec>& key : KeysOf<PortSpec>()) {
    if (key.creation_only && !at_creation) continue;
    const auto is_type = [type](PortType each) { return PortTypeName(each) == type; };
    if (!type.empty() && !key.applies_to.empty() && std::ranges::none_of(key.applies_to, is_type)) {
      continue;
    }
    keys.push_back({StrCat(key.name, "="), std::string(key.help)});
  }
  return keys;
}

Candidates BridgeSettingWords(std::string_view key) { return SettingWords<BridgeSpec>(key); }

Candidates PortSettingWords(std::string_view key) { return SettingWords<PortSpec>(key); }

}  // namespace vswitch
