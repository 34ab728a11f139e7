// What a setting is: a name, the text that its value is, and what there is to say about it. Text is
// the value: nobody but the row itself knows what type the field has, so a list of VLANs is a
// setting like a number of seconds.
//
// The reader of a key is one of a few: settings (what users type), setting_json (the state file and
// `show`), the command line's help. Thread-safety: immutable once made.
#ifndef VSWITCH_SWITCH_MODEL_SETTING_KEY_H_
#define VSWITCH_SWITCH_MODEL_SETTING_KEY_H_

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"
#include "switch/model/port_spec.h"

namespace vswitch {

// What a value is in JSON. kNumber: its text is a whole number, decimal or hexadecimal behind 0x,
// or empty, which is null.
enum class JsonForm { kNumber, kText };

// How a value is written and what it may be; made by the functions of setting_value.h.
template <typename Spec>
struct SettingValue {
  std::string allowed;  // "10 to 1000000 seconds": ends the sentence "give ...".
  JsonForm json = JsonForm::kText;
  // Reads the text into its own field of the spec and looks at no other. InvalidArgument says what
  // is wrong with the text, as in "is out of range", and changes nothing.
  std::function<absl::Status(std::string_view text, Spec* spec)> parse;
  // The field as text that `parse` reads back on any host. A field that no text could have made
  // becomes one that `parse` refuses.
  std::function<std::string(const Spec& spec)> format;
};

template <typename Spec>
struct SettingKey {
  std::string_view name;
  std::string_view placeholder;  // What help writes for the value: "SECONDS".
  std::string_view help;
  std::vector<PortType> applies_to = {};  // Empty: every type of port, or a bridge.
  bool creation_only = false;
  // Another way to write the field of another key, which alone the state file has.
  bool is_alias = false;
  // What it is unless given, in words; empty where the spec's own default is it.
  std::string_view default_words = {};
  SettingValue<Spec> value;

  // No text at all stands for what `defaults` has. InvalidArgument names key, text and what is
  // allowed. A user's name is looked up in the system's user database, which may block.
  absl::Status Parse(std::string_view text, Spec* spec, const Spec& defaults = {}) const {
    if (text.empty()) return value.parse(value.format(defaults), spec);
    const absl::Status status = value.parse(text, spec);
    if (status.ok()) return status;
    return absl::InvalidArgumentError(
        StrCat(name, "=", Printable(text, 40), " ", status.message(), ": give ", value.allowed));
  }
  std::string Format(const Spec& spec) const { return value.format(spec); }

  bool AppliesTo(PortType type) const {
    return applies_to.empty() || std::ranges::find(applies_to, type) != applies_to.end();
  }
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_SETTING_KEY_H_
