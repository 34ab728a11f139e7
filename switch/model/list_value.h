// Lists as values of settings, their members separated by commas: words of a few, MAC addresses, IP
// addresses and prefixes. Read in any order and formatted in one, each member once.
// Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_MODEL_LIST_VALUE_H_
#define VSWITCH_SWITCH_MODEL_LIST_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "bridge/wire/ip_prefix.h"
#include "mac_table/mac_address.h"
#include "switch/model/setting_key.h"
#include "switch/model/setting_value.h"

namespace vswitch {

// Each frame may be held against each member.
inline constexpr size_t kMaxListed = 256;

// Bit n stands for words[n]. What is wrong is in the errors' words as SettingValue::parse has them.
absl::StatusOr<uint64_t> ReadWordSet(std::string_view text,
                                     std::span<const std::string_view> words);
absl::StatusOr<std::vector<MacAddress>> ReadMacList(std::string_view text);
absl::StatusOr<std::vector<IpPrefix>> ReadIpList(std::string_view text);

std::string WordSetText(uint64_t set, std::span<const std::string_view> words);
std::string MacListText(const std::vector<MacAddress>& macs);
// RFC 5952 for IPv6; without the length where the prefix is an address.
std::string IpListText(const std::vector<IpPrefix>& ips);

std::string AllowedWordSets(std::span<const std::string_view> words);
std::string AllowedMacLists();
std::string AllowedIpLists();

// A set of `words`, which outlive the value. REQUIRES: the field has a bit for each.
template <typename Spec, typename Field>
SettingValue<Spec> WordSetValue(Field Spec::*field, std::span<const std::string_view> words) {
  return {.allowed = AllowedWordSets(words),
          .json = JsonForm::kText,
          .parse = setting_value_internal::Parser(
              field, [words](std::string_view text) { return ReadWordSet(text, words); }),
          .format = [field, words](const Spec& spec) { return WordSetText(spec.*field, words); }};
}

template <typename Spec>
SettingValue<Spec> MacListValue(std::vector<MacAddress> Spec::*field) {
  return {.allowed = AllowedMacLists(),
          .json = JsonForm::kText,
          .parse = setting_value_internal::Parser(field, ReadMacList),
          .format = [field](const Spec& spec) { return MacListText(spec.*field); }};
}

template <typename Spec>
SettingValue<Spec> IpListValue(std::vector<IpPrefix> Spec::*field) {
  return {.allowed = AllowedIpLists(),
          .json = JsonForm::kText,
          .parse = setting_value_internal::Parser(field, ReadIpList),
          .format = [field](const Spec& spec) { return IpListText(spec.*field); }};
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_LIST_VALUE_H_
