#include "switch/model/reserved_names.h"

#include <optional>
#include <vector>

#include "absl/strings/str_split.h"
#include "switch/base/nearest.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

struct ReservedName {
  std::string_view name;
  uint32_t digit;
};

// The first name of a digit is the one that is shown.
constexpr ReservedName kNames[] = {
    {"stp", 0x0},
    // IEEE 802.3, clause 31: MAC control.
    {"pause", 0x1},
    // IEEE 802.3, clause 57A: slow protocols, LACP among them.
    {"lacp", 0x2},
    {"eapol", 0x3},
    {"802.1x", 0x3},
    // MEF 16.
    {"elmi", 0x7},
    {"provider-stp", 0x8},
    // Of provider bridges; that of customers, -21, is forwarded anyway.
    {"mvrp", 0xd},
    {"gvrp", 0xd},
    {"lldp", 0xe},
};

std::string_view NameOf(uint32_t digit) {
  for (const ReservedName& each : kNames) {
    if (each.digit == digit) return each.name;
  }
  return "";
}

std::string DigitText(uint32_t digit) { return StrCat("0x", absl::Hex(digit)); }

std::optional<uint32_t> DigitOf(std::string_view word) {
  for (const ReservedName& each : kNames) {
    if (each.name == word) return each.digit;
  }
  for (uint32_t digit = 0; digit < 16; ++digit) {
    if (DigitText(digit) == word) return digit;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<uint16_t> ReadReservedNames(std::string_view text) {
  uint16_t mask = 0;
  if (text.empty()) return mask;
  const std::string words(text);
  for (const absl::string_view piece : absl::StrSplit(words, ',')) {
    const std::string_view word = StdView(piece);
    const std::optional<uint32_t> digit = DigitOf(word);
    if (!digit.has_value()) {
      std::vector<std::string_view> names;
      for (const ReservedName& each : kNames) names.push_back(each.name);
      return absl::InvalidArgumentError(
          StrCat("has ", Quote(word), ", which is no such address", DidYouMean(word, names)));
    }
    mask = static_cast<uint16_t>(mask | 1u << *digit);
  }
  return mask;
}

std::string ReservedNamesText(uint16_t mask) {
  std::string text;
  for (uint32_t digit = 0; digit < 16; ++digit) {
    if ((mask >> digit & 1) == 0) continue;
    const std::string_view name = NameOf(digit);
    text += StrCat(text.empty() ? "" : ",", name.empty() ? DigitText(digit) : std::string(name));
  }
  return text;
}

}  // namespace vswitch
