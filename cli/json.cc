#include "cli/json.h"

#include <limits>

namespace vswitch {

std::optional<Json> ParseJson(std::string_view text) {
  bool too_deep = false;
  const auto watch_depth = [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep |= depth > kMaxReplyDepth;
    return !too_deep;
  };
  Json value = Json::parse(text, watch_depth, /*allow_exceptions=*/false);
  if (too_deep || value.is_discarded()) return std::nullopt;
  return value;
}

std::string ToLine(const Json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

const Json& Field(const Json& object, std::string_view key) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto it = object.find(std::string(key));
  return it == object.end() ? kNull : *it;
}

const Json& ListField(const Json& object, std::string_view key) {
  static const Json kEmpty = Json::array();
  const Json& field = Field(object, key);
  return field.is_array() ? field : kEmpty;
}

std::string ToText(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get_ref<const std::string&>() : ToLine(value);
}

std::string TextField(const Json& object, std::string_view key) {
  return ToText(Field(object, key));
}

uint32_t UintField(const Json& object, std::string_view key, uint32_t otherwise) {
  const Json& field = Field(object, key);
  if (!field.is_number_unsigned()) return otherwise;
  const uint64_t number = field.get<uint64_t>();
  return number <= std::numeric_limits<uint32_t>::max() ? static_cast<uint32_t>(number) : otherwise;
}

const Json* FindByName(const Json& list, std::string_view name) {
  for (const Json& element : list) {
    const Json& field = Field(element, "name");
    if (field.is_string() && field.get_ref<const std::string&>() == name) return &element;
  }
  return nullptr;
}

}  // namespace vswitch
