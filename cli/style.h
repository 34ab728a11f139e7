// Colours of text for people. A marked text holds marks in place of a terminal's sequences: what
// makes the text need not know where it goes, and Painted() turns them into colours, or takes them
// out. Nothing that comes from elsewhere can hold a mark, since TerminalSafe() escapes their bytes.
// Thread-safety: pure functions.
#ifndef VSWITCH_CLI_STYLE_H_
#define VSWITCH_CLI_STYLE_H_

#include <string>
#include <string_view>

namespace vswitch {

enum class Style : char { kPlain = 0, kHeading, kGood, kWarning, kBad, kDim };

// `text` between marks; as it is when `style` is plain.
std::string Marked(Style style, std::string_view text);

// A marked text as a terminal shows it, in colour or without.
std::string Painted(std::string_view marked, bool in_colour);

// Of a port's state: up is good, broken and missing are bad, and so on.
Style StateStyle(std::string_view state);

}  // namespace vswitch

#endif  // VSWITCH_CLI_STYLE_H_
