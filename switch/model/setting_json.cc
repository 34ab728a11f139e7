#include "switch/model/setting_json.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>

#include "switch/base/return_if_error.h"
#include "switch/base/str_cat.h"
#include "switch/model/at_place.h"
#include "switch/model/setting_table.h"
#include "switch/model/setting_value.h"

namespace vswitch {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

enum class Which { kAll, kChanged };

template <typename Spec>
void Write(const Spec& spec, Which which, ordered_json* object) {
  static const Spec defaults;
  for (const SettingKey<Spec>& key : KeysOf<Spec>()) {
    const std::string text = key.Format(spec);
    if (which == Which::kChanged && (key.is_alias || text == key.Format(defaults))) continue;
    ordered_json& member = (*object)[std::string(key.name)];
    const std::optional<uint64_t> number = ReadWholeNumber(text, /*hexadecimal=*/true);
    if (key.value.json == JsonForm::kNumber && text.empty()) {
      member = nullptr;
    } else if (key.value.json == JsonForm::kNumber && number.has_value()) {
      member = *number;
    } else {
      member = text;
    }
  }
}

template <typename Spec>
absl::Status Read(const json& object, const std::string& place, Spec* spec) {
  for (const SettingKey<Spec>& key : KeysOf<Spec>()) {
    const auto member = object.find(std::string(key.name));
    if (member == object.end()) continue;
    const std::string here = StrCat(place, ".", key.name);
    std::string text;
    if (member->is_null() && key.value.json == JsonForm::kNumber) {
      text.clear();
    } else if (key.value.json == JsonForm::kNumber) {
      if (!member->is_number_unsigned()) {
        return BadAt(here, StrCat("must be a whole number: ", key.value.allowed));
      }
      text = StrCat(member->template get<uint64_t>());
    } else {
      if (!member->is_string()) {
        return BadAt(here, StrCat("must be a string: ", key.value.allowed));
      }
      text = member->template get<std::string>();
    }
    VSWITCH_RETURN_IF_ERROR(AtPlace(here, key.Parse(text, spec)));
  }
  return absl::OkStatus();
}

}  // namespace

void WriteSettings(const BridgeSpec& spec, ordered_json* object) {
  Write(spec, Which::kAll, object);
}
void WriteSettings(const PortSpec& spec, ordered_json* object) { Write(spec, Which::kAll, object); }

void WriteChangedSettings(const BridgeSpec& spec, ordered_json* object) {
  Write(spec, Which::kChanged, object);
}
void WriteChangedSettings(const PortSpec& spec, ordered_json* object) {
  Write(spec, Which::kChanged, object);
}

absl::Status ReadSettings(const json& object, const std::string& place, BridgeSpec* spec) {
  return Read(object, place, spec);
}
absl::Status ReadSettings(const json& object, const std::string& place, PortSpec* spec) {
  return Read(object, place, spec);
}

}  // namespace vswitch
