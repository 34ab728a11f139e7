#include "cli/shell_words.h"

#include <optional>

#include "absl/status/status.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::string_view kEscapedInQuotes = "\\\"$`";

bool Contains(std::string_view characters, char c) { return characters.find(c) != characters.npos; }

// Appends what stands between the quotes; `*text` begins behind the first and ends behind the last.
absl::Status ReadQuoted(char quote, std::string_view* text, std::string* word) {
  while (!text->empty()) {
    char c = text->front();
    text->remove_prefix(1);
    if (c == quote) return absl::OkStatus();
    const bool escapes = quote == '"' && c == '\\' && !text->empty();
    if (escapes && Contains(kEscapedInQuotes, text->front())) {
      c = text->front();
      text->remove_prefix(1);
    }
    *word += c;
  }
  return absl::InvalidArgumentError(StrCat("a ", std::string(1, quote), " is not closed"));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ShellWords(std::string_view line) {
  std::vector<std::string> words;
  std::optional<std::string> word;  // Also "" is one.
  while (!line.empty()) {
    const char c = line.front();
    line.remove_prefix(1);
    if (Contains(kBlanks, c)) {
      if (word.has_value()) words.push_back(*std::move(word));
      word.reset();
    } else if (c == '#' && !word.has_value()) {
      break;
    } else {
      if (!word.has_value()) word.emplace();
      if (c == '\'' || c == '"') {
        if (absl::Status status = ReadQuoted(c, &line, &*word); !status.ok()) return status;
      } else if (c != '\\') {
        *word += c;
      } else if (line.empty()) {
        return absl::InvalidArgumentError("a \\ is the last character");
      } else {
        *word += line.front();
        line.remove_prefix(1);
      }
    }
  }
  if (word.has_value()) words.push_back(*std::move(word));
  return words;
}

}  // namespace vswitch
