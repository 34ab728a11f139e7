#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

// Errors are values here. The parser's own assertions hold for no text that is broken in the right
// way ("[.a]"); behind each stands the check that makes an error of it.
#define TOML_ASSERT(condition) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "mac_table/fdb_key.h"
#include "mac_table/mac_address.h"
#include "switch/base/nearest.h"
#include "switch/base/quote.h"
#include "switch/base/return_if_error.h"
#include "switch/base/str_cat.h"
#include "switch/model/check_state.h"
#include "switch/model/mirrors.h"
#include "switch/model/names.h"
#include "switch/model/setting_table.h"
#include "switch/model/settings.h"
#include "switch/model/toml_bounds.h"
#include "switch/model/toml_file.h"

namespace vswitch {
namespace {

using toml::source_region;

struct Entry {
  std::string name;
  source_region where;
  const toml::node* value;
};

// The parser sorts by name; people have an order in mind.
std::vector<Entry> InOrder(const toml::table& table) {
  std::vector<Entry> entries;
  for (const auto& [key, value] : table) {
    entries.push_back({std::string(key.str()), key.source(), &value});
  }
  std::ranges::stable_sort(entries, [](const Entry& a, const Entry& b) {
    return std::pair(a.where.begin.line, a.where.begin.column) <
           std::pair(b.where.begin.line, b.where.begin.column);
  });
  return entries;
}

// A value as it would be typed behind "key="; nullopt: nobody would.
std::optional<std::string> PlainText(const toml::node& value) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* number = value.as_integer()) return StrCat(number->get());
  if (const auto* flag = value.as_boolean()) return flag->get() ? "on" : "off";
  return std::nullopt;
}
std::optional<std::string> TextOf(const toml::node& value) {
  const toml::array* const list = value.as_array();
  if (list == nullptr) return PlainText(value);
  std::string text;
  for (const toml::node& member : *list) {
    const std::optional<std::string> one = PlainText(member);
    if (!one.has_value()) return std::nullopt;
    text += StrCat(text.empty() ? "" : ",", *one);
  }
  return text;
}

class Reader {
 public:
  explicit Reader(std::string_view name) : name_(name) {}

  absl::StatusOr<TomlState> Read(std::string_view text) {
    const TomlExcess excess = FindTomlExcess(text);
    if (!excess.what.empty())
      return At(toml::source_position{excess.line, excess.column}, excess.what);
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
      // "Error while parsing key: expected ..." without what it was doing.
      return At(parsed.error().source(), Printable(parsed.error().description(), 200));
    }
    VSWITCH_RETURN_IF_ERROR(ReadRoot(parsed.table()));
    // What has no place of its own: too many ports in all.
    if (const absl::Status status = CheckState(state_.desired); !status.ok()) {
      return absl::InvalidArgumentError(StrCat(name_, ": ", StdView(status.message())));
    }
    return std::move(state_);
  }

 private:
  absl::Status At(const toml::source_position& where, std::string_view what) const {
    return absl::InvalidArgumentError(
        StrCat(name_, ":", where.line, ":", where.column, ": ", what));
  }
  absl::Status At(const source_region& where, std::string_view what) const {
    return At(where.begin, what);
  }
  absl::Status At(const source_region& where, const absl::Status& status) const {
    return status.ok() ? status : At(where.begin, StdView(status.message()));
  }
  absl::Status NoSuchKey(const Entry& entry, std::string_view of,
                         std::span<const std::string_view> known) const {
    return At(entry.where,
              StrCat(of, " has no key ", Quote(entry.name), DidYouMean(entry.name, known)));
  }

  // Of "[bridge.br0]", and what else has a name of its own.
  absl::Status ExpectTable(const Entry& entry, std::string_view what) const {
    if (entry.value->is_table()) return absl::OkStatus();
    return At(entry.where, StrCat(Quote(entry.name), " must be a table: write ", what));
  }

  absl::Status ReadRoot(const toml::table& root) {
    static constexpr std::string_view kKnown[] = {"bridge"};
    for (const Entry& entry : InOrder(root)) {
      if (entry.name != "bridge") return NoSuchKey(entry, "the file", kKnown);
      VSWITCH_RETURN_IF_ERROR(ExpectTable(entry, "[bridge.br0]"));
      for (const Entry& bridge : InOrder(*entry.value->as_table())) {
        VSWITCH_RETURN_IF_ERROR(ReadBridge(bridge));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadBridge(const Entry& entry) {
    VSWITCH_RETURN_IF_ERROR(At(entry.where, CheckBridgeName(entry.name)));
    VSWITCH_RETURN_IF_ERROR(ExpectTable(entry, StrCat("[bridge.", entry.name, "]")));
    BridgeSpec& bridge = state_.desired.bridges.emplace_back();
    bridge.name = entry.name;
    const toml::table& table = *entry.value->as_table();
    static constexpr std::string_view kParts[] = {"port", "fdb", "mirror"};
    Settings settings;
    VSWITCH_RETURN_IF_ERROR(ReadSettings<BridgeSpec>(table, "a bridge", kParts, &settings));
    VSWITCH_RETURN_IF_ERROR(At(entry.value->source(), ApplyBridgeSettings(settings, &bridge)));
    // Entries and mirrors name ports.
    VSWITCH_RETURN_IF_ERROR(ForEachPart(table, "port", "[bridge.br0.port.vm0]", &Reader::ReadPort));
    VSWITCH_RETURN_IF_ERROR(ReadEntries(table));
    return ForEachPart(table, "mirror", "[bridge.br0.mirror.m1]", &Reader::ReadMirrorAt);
  }

  absl::Status ForEachPart(const toml::table& bridge, std::string_view part, std::string_view shape,
                           absl::Status (Reader::*read)(const Entry&)) {
    for (const Entry& entry : InOrder(bridge)) {
      if (entry.name != part) continue;
      VSWITCH_RETURN_IF_ERROR(ExpectTable(entry, shape));
      for (const Entry& one : InOrder(*entry.value->as_table())) {
        VSWITCH_RETURN_IF_ERROR(ExpectTable(one, shape));
        VSWITCH_RETURN_IF_ERROR((this->*read)(one));
      }
    }
    return absl::OkStatus();
  }

  // Those members of `table` that are settings of a Spec. `others` are none and left out.
  template <typename Spec>
  absl::Status ReadSettings(const toml::table& table, std::string_view of,
                            std::span<const std::string_view> others, Settings* settings) const {
    std::vector<std::string_view> known(others.begin(), others.end());
    for (const SettingKey<Spec>& key : KeysOf<Spec>()) known.push_back(key.name);
    for (const Entry& entry : InOrder(table)) {
      if (std::ranges::find(others, entry.name) != others.end()) continue;
      const auto keys = KeysOf<Spec>();
      const auto key = std::ranges::find(keys, entry.name, &SettingKey<Spec>::name);
      if (key == keys.end()) return NoSuchKey(entry, of, known);
      const std::optional<std::string> text = TextOf(*entry.value);
      const source_region& where = entry.value->source();
      if (!text.has_value()) {
        return At(where, StrCat(entry.name, " cannot be this: give ", key->value.allowed));
      }
      Spec scratch;
      VSWITCH_RETURN_IF_ERROR(At(where, key->Parse(*text, &scratch)));
      settings->emplace_back(entry.name, *text);
    }
    return absl::OkStatus();
  }

  absl::Status ReadPort(const Entry& entry) {
    BridgeSpec& bridge = state_.desired.bridges.back();
    VSWITCH_RETURN_IF_ERROR(At(entry.where, CheckPortName(entry.name)));
    const auto [other, is_new] = port_lines_.emplace(entry.name, entry.where.begin.line);
    if (!is_new) {
      return At(entry.where, StrCat("there is a port ", Quote(entry.name), " in line ",
                                    other->second, " already, and a port is of one bridge"));
    }
    Settings settings;
    const toml::table& table = *entry.value->as_table();
    VSWITCH_RETURN_IF_ERROR(ReadSettings<PortSpec>(table, "a port", {}, &settings));
    PortSpec port{.name = entry.name};
    VSWITCH_RETURN_IF_ERROR(
        At(entry.value->source(),
           ApplyPortSettings(settings, SettingsPhase::kCreate, /*caller=*/0, &port)));
    if (table.contains("owner")) state_.owned.insert(entry.name);
    bridge.ports.push_back(std::move(port));
    return absl::OkStatus();
  }

  absl::Status ReadEntries(const toml::table& bridge) {
    const toml::node* const list = bridge.get("fdb");
    if (list == nullptr) return absl::OkStatus();
    std::map<uint64_t, uint32_t> lines;
    ports_here_.clear();
    for (const PortSpec& port : state_.desired.bridges.back().ports) ports_here_.insert(port.name);
    const bool is_list =
        list->is_array_of_tables() || (list->is_array() && list->as_array()->empty());
    if (!is_list)
      return At(list->source(), "fdb must be a list of tables: write [[bridge.br0.fdb]]");
    for (const toml::node& one : *list->as_array()) {
      StaticEntrySpec entry;
      VSWITCH_RETURN_IF_ERROR(ReadEntry(*one.as_table(), &entry));
      const auto [other, is_new] =
          lines.emplace(FdbKey(entry.mac, entry.vlan).value, one.source().begin.line);
      if (!is_new) {
        return At(one.source(), StrCat(entry.mac.ToString(), " is there twice in VLAN ", entry.vlan,
                                       ": also in line ", other->second));
      }
      state_.desired.bridges.back().static_entries.push_back(std::move(entry));
    }
    return absl::OkStatus();
  }

  absl::Status ReadEntry(const toml::table& table, StaticEntrySpec* entry) const {
    static constexpr std::string_view kKnown[] = {"mac", "port", "vlan", "sticky"};
    for (const Entry& member : InOrder(table)) {
      if (std::ranges::find(kKnown, member.name) == std::end(kKnown)) {
        return NoSuchKey(member, "an entry of a table", kKnown);
      }
    }
    const auto mac = table["mac"].value<std::string>();
    const std::optional<MacAddress> address =
        mac.has_value() ? MacAddress::Parse(*mac) : std::nullopt;
    if (!address.has_value() || address->IsGroup() || address->IsZero()) {
      return At(WhereOf(table, "mac"), "mac must be one station's, as in \"52:54:00:12:34:56\"");
    }
    entry->mac = *address;
    entry->port = table["port"].value_or(std::string());
    if (!ports_here_.contains(entry->port)) {
      const std::vector<std::string_view> names(ports_here_.begin(), ports_here_.end());
      return At(WhereOf(table, "port"),
                StrCat("port must be one of this bridge, and ", Quote(entry->port), " is none",
                       DidYouMean(entry->port, names)));
    }
    if (table.contains("vlan")) {
      const auto vlan = table["vlan"].value_exact<int64_t>().value_or(-1);
      if (vlan < 0 || vlan > kMaxVlanId) {
        return At(WhereOf(table, "vlan"), StrCat("vlan must be 0 (untagged) to ", kMaxVlanId));
      }
      entry->vlan = static_cast<VlanId>(vlan);
    }
    if (!table.contains("sticky")) return absl::OkStatus();
    const std::string sticky = TextOf(*table.get("sticky")).value_or("");
    if (sticky != "on" && sticky != "off") {
      return At(WhereOf(table, "sticky"), "sticky must be true or false");
    }
    entry->sticky = sticky == "on";
    return absl::OkStatus();
  }

  // Of a member, or of the table that has none such.
  static const source_region& WhereOf(const toml::table& table, std::string_view member) {
    const toml::node* const value = table.get(member);
    return value == nullptr ? table.source() : value->source();
  }

  absl::Status ReadMirrorAt(const Entry& entry) {
    static constexpr std::string_view kKnown[] = {"src", "to", "dir", "vlan"};
    BridgeSpec& bridge = state_.desired.bridges.back();
    Settings settings;
    for (const Entry& member : InOrder(*entry.value->as_table())) {
      if (std::ranges::find(kKnown, member.name) == std::end(kKnown)) {
        return NoSuchKey(member, "a mirror", kKnown);
      }
      settings.emplace_back(member.name, TextOf(*member.value).value_or(""));
      // Alone, for its place.
      VSWITCH_RETURN_IF_ERROR(
          At(member.value->source(), ReadMirror(entry.name, {settings.back()}).status()));
    }
    auto mirror = ReadMirror(entry.name, settings);
    if (!mirror.ok()) return At(entry.where, mirror.status());
    bridge.mirrors.push_back(*std::move(mirror));
    return At(entry.where, CheckMirrors(bridge));
  }

  const std::string_view name_;
  TomlState state_;
  std::map<std::string, uint32_t, std::less<>> port_lines_;
  // Of the bridge that is read.
  std::set<std::string_view> ports_here_;
};

}  // namespace

absl::StatusOr<TomlState> ReadToml(std::string_view text, std::string_view name) {
  const std::string shown = Printable(name, 200);
  return Reader(shown).Read(text);
}

}  // namespace vswitch
