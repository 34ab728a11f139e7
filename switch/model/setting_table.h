// The keys of a bridge and of a port: one table each. Parsing, error texts, `get`, the state file
// and the range checks all read these tables, so that none of them can disagree. Thread-safety:
// immutable.
#ifndef VSWITCH_SWITCH_MODEL_SETTING_TABLE_H_
#define VSWITCH_SWITCH_MODEL_SETTING_TABLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/model/port_spec.h"

namespace vswitch {

// How a value is written. Every value is a whole number inside.
enum class SettingForm {
  kDecimal,
  kMask,      // Shown in hexadecimal; read in either.
  kPortType,  // tap, internal, netdev.
  kUser,      // A user's name or number.
};

template <typename Spec>
struct SettingKey {
  std::string_view name;
  SettingForm form;
  uint64_t min = 0;  // The range, both ends included. kPortType and kUser need none of it in words.
  uint64_t max = 0;
  std::string_view unit;          // "seconds"; empty for a bare number.
  std::string_view zero_meaning;  // What 0 asks for where it is outside of the range; else empty.
  bool tap_only = false;
  bool creation_only = false;
  std::string_view help;
  uint64_t (*get)(const Spec&);
  void (*set)(Spec&, uint64_t);  // REQUIRES: CheckValue() accepts the value.
};

std::span<const SettingKey<BridgeSpec>> BridgeKeys();
std::span<const SettingKey<PortSpec>> PortKeys();

// "10 to 1000000 seconds", "tap, internal or netdev": ends the sentence "give ...".
template <typename Spec>
std::string RangeText(const SettingKey<Spec>& key);

// InvalidArgument, with RangeText(), when the number is out of range.
template <typename Spec>
absl::Status CheckValue(const SettingKey<Spec>& key, uint64_t value);

// Reads and checks what stands after the '='. InvalidArgument names key, value and range. A user's
// name is looked up in the system's user database, which may block.
template <typename Spec>
absl::StatusOr<uint64_t> ParseValue(const SettingKey<Spec>& key, std::string_view text);

// What ParseValue() would read as `value`.
template <typename Spec>
std::string FormatValue(const SettingKey<Spec>& key, uint64_t value);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_SETTING_TABLE_H_
