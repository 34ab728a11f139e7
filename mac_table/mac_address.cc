#include "mac_table/mac_address.h"

namespace vswitch {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<MacAddress> MacAddress::Parse(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  const char separator = text[2];
  if (separator != ':' && separator != '-') return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < text.size(); i += 3) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    if (i + 2 < text.size() && text[i + 2] != separator) return std::nullopt;
    value = value << 8 | static_cast<uint64_t>(high << 4 | low);
  }
  return MacAddress{value};
}

std::string MacAddress::ToString() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "00:00:00:00:00:00";
  for (int i = 0; i < 12; ++i) text[i / 2 * 3 + i % 2] = kDigits[value >> (44 - 4 * i) & 0xf];
  return text;
}

}  // namespace vswitch
