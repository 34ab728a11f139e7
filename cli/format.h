// Text for people: aligned tables, and strings that cannot harm a terminal or a shell.
#ifndef VSWITCH_CLI_FORMAT_H_
#define VSWITCH_CLI_FORMAT_H_

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/style.h"

namespace vswitch {

// `text` with control characters (C0, DEL and C1) written as \xNN, so that a name or message that
// comes from elsewhere cannot move the cursor or rewrite the screen. Newlines stay when
// `keep_newlines`.
std::string TerminalSafe(std::string_view text, bool keep_newlines = false);

// One word of a POSIX shell: as it is when every character is harmless, otherwise in single quotes.
std::string ShellQuote(std::string_view word);

// The words, quoted where needed, with a space between them.
std::string ShellLine(std::span<const std::string> words);

// How many columns a terminal shows `text` in: none for what joins the character before it, two for
// the wide ones of East Asia; one for each byte where it is no UTF-8.
size_t DisplayWidth(std::string_view text);

// A table with a heading. Columns are two spaces apart and as wide as their widest cell; a column
// of numbers is flush right. An empty cell shows as "-", so that every line has the same number of
// words, except in the last column, which may hold words. No line ends in a space.
class Table {
 public:
  explicit Table(std::vector<std::string> headings);

  // REQUIRES: as many cells as headings.
  void AddRow(std::vector<std::string> cells);
  // Of a cell of the last row. REQUIRES: there is one.
  void StyleLast(size_t column, Style style) { styles_[{rows_.size() - 1, column}] = style; }
  bool empty() const { return rows_.empty(); }
  // Marked text (style.h). Every line starts with `indent` and ends with a newline.
  std::string ToString(std::string_view indent = "") const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;
  std::map<std::pair<size_t, size_t>, Style> styles_;  // By row and column.
};

}  // namespace vswitch

#endif  // VSWITCH_CLI_FORMAT_H_
