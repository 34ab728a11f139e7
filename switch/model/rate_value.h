// Rates as values of settings: whole numbers that may end in k, M or G, decimal as a link's speed
// is. Formatted in digits, so that programs need not know of the letters.
// Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_MODEL_RATE_VALUE_H_
#define VSWITCH_SWITCH_MODEL_RATE_VALUE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "switch/model/setting_key.h"
#include "switch/model/setting_value.h"

namespace vswitch {

// 0 to `max`. What is wrong is in the errors' words as SettingValue::parse has them.
absl::StatusOr<uint64_t> ReadRate(std::string_view text, uint64_t max);
std::string AllowedRates(uint64_t max, std::string_view unit, std::string_view zero_means);

template <typename Spec>
SettingValue<Spec> RateValue(uint64_t Spec::*field, uint64_t max, std::string_view unit,
                             std::string_view zero_means) {
  return {.allowed = AllowedRates(max, unit, zero_means),
          .json = JsonForm::kNumber,
          .parse = setting_value_internal::Parser(
              field, [max](std::string_view text) { return ReadRate(text, max); }),
          .format = [field](const Spec& spec) { return StrCat(spec.*field); }};
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_RATE_VALUE_H_
