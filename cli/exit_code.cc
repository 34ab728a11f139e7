#include "cli/exit_code.h"

#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

// The status payload that holds an exit code as a decimal number.
constexpr absl::string_view kPayloadUrl = "vswitchctl/exit_code";

constexpr ExitCodeText kTexts[] = {
    {ExitCode::kDone, "done"},
    {ExitCode::kFailed, "the daemon refused or failed"},
    {ExitCode::kUsage, "usage: the words typed make no sense"},
    {ExitCode::kUnreachable, "no answer from the daemon: not running, timed out, or ended"},
    {ExitCode::kPermission, "permission denied on the daemon's socket"},
    {ExitCode::kNotFound, "not found"},
    {ExitCode::kAlreadyExists, "already exists"},
    {ExitCode::kUnhealthy, "doctor has found a problem"},
};

}  // namespace

std::span<const ExitCodeText> ExitCodeTexts() { return kTexts; }

absl::Status ErrorWithExitCode(ExitCode exit_code, absl::StatusCode code,
                               std::string_view message) {
  absl::Status status(code, std::string(message));
  status.SetPayload(kPayloadUrl, absl::Cord(StrCat(static_cast<int>(exit_code))));
  return status;
}

absl::Status UsageError(std::string_view message) {
  return ErrorWithExitCode(ExitCode::kUsage, absl::StatusCode::kInvalidArgument, message);
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return ExitCode::kDone;
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayloadUrl);
  int number = 0;
  if (payload.has_value() && absl::SimpleAtoi(std::string(*payload), &number)) {
    return static_cast<ExitCode>(number);
  }
  if (absl::IsNotFound(status)) return ExitCode::kNotFound;
  if (absl::IsAlreadyExists(status)) return ExitCode::kAlreadyExists;
  return ExitCode::kFailed;
}

}  // namespace vswitch
