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

namespace vswitch {
namespace {

constexpr std::string_view kCure =
    "The file was left as it is: correct it, or move it away to start without bridges";

// `error` is an errno.
absl::Status FileError(int error, std::string_view doing, std::string_view path) {
  std::string message = StrCat("cannot ", doing, " ", path, ": ", strerror(error));
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(
          StrCat(message, ". Run vswitchd as root, or choose a state file that it may use"));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(
          StrCat(message, ". The old state is kept; make room and try again"));
    default:
      return absl::UnavailableError(message);
  }
}

// Splits into folder and name; "." where the path names no folder.
std::pair<std::string, std::string> Split(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

absl::Status CheckFile(const struct stat& info, std::string_view path) {
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(StrCat(path, " is not a regular file. ", kCure));
  }
  if ((info.st_uid != 0 && info.st_uid != geteuid()) || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::PermissionDeniedError(StrCat(
        path, " belongs to or can be written by another user, who could rule the switch with it. ",
        "If you trust it: chown ", geteuid(), " ", path, " && chmod 600 ", path));
  }
  if (info.st_size > static_cast<off_t>(kMaxStateBytes)) {
    return absl::FailedPreconditionError(StrCat(path, " has ", info.st_size,
                                                " bytes, more than the ", kMaxStateBytes,
                                                " allowed. ", kCure));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadAll(int fd, std::string_view path) {
  std::string text;
  char chunk[65536];
  while (true) {
    const ssize_t count = read(fd, chunk, sizeof(chunk));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError(errno, "read", path);
    if (count == 0) return text;
    text.append(chunk, count);
    if (text.size() > kMaxStateBytes) {
      return absl::FailedPreconditionError(StrCat(path, " grows while it is read"));
    }
  }
}

absl::Status WriteAll(int fd, std::string_view text, std::string_view path) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError(errno, "write", path);
    text.remove_prefix(count);
  }
  if (fsync(fd) != 0) return FileError(errno, "write", path);
  return absl::OkStatus();
}

// Opens the folder, making it when only its last part is missing.
absl::StatusOr<UniqueFd> OpenFolder(const std::string& folder) {
  if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
    // Nothing yet: a folder that exists on a read-only file system is reported here too, by opening
    // it.
    if (errno != EROFS && errno != EACCES && errno != EPERM) {
      return FileError(errno, "make the folder", folder);
    }
  }
  UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return FileError(errno, "open the folder", folder);
  return fd;
}

std::string StateId(const struct stat& folder, std::string_view name) {
  const uint64_t hash = TextHash(StrCat(folder.st_dev, " ", folder.st_ino, " ", name));
  return StrCat(absl::Hex(hash, absl::kZeroPad16));
}

// Makes `temporary` in `folder` with `text` in it, safe on disk.
absl::Status WriteTemporary(int folder, const std::string& temporary, std::string_view text,
                            std::string_view path) {
  // One that is already there is what a killed daemon left, or a trap: in either case the entry
  // goes and what a link points to stays.
  if (unlinkat(folder, temporary.c_str(), 0) != 0 && errno != ENOENT) {
    return FileError(errno, "replace", StrCat(path, ".tmp"));
  }
  UniqueFd fd(openat(folder, temporary.c_str(),
                     O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return FileError(errno, "create", StrCat(path, ".tmp"));
  absl::Status status = WriteAll(fd.get(), text, StrCat(path, ".tmp"));
  if (!status.ok()) unlinkat(folder, temporary.c_str(), 0);
  return status;
}

}  // namespace

absl::StatusOr<StateLock> StateLock::Take(const std::string& path) {
  const auto [folder_path, name] = Split(path);
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
  VSWITCH_RETURN_IF_ERROR(CheckFile(info, lock_path));
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
  // O_NONBLOCK: a FIFO must not hold the daemon up before fstat() can refuse it.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT) return Desired();
    if (errno == ELOOP) {
      return absl::FailedPreconditionError(
          StrCat(path, " is a symbolic link: give the path that it leads to"));
    }
    return FileError(errno, "open", path);
  }
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return FileError(errno, "read", path);
  VSWITCH_RETURN_IF_ERROR(CheckFile(info, path));
  const absl::StatusOr<std::string> text = ReadAll(fd.get(), path);
  if (!text.ok()) return text.status();
  absl::StatusOr<Desired> desired = StateFromJson(*text);
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

  const auto [folder_path, name] = Split(path);
  const absl::StatusOr<UniqueFd> folder = OpenFolder(folder_path);
  if (!folder.ok()) return folder.status();
  struct stat info;
  if (fstatat(folder->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
      !S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(
        StrCat(path, " is not a regular file any more: somebody replaced it. Move it away"));
  }
  const std::string temporary = name + ".tmp";
  VSWITCH_RETURN_IF_ERROR(WriteTemporary(folder->get(), temporary, text, path));
  if (renameat(folder->get(), temporary.c_str(), folder->get(), name.c_str()) != 0) {
    const int error = errno;
    unlinkat(folder->get(), temporary.c_str(), 0);
    return FileError(error, "replace", path);
  }
  if (fsync(folder->get()) != 0) {
    // The new state is in place for every process; only a power cut could bring the old one back.
    // An error would make the caller undo a change that a restart would then redo.
    PLOG(WARNING) << "cannot sync the folder of " << path;
  }
  return absl::OkStatus();
}

}  // namespace vswitch
