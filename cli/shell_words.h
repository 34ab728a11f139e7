// Lines of commands read as a shell reads words: quotes, backslashes, comments; nothing expands.
// No packaged library does that and no more: wordexp() expands variables and file names, and GLib
// is large. Thread-safety: pure functions.
#ifndef VSWITCH_CLI_SHELL_WORDS_H_
#define VSWITCH_CLI_SHELL_WORDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace vswitch {

// The words of one line. Blanks part them; '...' holds anything, "..." anything but \ before one of
// \ " $ `, which stands for that; elsewhere \ makes the next character an ordinary one; # at the
// start of a word begins a comment. InvalidArgument: a quote is not closed, or a \ is the last.
absl::StatusOr<std::vector<std::string>> ShellWords(std::string_view line);

}  // namespace vswitch

#endif  // VSWITCH_CLI_SHELL_WORDS_H_
