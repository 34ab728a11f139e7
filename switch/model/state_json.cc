#include "switch/model/state_json.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "mac_table/fdb_key.h"
#include "mac_table/mac_address.h"
#include "switch/base/nearest.h"
#include "switch/base/quote.h"
#include "switch/base/return_if_error.h"
#include "switch/base/str_cat.h"
#include "switch/model/at_place.h"
#include "switch/model/check_state.h"
#include "switch/model/mirrors.h"
#include "switch/model/setting_json.h"
#include "switch/model/setting_table.h"
#include "switch/model/strict_json.h"

namespace vswitch {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// An object, and nothing in it that is not known.
absl::Status CheckMembers(const json& value, const std::string& place,
                          std::span<const std::string_view> known) {
  if (!value.is_object()) return BadAt(place, "must be an object, {...}");
  for (const auto& member : value.items()) {
    bool found = false;
    for (const std::string_view name : known) found = found || name == member.key();
    if (!found) {
      return BadAt(place,
                   StrCat("unknown member ", Quote(member.key()), DidYouMean(member.key(), known)));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadString(const json& object, const std::string& place, const char* member,
                        std::string* value) {
  const auto found = object.find(member);
  if (found == object.end()) return BadAt(place, StrCat("\"", member, "\" is missing"));
  if (!found->is_string()) return BadAt(StrCat(place, ".", member), "must be a string");
  *value = found->get<std::string>();
  return absl::OkStatus();
}

// The array `member`, or null for one that is missing and may be.
absl::Status FindArray(const json& object, const std::string& place, const char* member,
                       const json** array) {
  const auto found = object.find(member);
  if (found == object.end()) return absl::OkStatus();
  if (!found->is_array()) return BadAt(StrCat(place, ".", member), "must be an array, [...]");
  *array = &*found;
  return absl::OkStatus();
}

template <typename Spec>
std::vector<std::string_view> MemberNames(std::span<const SettingKey<Spec>> keys,
                                          std::initializer_list<std::string_view> others) {
  std::vector<std::string_view> names(others);
  for (const auto& key : keys) names.push_back(key.name);
  return names;
}

absl::Status ReadPort(const json& object, const std::string& place, PortSpec* port) {
  VSWITCH_RETURN_IF_ERROR(
      CheckMembers(object, place, MemberNames(PortKeys(), {"name", "created"})));
  VSWITCH_RETURN_IF_ERROR(ReadString(object, place, "name", &port->name));
  VSWITCH_RETURN_IF_ERROR(ReadSettings(object, place, port));
  if (const auto created = object.find("created"); created != object.end()) {
    if (!created->is_boolean()) return BadAt(place + ".created", "must be true or false");
    port->created = created->get<bool>();
  }
  return absl::OkStatus();
}

absl::Status ReadStaticEntry(const json& object, const std::string& place, StaticEntrySpec* entry) {
  static constexpr std::string_view kMembers[] = {"mac", "vlan", "port", "sticky"};
  VSWITCH_RETURN_IF_ERROR(CheckMembers(object, place, kMembers));
  std::string mac;
  VSWITCH_RETURN_IF_ERROR(ReadString(object, place, "mac", &mac));
  const std::optional<MacAddress> parsed = MacAddress::Parse(mac);
  if (!parsed.has_value()) return BadAt(place + ".mac", Quote(mac) + " is no MAC address");
  entry->mac = *parsed;
  VSWITCH_RETURN_IF_ERROR(ReadString(object, place, "port", &entry->port));
  if (const auto sticky = object.find("sticky"); sticky != object.end()) {
    if (!sticky->is_boolean()) return BadAt(place + ".sticky", "must be true or false");
    entry->sticky = sticky->get<bool>();
  }
  const auto vlan = object.find("vlan");
  if (vlan == object.end()) return BadAt(place, "\"vlan\" is missing");
  if (!vlan->is_number_unsigned() || vlan->get<uint64_t>() > kMaxVlanId) {
    return BadAt(place + ".vlan", StrCat("must be a whole number, 0 to ", kMaxVlanId));
  }
  entry->vlan = vlan->get<VlanId>();
  return absl::OkStatus();
}

absl::Status ReadMirrorAt(const json& object, const std::string& place, MirrorSpec* mirror) {
  static constexpr std::string_view kMembers[] = {"name", "src", "dir", "vlan", "to"};
  VSWITCH_RETURN_IF_ERROR(CheckMembers(object, place, kMembers));
  VSWITCH_RETURN_IF_ERROR(ReadString(object, place, "name", &mirror->name));
  VSWITCH_RETURN_IF_ERROR(ReadString(object, place, "to", &mirror->to));
  std::string direction;
  VSWITCH_RETURN_IF_ERROR(ReadString(object, place, "dir", &direction));
  const auto read = ReadMirrorDirection(direction);
  if (!read.ok()) return AtPlace(place, read.status());
  mirror->direction = *read;
  const json* sources = nullptr;
  VSWITCH_RETURN_IF_ERROR(FindArray(object, place, "src", &sources));
  for (size_t i = 0; sources != nullptr && i < sources->size(); ++i) {
    const json& source = (*sources)[i];
    if (!source.is_string()) return BadAt(StrCat(place, ".src[", i, "]"), "must be a string");
    mirror->sources.push_back(source.get<std::string>());
  }
  if (mirror->sources == std::vector<std::string>{"all"}) {
    mirror->all = true;
    mirror->sources.clear();
  }
  const auto vlan = object.find("vlan");
  if (vlan == object.end() || vlan->is_null()) return absl::OkStatus();
  if (!vlan->is_number_unsigned() || vlan->get<uint64_t>() > kMaxVlanId) {
    return BadAt(place + ".vlan", StrCat("must be null or a whole number, 0 to ", kMaxVlanId));
  }
  mirror->vlan = vlan->get<VlanId>();
  return absl::OkStatus();
}

absl::Status ReadBridge(const json& object, const std::string& place, BridgeSpec* bridge) {
  VSWITCH_RETURN_IF_ERROR(CheckMembers(
      object, place, MemberNames(BridgeKeys(), {"name", "ports", "static_entries", "mirrors"})));
  VSWITCH_RETURN_IF_ERROR(ReadString(object, place, "name", &bridge->name));
  VSWITCH_RETURN_IF_ERROR(ReadSettings(object, place, bridge));
  const json* ports = nullptr;
  VSWITCH_RETURN_IF_ERROR(FindArray(object, place, "ports", &ports));
  for (size_t i = 0; ports != nullptr && i < ports->size(); ++i) {
    const std::string here = StrCat(place, ".ports[", i, "]");
    VSWITCH_RETURN_IF_ERROR(ReadPort((*ports)[i], here, &bridge->ports.emplace_back()));
  }
  const json* entries = nullptr;
  VSWITCH_RETURN_IF_ERROR(FindArray(object, place, "static_entries", &entries));
  for (size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
    const std::string here = StrCat(place, ".static_entries[", i, "]");
    VSWITCH_RETURN_IF_ERROR(
        ReadStaticEntry((*entries)[i], here, &bridge->static_entries.emplace_back()));
  }
  const json* mirrors = nullptr;
  VSWITCH_RETURN_IF_ERROR(FindArray(object, place, "mirrors", &mirrors));
  for (size_t i = 0; mirrors != nullptr && i < mirrors->size(); ++i) {
    const std::string here = StrCat(place, ".mirrors[", i, "]");
    VSWITCH_RETURN_IF_ERROR(ReadMirrorAt((*mirrors)[i], here, &bridge->mirrors.emplace_back()));
  }
  return absl::OkStatus();
}

absl::Status ReadVersion(const json& root) {
  if (!root.is_object()) return BadAt("the file", "must hold one object, {...}");
  const auto version = root.find("version");
  if (version == root.end()) return BadAt("the file", "\"version\" is missing");
  if (!version->is_number_unsigned() || version->get<uint64_t>() == 0) {
    return BadAt("version", "must be a whole number from 1");
  }
  if (version->get<uint64_t>() > kStateVersion) {
    return BadAt("version", StrCat(version->get<uint64_t>(), " was written by a newer vswitchd; ",
                                   "this one knows versions up to ", kStateVersion));
  }
  return absl::OkStatus();
}

}  // namespace

std::string StateToJson(const Desired& desired) {
  ordered_json root = {{"version", kStateVersion}, {"bridges", ordered_json::array()}};
  for (const BridgeSpec& bridge : desired.bridges) {
    ordered_json object = {{"name", bridge.name}};
    WriteChangedSettings(bridge, &object);
    ordered_json& ports = object["ports"] = ordered_json::array();
    for (const PortSpec& port : bridge.ports) {
      ordered_json entry = {{"name", port.name}};
      WriteChangedSettings(port, &entry);
      entry["created"] = port.created;
      ports.push_back(std::move(entry));
    }
    ordered_json& entries = object["static_entries"] = ordered_json::array();
    for (const StaticEntrySpec& entry : bridge.static_entries) {
      entries.push_back(
          {{"mac", entry.mac.ToString()}, {"vlan", entry.vlan}, {"port", entry.port}});
      if (entry.sticky) entries.back()["sticky"] = true;
    }
    for (const MirrorSpec& mirror : bridge.mirrors) {
      object["mirrors"].push_back(
          {{"name", mirror.name},
           {"src", MirrorSourceNames(mirror)},
           {"dir", MirrorDirectionName(mirror.direction)},
           {"vlan", mirror.vlan.has_value() ? ordered_json(*mirror.vlan) : ordered_json()},
           {"to", mirror.to}});
    }
    root["bridges"].push_back(std::move(object));
  }
  return root.dump(2) + "\n";
}

absl::StatusOr<Desired> StateFromJson(std::string_view text) {
  const absl::StatusOr<json> root = ParseStrictJson(text);
  if (!root.ok()) return root.status();
  VSWITCH_RETURN_IF_ERROR(ReadVersion(*root));
  static constexpr std::string_view kMembers[] = {"version", "bridges"};
  VSWITCH_RETURN_IF_ERROR(CheckMembers(*root, "the file", kMembers));
  const json* array = nullptr;
  VSWITCH_RETURN_IF_ERROR(FindArray(*root, "the file", "bridges", &array));
  if (array == nullptr) return BadAt("the file", "\"bridges\" is missing");
  Desired desired;
  for (size_t i = 0; i < array->size(); ++i) {
    VSWITCH_RETURN_IF_ERROR(
        ReadBridge((*array)[i], StrCat("bridges[", i, "]"), &desired.bridges.emplace_back()));
  }
  VSWITCH_RETURN_IF_ERROR(CheckState(desired));
  return desired;
}

}  // namespace vswitch
