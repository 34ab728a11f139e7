// Whether a text is small, shallow and plain enough to be parsed as TOML: the parser recurses for
// nested values and for dotted keys, and a stack has an end; and toml++ 3.3 is not defined for most
// of Unicode between two tokens, where TOML allows ASCII only. Our own files have four names in a
// header and arrays of plain values. Thread-safety: pure function.
#ifndef VSWITCH_SWITCH_MODEL_TOML_BOUNDS_H_
#define VSWITCH_SWITCH_MODEL_TOML_BOUNDS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vswitch {

// 4,096 ports with ten settings each, or 100,000 static entries.
inline constexpr size_t kMaxTomlBytes = 8 * 1024 * 1024;
// Brackets and braces open at once, and dots in one line, strings and comments apart.
inline constexpr size_t kMaxTomlDepth = 8;

// Where a text goes beyond that, and how. No `what`: it does not.
struct TomlExcess {
  uint32_t line = 0;
  uint32_t column = 0;
  std::string what;
};
// Of a text that is no TOML it tells at least what comes before the first fault.
TomlExcess FindTomlExcess(std::string_view text);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_TOML_BOUNDS_H_
