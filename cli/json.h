// The JSON type of the CLI and readers that never throw: a reply comes from another process, so any
// field may be missing or of another type. Objects keep the order in which the daemon wrote them.
#ifndef VSWITCH_CLI_JSON_H_
#define VSWITCH_CLI_JSON_H_

#define JSON_USE_IMPLICIT_CONVERSIONS 0

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "cli/json_fwd.h"

namespace vswitch {

// A reply nests about five deep; more is refused, since printing a value recurses.
inline constexpr int kMaxReplyDepth = 32;

// nullopt for anything but one JSON value of at most kMaxReplyDepth levels in valid UTF-8.
std::optional<Json> ParseJson(std::string_view text);

// One line of ASCII: everything else, terminal control characters included, is escaped.
std::string ToLine(const Json& value);

// object[key]; a null value when `object` is none or has no such key.
const Json& Field(const Json& object, std::string_view key);

// object[key] if that is an array, otherwise an empty array.
const Json& ListField(const Json& object, std::string_view key);

// object[key] as words: a string as it is, null as nothing, everything else as JSON.
std::string TextField(const Json& object, std::string_view key);
std::string ToText(const Json& value);

// object[key] if that is a whole number from 0 to 2^32-1, otherwise `otherwise`.
uint32_t UintField(const Json& object, std::string_view key, uint32_t otherwise);

// The element of `list` whose "name" is `name`; nullptr if there is none.
const Json* FindByName(const Json& list, std::string_view name);

}  // namespace vswitch

#endif  // VSWITCH_CLI_JSON_H_
