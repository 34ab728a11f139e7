#include "switch/model/trusted_file.h"

#include <fcntl.h>
#include <glog/logging.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "switch/base/return_if_error.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

absl::StatusOr<std::string> ReadAll(int fd, std::string_view path, size_t max_bytes) {
  std::string text;
  char chunk[65536];
  while (true) {
    const ssize_t count = read(fd, chunk, sizeof(chunk));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError(errno, "read", path);
    if (count == 0) return text;
    text.append(chunk, count);
    if (text.size() > max_bytes) {
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

absl::Status FileError(int error, std::string_view doing, std::string_view path) {
  std::string message = StrCat("cannot ", doing, " ", path, ": ", strerror(error));
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(
          StrCat(message, ". Run vswitchd as root, or choose a path that it may use"));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(
          StrCat(message, ". The old file is kept; make room and try again"));
    default:
      return absl::UnavailableError(message);
  }
}

absl::Status CheckTrusted(const struct stat& info, std::string_view path,
                          const TrustedFileOptions& options) {
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(StrCat(path, " is not a regular file. ", options.cure));
  }
  if ((info.st_uid != 0 && info.st_uid != geteuid()) || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return absl::PermissionDeniedError(StrCat(
        path, " belongs to or can be written by another user, who could rule the switch with it. ",
        "If you trust it: chown ", geteuid(), " ", path, " && chmod 600 ", path));
  }
  if (info.st_size > static_cast<off_t>(options.max_bytes)) {
    return absl::FailedPreconditionError(StrCat(path, " has ", info.st_size,
                                                " bytes, more than the ", options.max_bytes,
                                                " allowed. ", options.cure));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> ReadTrusted(const std::string& path,
                                                       const TrustedFileOptions& options) {
  // O_NONBLOCK: a FIFO must not hold the daemon up before fstat() can refuse it.
  UniqueFd fd(open(path.c_str(),
                   O_RDONLY | O_NONBLOCK | O_CLOEXEC | (options.follow_links ? 0 : O_NOFOLLOW)));
  if (!fd) {
    if (errno == ENOENT) return std::nullopt;
    if (errno == ELOOP && !options.follow_links) {
      return absl::FailedPreconditionError(
          StrCat(path, " is a symbolic link: give the path that it leads to"));
    }
    return FileError(errno, "open", path);
  }
  struct stat info;
  if (fstat(fd.get(), &info) != 0) return FileError(errno, "read", path);
  VSWITCH_RETURN_IF_ERROR(CheckTrusted(info, path, options));
  absl::StatusOr<std::string> text = ReadAll(fd.get(), path, options.max_bytes);
  if (!text.ok()) return text.status();
  return *std::move(text);
}

std::pair<std::string, std::string> SplitPath(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

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

absl::Status ReplaceFile(const std::string& path, std::string_view text) {
  const auto [folder_path, name] = SplitPath(path);
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
