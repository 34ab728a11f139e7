// What `vswitchctl` tells the shell: scripts depend on these numbers, so they never change.
//
// An error inside the CLI is an absl::Status. Its code says what happened (and is the "status" that
// --json prints); its exit code follows from the code, unless the place that made the error knows
// better: the same INVALID_ARGUMENT is 2 when the words typed make no sense and 1 when the daemon
// refused a value.
#ifndef VSWITCH_CLI_EXIT_CODE_H_
#define VSWITCH_CLI_EXIT_CODE_H_

#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace vswitch {

enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kUnreachable = 3,
  kPermission = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kUnhealthy = 7,
};

struct ExitCodeText {
  ExitCode code;
  std::string_view text;
};

// Every exit code with its meaning in words, for help.
std::span<const ExitCodeText> ExitCodeTexts();

// An error whose exit code does not follow from its status code.
absl::Status ErrorWithExitCode(ExitCode exit_code, absl::StatusCode code, std::string_view message);

// The words typed make no sense: INVALID_ARGUMENT, exit code 2.
absl::Status UsageError(std::string_view message);

ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace vswitch

#endif  // VSWITCH_CLI_EXIT_CODE_H_
