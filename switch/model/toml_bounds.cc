#include "switch/model/toml_bounds.h"

#include <algorithm>

#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  TomlExcess Scan() {
    // Some editors begin a file so.
    if (text_.starts_with("\xef\xbb\xbf")) at_ = line_start_ = 3;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        at_ = text_.find('\n', at_);
        if (at_ == text_.npos) return {};
        continue;
      }
      if (c == '"' || c == '\'') {
        SkipString(c);
        continue;
      }
      if (static_cast<unsigned char>(c) >= 0x80) {
        return Excess("a character that is not ASCII: strings and comments only may have one");
      }
      if (c == '\n') StartLine();
      if (c == '.' && ++dots_ > kMaxTomlDepth) return TooMany("dots in a line");
      if ((c == '[' || c == '{') && ++open_ > kMaxTomlDepth)
        return TooMany("brackets open at once");
      if ((c == ']' || c == '}') && open_ > 0) --open_;
      ++at_;
    }
    return {};
  }

 private:
  std::string_view rest() const { return text_.substr(std::min(at_, text_.size())); }

  void StartLine() {
    ++line_;
    line_start_ = at_ + 1;
    dots_ = 0;
  }

  TomlExcess Excess(std::string_view what) const {
    return {.line = line_,
            .column = static_cast<uint32_t>(at_ - line_start_ + 1),
            .what = std::string(what)};
  }
  TomlExcess TooMany(std::string_view what) const {
    return Excess(StrCat("more than ", kMaxTomlDepth, " ", what));
  }

  // Also one without an end, which the parser refuses: what is behind it counts as a part of it.
  void SkipString(char quote) {
    const std::string three(3, quote);
    const bool is_long = rest().starts_with(three);
    at_ += is_long ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\' && quote == '"' && !rest().substr(1).starts_with('\n')) {
        at_ += 2;
        continue;
      }
      if (c == '\n') {
        // A short one does not reach beyond its line.
        if (!is_long) return;
        StartLine();
      }
      if (c == quote && !is_long) {
        ++at_;
        return;
      }
      if (c == quote && rest().starts_with(three)) {
        at_ += 3;
        // Up to two more belong to the string.
        for (int i = 0; i < 2 && rest().starts_with(quote); ++i) ++at_;
        return;
      }
      ++at_;
    }
  }

  const std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  size_t line_start_ = 0;
  size_t dots_ = 0;
  size_t open_ = 0;
};

}  // namespace

TomlExcess FindTomlExcess(std::string_view text) {
  if (text.size() > kMaxTomlBytes) {
    return {.line = 1,
            .column = 1,
            .what = StrCat(text.size(), " bytes, more than the ", kMaxTomlBytes, " allowed")};
  }
  return Scanner(text).Scan();
}

}  // namespace vswitch
