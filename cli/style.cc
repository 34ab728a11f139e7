#include "cli/style.h"

#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

// Begins a mark, and is followed by the style; 0 ends it.
constexpr char kMark = '\x01';

// What ECMA-48 calls SGR, of the 8 colours that every terminal has.
std::string_view Sequence(char style) {
  switch (static_cast<Style>(style - '0')) {
    case Style::kPlain:
      return "\x1b[0m";
    case Style::kHeading:
      return "\x1b[1m";
    case Style::kGood:
      return "\x1b[32m";
    case Style::kWarning:
      return "\x1b[33m";
    case Style::kBad:
      return "\x1b[31m";
    case Style::kDim:
      return "\x1b[2m";
  }
  return "";
}

char Digit(Style style) { return static_cast<char>('0' + static_cast<char>(style)); }

}  // namespace

std::string Marked(Style style, std::string_view text) {
  if (style == Style::kPlain || text.empty()) return std::string(text);
  std::string marked = {kMark, Digit(style)};
  marked += text;
  return marked + kMark + Digit(Style::kPlain);
}

std::string Painted(std::string_view marked, bool in_colour) {
  std::string text;
  text.reserve(marked.size());
  for (size_t i = 0; i < marked.size(); ++i) {
    if (marked[i] != kMark || i + 1 == marked.size()) {
      text += marked[i];
      continue;
    }
    ++i;
    if (in_colour) text += Sequence(marked[i]);
  }
  return text;
}

Style StateStyle(std::string_view state) {
  if (state == "up") return Style::kGood;
  if (state == "down" || state == "blocked") return Style::kWarning;
  if (state == "missing" || state == "broken") return Style::kBad;
  return Style::kPlain;
}

}  // namespace vswitch
