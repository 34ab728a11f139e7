// Words in a sentence: "tap, internal or netdev". Thread-safety: pure function.
#ifndef VSWITCH_SWITCH_BASE_WORD_LIST_H_
#define VSWITCH_SWITCH_BASE_WORD_LIST_H_

#include <span>
#include <string>
#include <string_view>

#include "switch/base/str_cat.h"

namespace vswitch {

// `conjunction`, "or" or "and", stands before the last word; commas stand before the others.
inline std::string WordList(std::span<const std::string_view> words, std::string_view conjunction) {
  std::string list;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) list += i + 1 < words.size() ? ", " : StrCat(" ", conjunction, " ");
    list += words[i];
  }
  return list;
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_WORD_LIST_H_
