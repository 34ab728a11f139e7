#include "switch/model/rate_value.h"

#include <optional>

#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

uint64_t FactorOf(char letter) {
  switch (letter) {
    case 'k':
      return 1'000;
    case 'M':
      return 1'000'000;
    case 'G':
      return 1'000'000'000;
    default:
      return 1;
  }
}

}  // namespace

absl::StatusOr<uint64_t> ReadRate(std::string_view text, uint64_t max) {
  const uint64_t factor = text.empty() ? 1 : FactorOf(text.back());
  if (factor != 1) text.remove_suffix(1);
  const std::optional<uint64_t> number = ReadWholeNumber(text, /*hexadecimal=*/false);
  if (!number.has_value()) return absl::InvalidArgumentError("cannot be used");
  if (*number > max / factor) return absl::InvalidArgumentError("is out of range");
  return *number * factor;
}

std::string AllowedRates(uint64_t max, std::string_view unit, std::string_view zero_means) {
  return StrCat("1 to ", max / 1'000'000'000, "G ", unit, ", in digits or with k, M or G, or 0 ",
                zero_means);
}

}  // namespace vswitch
