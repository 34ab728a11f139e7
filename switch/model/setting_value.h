// The ways in which settings are written: a number with a range, a mask, a word, a user, a MAC
// address. A row of the table (setting_table.cc) takes one of them and the field that it is for.
// Thread-safety: pure functions, but for UserValue(), which asks the system's user database.
#ifndef VSWITCH_SWITCH_MODEL_SETTING_VALUE_H_
#define VSWITCH_SWITCH_MODEL_SETTING_VALUE_H_

#include <sys/types.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "mac_table/mac_address.h"
#include "switch/model/setting_key.h"

namespace vswitch {

struct NumberRange {
  // Both ends included.
  uint64_t min = 0;
  uint64_t max = 0;
  // Every how many a number is allowed, from 0 on.
  uint64_t step = 1;
  // "seconds"; empty for a bare number.
  std::string_view unit = {};
  // What 0 asks for where it is outside of the range; else empty.
  std::string_view zero_means = {};
};

// Digits only; with `hexadecimal` also hexadecimal ones behind 0x.
std::optional<uint64_t> ReadWholeNumber(std::string_view text, bool hexadecimal);

// What is wrong is in the errors' words as SettingValue::parse has them.
absl::StatusOr<uint64_t> ReadNumber(std::string_view text, const NumberRange& range);
absl::StatusOr<uint64_t> ReadMask(std::string_view text, uint64_t max);
absl::StatusOr<PortType> ReadPortType(std::string_view text);
absl::StatusOr<bool> ReadSwitch(std::string_view text);
absl::StatusOr<uid_t> ReadUser(std::string_view text);

absl::StatusOr<MacAddress> ReadMac(std::string_view text);

std::string AllowedNumbers(const NumberRange& range);
std::string AllowedMasks(uint64_t max);
std::string AllowedPortTypes();
std::string AllowedUsers();

std::string MaskText(uint64_t mask);
std::string PortTypeText(PortType type);
std::string MacText(MacAddress mac);

namespace setting_value_internal {

// `read` turns text into the value of `field`.
template <typename Spec, typename Field, typename Read>
auto Parser(Field Spec::*field, Read read) {
  return [field, read](std::string_view text, Spec* spec) -> absl::Status {
    const auto value = read(text);
    if (!value.ok()) return value.status();
    spec->*field = static_cast<Field>(*value);
    return absl::OkStatus();
  };
}

}  // namespace setting_value_internal

// A whole number. REQUIRES: the field holds range.max.
template <typename Spec, typename Field>
SettingValue<Spec> NumberValue(Field Spec::*field, const NumberRange& range) {
  return {.allowed = AllowedNumbers(range),
          .json = JsonForm::kNumber,
          .parse = setting_value_internal::Parser(
              field, [range](std::string_view text) { return ReadNumber(text, range); }),
          .format = [field](const Spec& spec) { return StrCat(spec.*field); }};
}

// Bits, read in decimal or hexadecimal and shown in the latter.
template <typename Spec, typename Field>
SettingValue<Spec> MaskValue(Field Spec::*field) {
  constexpr uint64_t kMax = std::numeric_limits<Field>::max();
  return {.allowed = AllowedMasks(kMax),
          .json = JsonForm::kNumber,
          .parse = setting_value_internal::Parser(
              field, [](std::string_view text) { return ReadMask(text, kMax); }),
          .format = [field](const Spec& spec) { return MaskText(spec.*field); }};
}

// tap, internal, netdev.
template <typename Spec>
SettingValue<Spec> PortTypeValue(PortType Spec::*field) {
  return {.allowed = AllowedPortTypes(),
          .json = JsonForm::kText,
          .parse = setting_value_internal::Parser(field, ReadPortType),
          .format = [field](const Spec& spec) { return PortTypeText(spec.*field); }};
}

// on, off.
template <typename Spec>
SettingValue<Spec> SwitchValue(bool Spec::*field) {
  return {.allowed = "on or off",
          .json = JsonForm::kText,
          .parse = setting_value_internal::Parser(field, ReadSwitch),
          .format = [field](const Spec& spec) { return spec.*field ? "on" : "off"; }};
}

// One of some words, the first of which stands for what no text could have made.
template <typename Spec, typename Field>
SettingValue<Spec> WordValue(Field Spec::*field,
                             std::vector<std::pair<std::string_view, Field>> words) {
  std::string allowed;
  for (const auto& [word, value] : words) {
    const bool is_last = word == words.back().first;
    allowed += StrCat(allowed.empty() ? "" : is_last ? " or " : ", ", word);
  }
  return {.allowed = allowed,
          .json = JsonForm::kText,
          .parse = setting_value_internal::Parser(
              field,
              [words](std::string_view text) -> absl::StatusOr<Field> {
                for (const auto& [word, value] : words) {
                  if (word == text) return value;
                }
                return absl::InvalidArgumentError("is none of them");
              }),
          .format = [field, words](const Spec& spec) {
            for (const auto& [word, value] : words) {
              if (value == spec.*field) return std::string(word);
            }
            return std::string(words.front().first);
          }};
}

// A unicast MAC address, or no text for none.
template <typename Spec>
SettingValue<Spec> MacValue(MacAddress Spec::*field) {
  return {.allowed = "a unicast address, such as 02:00:00:00:00:01, or nothing for the default",
          .json = JsonForm::kText,
          .parse = setting_value_internal::Parser(field, ReadMac),
          .format = [field](const Spec& spec) { return MacText(spec.*field); }};
}

// A user's name or number; kept and formatted as the number, which means the same on every host.
template <typename Spec>
SettingValue<Spec> UserValue(uid_t Spec::*field) {
  return {.allowed = AllowedUsers(),
          .json = JsonForm::kNumber,
          .parse = setting_value_internal::Parser(field, ReadUser),
          .format = [field](const Spec& spec) { return StrCat(spec.*field); }};
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_SETTING_VALUE_H_
