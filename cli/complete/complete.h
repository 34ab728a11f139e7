// What can stand in place of the last word of a command line, for the shells' completion: verbs,
// flags, bridges, ports, keys and values. Where a word may stand its verb's signature says, which
// also parses it, and which help prints.
//
//   vswitchctl __complete add-port br0 vm0 type=
//
// prints a candidate a line, with a tab and a few words on it. A line that begins with ':' asks the
// shell itself: ":files", or ":command N" for the words from the Nth on (from 0).
// Thread-safety: one thread.
#ifndef VSWITCH_CLI_COMPLETE_COMPLETE_H_
#define VSWITCH_CLI_COMPLETE_COMPLETE_H_

#include <span>
#include <string>
#include <string_view>

namespace vswitch {

// The word that asks for it; no verb, so that help does not name it.
inline constexpr std::string_view kCompleteWord = "__complete";

// `words`: those behind "vswitchctl", the last of which is to be completed and may be empty. Never
// an error: what cannot be understood has no candidates.
std::string Complete(std::span<const std::string> words);

}  // namespace vswitch

#endif  // VSWITCH_CLI_COMPLETE_COMPLETE_H_
