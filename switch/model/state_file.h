// The desired state on disk: one JSON file (state_json.h), replaced as a whole. Whenever the daemon
// or the machine dies, the file holds the state before or after a save, never a mixture.
//
// Who may read and write it: mode 0600. A file that somebody else owns or may write is refused,
// because who writes it decides what the switch does to the host's devices.
//
// Thread-safety: one thread at a time; one process at a time, which holds the StateLock. Limits:
// kMaxStateBytes. Errors name the file, the place in it and the cure, and loading changes nothing.
#ifndef VSWITCH_SWITCH_MODEL_STATE_FILE_H_
#define VSWITCH_SWITCH_MODEL_STATE_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/lock_file.h"
#include "switch/base/unique_fd.h"
#include "switch/model/desired.h"

namespace vswitch {

// 4,096 ports and 400,000 static entries fit.
inline constexpr size_t kMaxStateBytes = 64 * 1024 * 1024;

// A daemon's hold on its state file, against a second one that would overwrite what it saves. The
// lock is on PATH.lock beside the file, which is replaced with each save. That file stays.
class StateLock {
 public:
  // A daemon that is torn down or ends is waited for (lock_file.h). AlreadyExists, with its pid,
  // when another one lives; else PermissionDenied, ResourceExhausted, Unavailable. A folder on a
  // read-only file system needs no lock.
  static absl::StatusOr<StateLock> Take(const std::string& path);

  // Tells this state file from all others of the machine, as long as that is up: 16 digits and
  // letters.
  const std::string& id() const { return id_; }

  // A daemon that wants the file waits until we have ended.
  void MarkEnding() { MarkLockEnding(fd_.get()); }

 private:
  StateLock() = default;

  UniqueFd fd_;
  std::string id_;
};

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
