#include "switch/model/state_file.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "switch/base/lock_file.h"
#include "switch/base/return_if_error.h"
#include "switch/base/str_cat.h"
#include "switch/base/text_hash.h"
#include "switch/base/unique_fd.h"
#include "switch/model/check_state.h"
#include "switch/model/state_json.h"
#include "switch/model/trusted_file.h"

namespace vswitch {
namespace {

constexpr std::string_view kCure =
    "The file was left as it is: correct it, or move it away to start without bridges";

constexpr TrustedFileOptions kStateFile = {.max_bytes = kMaxStateBytes, .cure = kCure};

std::string StateId(const struct stat& folder, std::string_view name) {
  const uint64_t hash = TextHash(StrCat(folder.st_dev, " ", folder.st_ino, " ", name));
  return StrCat(absl::Hex(hash, absl::kZeroPad16));
}

}  // namespace

absl::StatusOr<StateLock> StateLock::Take(const std::string& path) {
  const auto [folder_path, name] = SplitPath(path);
  const absl::StatusOr<UniqueFd> folder = OpenFolder(folder_path);
  if (!folder.ok()) return folder.status();
  struct stat info;
  if (fstat(folder->get(), &info) != 0) return FileError(errno, "look at", folder_path);
  StateLock lock;
  lock.id_ = StateId(info, name);
  const std::string lock_path = path + ".lock";
  lock.fd_ = UniqueFd(openat(folder->get(), (name + ".lock").c_str(),
                             O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!lock.fd_) {
    // Nobody can save there, so nobody can overwrite what another saves.
    if (errno == EROFS) return lock;
    return FileError(errno, "open the lock", lock_path);
  }
  if (fstat(lock.fd_.get(), &info) != 0) return FileError(errno, "look at", lock_path);
  VSWITCH_RETURN_IF_ERROR(CheckTrusted(info, lock_path, kStateFile));
  if (const LockOutcome outcome = TakeLock(lock.fd_.get()); outcome.error == EWOULDBLOCK) {
    return absl::AlreadyExistsError(
        StrCat("another vswitchd (pid ", outcome.holder > 0 ? StrCat(outcome.holder) : "unknown",
               ") uses the state file ", path, ": stop it, or choose another --state"));
  } else if (outcome.error != 0) {
    return FileError(outcome.error, "lock", lock_path);
  }
  if (!WriteLockPid(lock.fd_.get())) return FileError(errno, "write", lock_path);
  return lock;
}

absl::StatusOr<Desired> LoadStateFile(const std::string& path) {
  const auto text = ReadTrusted(path, kStateFile);
  if (!text.ok()) return text.status();
  if (!text->has_value()) return Desired();
  absl::StatusOr<Desired> desired = StateFromJson(**text);
  if (!desired.ok()) {
    return absl::InvalidArgumentError(StrCat(path, ": ", desired.status().message(), ". ", kCure));
  }
  return desired;
}

absl::Status SaveStateFile(const std::string& path, const Desired& desired) {
  if (absl::Status status = CheckState(desired); !status.ok()) {
    return absl::InvalidArgumentError(StrCat(
        "the change would leave a state that no start accepts: ", StdView(status.message())));
  }
  const std::string text = StateToJson(desired);
  if (text.size() > kMaxStateBytes) {
    return absl::ResourceExhaustedError(StrCat(
        path, " would have ", text.size(), " bytes, more than the ", kMaxStateBytes, " allowed"));
  }

  return ReplaceFile(path, text);
}

}  // namespace vswitch
