// Files that decide what the switch does to the host's devices: read only if nobody else could have
// written them, and replaced as a whole. Thread-safety: pure functions of the file system.
#ifndef VSWITCH_SWITCH_MODEL_TRUSTED_FILE_H_
#define VSWITCH_SWITCH_MODEL_TRUSTED_FILE_H_

#include <sys/stat.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

// What `error`, an errno, means: PermissionDenied, ResourceExhausted, Unavailable.
absl::Status FileError(int error, std::string_view doing, std::string_view path);

struct TrustedFileOptions {
  size_t max_bytes = 0;
  // Where a symbolic link leads is not asked for, only who owns what it leads to.
  bool follow_links = false;
  // Ends the message about a file that will not do.
  std::string_view cure;
};

// FailedPrecondition: no regular file, or too large; PermissionDenied: another user's, or can be
// written by others.
absl::Status CheckTrusted(const struct stat& info, std::string_view path,
                          const TrustedFileOptions& options);

// Nullopt: there is none. Errors: as CheckTrusted(), also for a link that is not to be followed;
// Unavailable (I/O).
absl::StatusOr<std::optional<std::string>> ReadTrusted(const std::string& path,
                                                       const TrustedFileOptions& options);

// Splits into folder and name; "." where the path names no folder.
std::pair<std::string, std::string> SplitPath(const std::string& path);

// Opens the folder, making it (0755) when only its last part is missing.
absl::StatusOr<UniqueFd> OpenFolder(const std::string& folder);

// Writes PATH.tmp (0600) beside the file, syncs it, renames it over the file and syncs the folder.
// On error the old file is untouched. FailedPrecondition: what stands there is no regular file;
// else as FileError().
absl::Status ReplaceFile(const std::string& path, std::string_view text);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_TRUSTED_FILE_H_
