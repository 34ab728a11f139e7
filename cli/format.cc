#include "cli/format.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cwchar>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

constexpr std::string_view kColumnGap = "  ";

bool IsNumberOrNone(const std::string& cell) {
  return cell == "-" || std::all_of(cell.begin(), cell.end(), absl::ascii_isdigit);
}

std::string Padded(const std::string& cell, Style style, size_t width, bool flush_right) {
  const std::string padding(width - std::min(width, DisplayWidth(cell)), ' ');
  const std::string marked = Marked(style, cell);
  return flush_right ? padding + marked : marked + padding;
}

// What wcwidth() needs to know that text is UTF-8, whatever the user's own locale is.
locale_t Utf8Locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

}  // namespace

std::string TerminalSafe(std::string_view text, bool keep_newlines) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    // U+0080 to U+009F, the C1 controls, are C2 80 to C2 9F in UTF-8.
    const auto next = i + 1 < text.size() ? static_cast<uint8_t>(text[i + 1]) : uint8_t{0};
    if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      absl::StrAppendFormat(&out, "\\x%02x", next);
      ++i;
    } else if ((byte < 0x20 && !(keep_newlines && byte == '\n')) || byte == 0x7f) {
      absl::StrAppendFormat(&out, "\\x%02x", byte);
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string ShellQuote(std::string_view word) {
  constexpr std::string_view kHarmless = "_@%+=:,./-";
  const auto is_harmless = [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           kHarmless.find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_harmless)) return std::string(word);
  return StrCat("'", absl::StrReplaceAll(std::string(word), {{"'", "'\\''"}}), "'");
}

std::string ShellLine(std::span<const std::string> words) {
  return absl::StrJoin(words, " ",
                       [](std::string* out, const std::string& word) { *out += ShellQuote(word); });
}

size_t DisplayWidth(std::string_view text) {
  const auto is_ascii = [](char c) { return static_cast<signed char>(c) >= 0; };
  if (std::ranges::all_of(text, is_ascii) || Utf8Locale() == nullptr) return text.size();
  const locale_t before = uselocale(Utf8Locale());
  const absl::Cleanup restore = [before] { uselocale(before); };
  size_t width = 0;
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t character = 0;
    size_t bytes = mbrtowc(&character, text.data(), text.size(), &state);
    if (bytes == 0 || bytes > text.size()) {
      // Cut short, or none.
      state = {};
      bytes = 1;
      character = L'?';
    }
    width += static_cast<size_t>(std::max(0, wcwidth(character)));
    text.remove_prefix(bytes);
  }
  return width;
}

Table::Table(std::vector<std::string> headings) : headings_(std::move(headings)) {
  for (std::string& heading : headings_) heading = TerminalSafe(heading);
}

void Table::AddRow(std::vector<std::string> cells) {
  assert(cells.size() == headings_.size());
  for (size_t column = 0; column < cells.size(); ++column) {
    cells[column] = TerminalSafe(cells[column]);
    if (cells[column].empty() && column + 1 < cells.size()) cells[column].push_back('-');
  }
  rows_.push_back(std::move(cells));
}

std::string Table::ToString(std::string_view indent) const {
  const size_t columns = headings_.size();
  std::vector<size_t> widths(columns);
  std::vector<bool> flush_right(columns, !rows_.empty());
  for (size_t column = 0; column < columns; ++column) {
    widths[column] = DisplayWidth(headings_[column]);
    for (const std::vector<std::string>& row : rows_) {
      widths[column] = std::max(widths[column], DisplayWidth(row[column]));
      flush_right[column] = flush_right[column] && IsNumberOrNone(row[column]);
    }
  }
  std::string text;
  const auto append_line = [&](const std::vector<std::string>& cells, const auto& style_of) {
    std::string line(indent);
    for (size_t column = 0; column < columns; ++column) {
      if (column > 0) line += kColumnGap;
      line += Padded(cells[column], style_of(column), widths[column], flush_right[column]);
    }
    absl::StripTrailingAsciiWhitespace(&line);
    text += line + "\n";
  };
  append_line(headings_, [](size_t) { return Style::kPlain; });
  for (size_t row = 0; row < rows_.size(); ++row) {
    append_line(rows_[row], [&](size_t column) {
      const auto found = styles_.find({row, column});
      return found == styles_.end() ? Style::kPlain : found->second;
    });
  }
  return text;
}

}  // namespace vswitch
