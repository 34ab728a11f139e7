// The desired state on disk: one JSON file (state_json.h), replaced as a whole. Whenever the daemon
// or the machine dies, the file holds the state before or after a save, never a mixture.
//
// Who may read and write it: mode 0600. A file that somebody else owns or may write is refused,
// because who writes it decides what the switch does to the host's devices.
//
// Thread-safety: one thread at a time. One process at a time: the daemon's lock on its control
// socket does not cover two daemons that use different sockets and the same file. Limits:
// kMaxStateBytes. Errors name the file, the place in it and the cure, and loading changes nothing.
#ifndef VSWITCH_SWITCH_MODEL_STATE_FILE_H_
#define VSWITCH_SWITCH_MODEL_STATE_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/model/desired.h"

namespace vswitch {

// 4,096 ports and 400,000 static entries fit.
inline constexpr size_t kMaxStateBytes = 64 * 1024 * 1024;

// No file: no bridges. Errors: InvalidArgument (damaged: cut short, wrong type, out of range, a
// name twice, unknown version), FailedPrecondition (a symbolic link, not a regular file, too
// large), PermissionDenied (we may not read it, or others may write it), Unavailable (I/O). A
// caller that got an error must not save to this path: that would lose what the file holds.
absl::StatusOr<Desired> LoadStateFile(const std::string& path);

// Writes PATH.tmp beside the file, syncs it, renames it over the file and syncs the folder, which
// it makes (0755) where only its last part is missing. On error the old file is untouched. Errors:
// InvalidArgument (a state that LoadStateFile() would refuse), FailedPrecondition (something that
// is no regular file stands at the path), ResourceExhausted (too large, disk full),
// PermissionDenied, Unavailable.
absl::Status SaveStateFile(const std::string& path, const Desired& desired);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_STATE_FILE_H_
