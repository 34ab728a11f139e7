// Debian builds Abseil for C++14, where absl::string_view is a type of its own that a
// std::string_view does not turn into. These two functions are all that the difference costs us.
// Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_BASE_STR_CAT_H_
#define VSWITCH_SWITCH_BASE_STR_CAT_H_

#include <string>
#include <string_view>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace vswitch {

// The same characters, for what wants a std::string_view: StdView(status.message()).
inline std::string_view StdView(absl::string_view text) { return {text.data(), text.size()}; }

namespace str_cat_internal {

template <typename Part>
decltype(auto) ForAbsl(const Part& part) {
  if constexpr (std::is_same_v<Part, std::string_view>) {
    return absl::string_view(part.data(), part.size());
  } else {
    return (part);
  }
}

}  // namespace str_cat_internal

// absl::StrCat that takes std::string_view too.
template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  return absl::StrCat(str_cat_internal::ForAbsl(parts)...);
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_STR_CAT_H_
