// The words after a verb, read against the verb's signature. A signature is both what help prints
// and what the parser follows, so that the two cannot differ. Its words:
//
//   NAME               an argument that must be there
//   [NAME]             one that may; it may also stand before one that must ("[BR] PORT")
//   [NAME...]          any number more
//   [FILTER...]        any number more of free text: what has '=' and no key of ours is one too
//   key=value...       one or more settings, whose keys the daemon knows
//   [key=value...]     any number of them
//   [vlan=N]           a setting whose key we know
//   [--may-exist]      a flag that means something to this verb
//   [-w FILE]          likewise, one with a value
//   -- COMMAND [ARG...]   a command, untouched, after "--"
//
// A word with '=' is always a setting, so a forgotten name is told as such.
#ifndef VSWITCH_CLI_ARGUMENTS_H_
#define VSWITCH_CLI_ARGUMENTS_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace vswitch {

struct Arguments {
  std::vector<std::string> positional;
  std::vector<std::pair<std::string, std::string>> settings;  // No key twice.

  // The value of the setting `key`.
  std::optional<std::string> Setting(std::string_view key) const;
};

// Its views are of the text that it was read from.
struct Signature {
  std::vector<std::string_view> required;  // Names.
  size_t optional = 0;                     // How many more arguments there may be.
  bool any_number_more = false;
  // Words with a key that we do not know are arguments like any other.
  bool free_words = false;
  bool any_setting = false;
  bool needs_setting = false;
  std::vector<std::string_view> keys;   // Settings whose keys we know.
  std::vector<std::string_view> flags;  // Without the dashes: "may-exist".
  bool takes_command = false;
};

// REQUIRES: `text` follows the grammar above (a test reads every verb's).
Signature ParseSignature(std::string_view text);

// UsageError for too few or too many words, a setting without '=', an unknown key, a key given
// twice.
absl::StatusOr<Arguments> ParseArguments(const Signature& signature,
                                         std::span<const std::string> words);

}  // namespace vswitch

#endif  // VSWITCH_CLI_ARGUMENTS_H_
