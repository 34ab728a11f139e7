#include "switch/base/quote.h"

namespace vswitch {

std::string Printable(std::string_view text, size_t max_bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string shown;
  for (const char c : text.substr(0, max_bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      shown += c;
    } else {
      shown += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 0xf]};
    }
  }
  if (text.size() > max_bytes) shown += "...";
  return shown;
}

std::string Quote(std::string_view text) { return "'" + Printable(text, 40) + "'"; }

}  // namespace vswitch
