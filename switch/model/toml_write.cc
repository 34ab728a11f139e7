#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "switch/base/str_cat.h"
#include "switch/model/mirrors.h"
#include "switch/model/setting_table.h"
#include "switch/model/setting_value.h"
#include "switch/model/toml_file.h"

namespace vswitch {
namespace {

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += absl::StrFormat("\\u%04X", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

// Bare where it may be.
std::string Key(std::string_view name) {
  const bool is_bare = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-';
  });
  return is_bare ? std::string(name) : Quoted(name);
}

template <typename Spec>
std::string SettingLines(const Spec& spec) {
  static const Spec defaults;
  std::string text;
  for (const SettingKey<Spec>& key : KeysOf<Spec>()) {
    const std::string value = key.Format(spec);
    if (key.is_alias || value == key.Format(defaults)) continue;
    const bool is_number = key.value.json == JsonForm::kNumber &&
                           ReadWholeNumber(value, /*hexadecimal=*/true).has_value();
    text += StrCat(key.name, " = ", is_number ? value : Quoted(value), "\n");
  }
  return text;
}

std::string MirrorLines(const MirrorSpec& mirror) {
  std::string sources;
  for (const std::string& port : MirrorSourceNames(mirror)) {
    sources += StrCat(sources.empty() ? "" : ", ", Quoted(port));
  }
  std::string text = StrCat("src = [", sources, "]\nto = ", Quoted(mirror.to), "\n");
  if (mirror.direction != MirrorDirection::kBoth) {
    text += StrCat("dir = ", Quoted(MirrorDirectionName(mirror.direction)), "\n");
  }
  if (mirror.vlan.has_value()) text += StrCat("vlan = ", *mirror.vlan, "\n");
  return text;
}

}  // namespace

std::string WriteToml(const Desired& desired) {
  std::string text;
  for (const BridgeSpec& bridge : desired.bridges) {
    const std::string here = StrCat("bridge.", Key(bridge.name));
    text += StrCat(text.empty() ? "" : "\n", "[", here, "]\n", SettingLines(bridge));
    for (const PortSpec& port : bridge.ports) {
      text += StrCat("\n[", here, ".port.", Key(port.name), "]\n", SettingLines(port));
    }
    for (const StaticEntrySpec& entry : bridge.static_entries) {
      text += StrCat("\n[[", here, ".fdb]]\nmac = ", Quoted(entry.mac.ToString()),
                     "\nport = ", Quoted(entry.port), "\n");
      if (entry.vlan != 0) text += StrCat("vlan = ", entry.vlan, "\n");
      if (entry.sticky) text += "sticky = true\n";
    }
    for (const MirrorSpec& mirror : bridge.mirrors) {
      text += StrCat("\n[", here, ".mirror.", Key(mirror.name), "]\n", MirrorLines(mirror));
    }
  }
  return text;
}

}  // namespace vswitch
