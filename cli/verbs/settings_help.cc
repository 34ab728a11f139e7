#include "cli/verbs/settings_help.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "switch/base/str_cat.h"
#include "switch/base/word_list.h"
#include "switch/model/setting_table.h"
#include "switch/model/setting_value.h"

namespace vswitch {
namespace {

constexpr size_t kColumns = 90;

// `first` and then the words of `text`, in lines that begin at `column`.
std::string Columns(std::string_view first, size_t column, const std::string& text) {
  std::string all;
  std::string line(first);
  line.resize(column - 1, ' ');
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (line.size() + 1 + word.size() > kColumns) {
      all += line + "\n";
      line.assign(column - 1, ' ');
    }
    line += StrCat(" ", word);
  }
  return all + line + "\n";
}

template <typename Spec>
std::string Usage(const SettingKey<Spec>& key) {
  return StrCat("  ", key.name, "=", key.placeholder);
}

template <typename Spec>
SettingRow RowOf(std::string_view of, const SettingKey<Spec>& key) {
  std::string by_default =
      key.default_words.empty() ? key.Format(Spec{}) : std::string(key.default_words);
  if (by_default.empty()) by_default = "none";
  return {.of = of,
          .key = key.name,
          .value = key.placeholder,
          .help = key.help,
          .types = key.applies_to.empty() ? "" : StrCat(PortTypeList(key.applies_to)),
          .allowed = key.value.allowed,
          .by_default = std::move(by_default),
          .creation_only = key.creation_only};
}

template <typename Spec>
std::string Explanation(const SettingKey<Spec>& key) {
  const SettingRow row = RowOf("", key);
  return StrCat(row.types.empty() ? "" : StrCat("type=", row.types, " only: "), row.help, " (",
                row.allowed, "; default: ", row.by_default, ")");
}

template <typename Spec>
std::string Help() {
  size_t column = 0;
  for (const SettingKey<Spec>& key : KeysOf<Spec>()) {
    column = std::max(column, Usage(key).size() + 2);
  }
  std::string help = "Settings:\n";
  for (const SettingKey<Spec>& key : KeysOf<Spec>()) {
    help += Columns(Usage(key), column, Explanation(key));
  }
  return help;
}

template <typename Spec>
bool HasKey(std::string_view name) {
  return std::ranges::any_of(KeysOf<Spec>(), [&](const auto& key) { return key.name == name; });
}

template <typename Spec>
bool IsChanged(std::string_view name, std::string_view text) {
  return std::ranges::any_of(KeysOf<Spec>(), [&](const auto& key) {
    if (key.name != name) return false;
    // As the daemon's JSON has it: a number is written in decimal.
    const std::string by_default = key.Format(Spec{});
    const auto number = ReadWholeNumber(by_default, /*hexadecimal=*/true);
    return text != by_default && (!number.has_value() || text != StrCat(*number));
  });
}

}  // namespace

bool IsChangedBridgeSetting(std::string_view key, std::string_view text) {
  return IsChanged<BridgeSpec>(key, text);
}
bool IsChangedPortSetting(std::string_view key, std::string_view text) {
  return IsChanged<PortSpec>(key, text);
}

bool IsBridgeKey(std::string_view key) { return HasKey<BridgeSpec>(key); }

bool IsPortKey(std::string_view key) { return HasKey<PortSpec>(key); }

bool IsSettingKey(std::string_view key) { return IsBridgeKey(key) || IsPortKey(key); }

bool IsShownKey(std::string_view key) {
  return IsSettingKey(key) || key == "state" || key == "detail" || key == "name" || key == "bridge";
}

std::vector<SettingRow> SettingRows() {
  std::vector<SettingRow> rows;
  for (const auto& key : BridgeKeys()) rows.push_back(RowOf("bridge", key));
  for (const auto& key : PortKeys()) rows.push_back(RowOf("port", key));
  return rows;
}

std::string BridgeSettingsHelp() { return Help<BridgeSpec>(); }
std::string PortSettingsHelp() { return Help<PortSpec>(); }

std::string ChangeablePortSettingsHelp() {
  std::vector<std::string_view> names;
  for (const SettingKey<PortSpec>& key : PortKeys()) {
    if (key.creation_only) names.push_back(key.name);
  }
  return StrCat(
      "'vswitchctl help add-port' lists the settings. All but ", WordList(names, "and"),
      "\ncan be changed. One without a value goes back to what it is by default: 'mtu='.\n");
}

}  // namespace vswitch
