// JSON that somebody else wrote, read without trust: the state file and the lines of the control
// socket. On top of what nlohmann's parser refuses (broken syntax, ill-formed UTF-8, numbers beyond
// a double, anything behind the value) it refuses what it would let pass: nesting deeper than
// kMaxJsonDepth, an object with the same key twice (the last one would silently win), a NUL byte
// (it would end the input). Whole numbers beyond 64 bits become doubles: check is_number_integer()
// before use.
//
// Thread-safety: pure function. Errors: InvalidArgument that tells line and column; throws nothing.
// Limits: memory is at most about 40 times the text ("[{},{},..."); the caller bounds the text.
#ifndef VSWITCH_SWITCH_MODEL_STRICT_JSON_H_
#define VSWITCH_SWITCH_MODEL_STRICT_JSON_H_

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "absl/status/statusor.h"

namespace vswitch {

// The state file needs 5, a request 4.
inline constexpr size_t kMaxJsonDepth = 16;

absl::StatusOr<nlohmann::json> ParseStrictJson(std::string_view text);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_STRICT_JSON_H_
