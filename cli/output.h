// What a program of the command line does with its standard output.
// Thread-safety: one thread.
#ifndef VSWITCH_CLI_OUTPUT_H_
#define VSWITCH_CLI_OUTPUT_H_

#include <string_view>

#include "absl/status/status.h"

namespace vswitch {

// Writes all of `text` at once. When its reader has gone, as in "show | head -1", this process ends
// as others do then: by SIGPIPE, without a word, also where whoever started it ignores that signal.
// Unknown: why it cannot be written, in words.
absl::Status WriteOut(std::string_view text);

}  // namespace vswitch

#endif  // VSWITCH_CLI_OUTPUT_H_
