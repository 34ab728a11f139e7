#include "switch/rpc/listening_socket.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "switch/base/lock_file.h"
#include "switch/base/quote.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

// The kernel cuts it to net.core.somaxconn.
constexpr int kBacklog = 4096;

class ScopedUmask {
 public:
  explicit ScopedUmask(mode_t mask) : old_(umask(mask)) {}
  ~ScopedUmask() { umask(old_); }

 private:
  const mode_t old_;
};

absl::Status PathError(int error, std::string_view doing, std::string_view path) {
  const std::string message = StrCat("cannot ", doing, " ", path, ": ", strerror(error));
  if (error == EACCES || error == EPERM || error == EROFS) {
    return absl::PermissionDeniedError(
        StrCat(message, ". Run vswitchd as root, or choose another path"));
  }
  return absl::UnavailableError(message);
}

bool SameFile(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// Makes the folder of the socket where only its last part is missing, and refuses one in which
// another user could put his own socket in the place of ours.
absl::Status PrepareFolder(const std::string& folder) {
  {
    const ScopedUmask mask(022);
    if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES) {
      return PathError(errno, "make the folder", folder);
    }
  }
  struct stat info;
  if (lstat(folder.c_str(), &info) != 0) return PathError(errno, "use the folder", folder);
  if (S_ISLNK(info.st_mode)) {
    return absl::FailedPreconditionError(
        StrCat(folder, " is a symbolic link: give the path that it leads to"));
  }
  if (!S_ISDIR(info.st_mode)) {
    return absl::FailedPreconditionError(StrCat(folder, " is not a folder"));
  }
  const bool others_write = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool sticky = (info.st_mode & S_ISVTX) != 0;
  if ((info.st_uid != 0 && info.st_uid != geteuid()) || (others_write && !sticky)) {
    return absl::FailedPreconditionError(
        StrCat("other users may replace files in ", folder, ", so no socket there can be trusted: ",
               "choose another path, or chown ", geteuid(), " and chmod 755 the folder"));
  }
  return absl::OkStatus();
}

// Opens PATH.lock, makes sure that it is ours to trust, and locks it. nullopt: it was removed
// meanwhile.
absl::StatusOr<std::optional<UniqueFd>> TryLock(const std::string& path) {
  const std::string lock_path = path + ".lock";
  UniqueFd lock(
      open(lock_path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
  if (!lock) {
    if (errno == ELOOP) {
      return absl::FailedPreconditionError(StrCat(lock_path, " is a symbolic link: remove it"));
    }
    return PathError(errno, "open the lock", lock_path);
  }
  struct stat mine;
  if (fstat(lock.get(), &mine) != 0) return PathError(errno, "read the lock", lock_path);
  if (!S_ISREG(mine.st_mode) || mine.st_uid != geteuid()) {
    return absl::FailedPreconditionError(
        StrCat(lock_path, " was made by somebody else (uid ", mine.st_uid, "): remove it"));
  }
  if (const LockOutcome outcome = TakeLock(lock.get()); outcome.error == EWOULDBLOCK) {
    return absl::AlreadyExistsError(StrCat("another vswitchd (pid ",
                                           outcome.holder > 0 ? StrCat(outcome.holder) : "unknown",
                                           ") serves ", path, "; stop it or choose another path"));
  } else if (outcome.error != 0) {
    return PathError(outcome.error, "lock", lock_path);
  }
  // A daemon that ends removes the file before it unlocks it: then this lock guards nothing.
  struct stat there;
  if (lstat(lock_path.c_str(), &there) != 0 || !SameFile(mine, there)) return std::nullopt;
  if (!WriteLockPid(lock.get())) return PathError(errno, "write the lock", lock_path);
  return lock;
}

absl::StatusOr<UniqueFd> Lock(const std::string& path) {
  // Each round lost means that another daemon started and ended in between.
  for (int round = 0; round < 100; ++round) {
    absl::StatusOr<std::optional<UniqueFd>> lock = TryLock(path);
    if (!lock.ok()) return lock.status();
    if (lock->has_value()) return std::move(**lock);
  }
  return absl::UnavailableError(StrCat(path, ".lock changes all the time"));
}

sockaddr_un Address(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Makes room at the path: a socket that nobody serves is removed, anything else is an error.
// REQUIRES: the lock is held.
absl::Status RemoveStale(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? absl::OkStatus() : PathError(errno, "look at", path);
  }
  if (!S_ISSOCK(info.st_mode)) {
    return absl::FailedPreconditionError(
        StrCat(path, S_ISLNK(info.st_mode) ? " is a symbolic link" : " is not a socket",
               ": remove it or choose another path"));
  }
  // The lock only speaks for daemons of our kind. Whoever else listens there answers a connection.
  UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe) return PathError(errno, "probe", path);
  const sockaddr_un address = Address(path);
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
      errno != ECONNREFUSED) {
    ucred peer = {};
    socklen_t size = sizeof(peer);
    getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size);
    return absl::AlreadyExistsError(StrCat("another program (pid ",
                                           peer.pid > 0 ? StrCat(peer.pid) : "unknown", ") serves ",
                                           path, "; stop it or choose another path"));
  }
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return PathError(errno, "remove", path);
  return absl::OkStatus();
}

absl::StatusOr<gid_t> FindGroup(const std::string& name) {
  if (name.empty()) return getegid();
  gid_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && end == name.data() + name.size()) return number;
  std::vector<char> buffer(1024);
  group entry;
  group* found = nullptr;
  while (getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == ERANGE &&
         buffer.size() < 1024 * 1024) {
    buffer.resize(buffer.size() * 2);
  }
  if (found != nullptr) return found->gr_gid;
  return absl::InvalidArgumentError(StrCat("--socket_group=", Printable(name, 40),
                                           ": there is no such group; make it with groupadd"));
}

}  // namespace

absl::Status ListeningSocket::CheckPath(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (path.empty() || path[0] != '/' || slash + 1 == path.size() ||
      path.size() >= sizeof(sockaddr_un::sun_path) || path.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        StrCat("'", Printable(path, 120), "' must be the absolute path of a file, at most ",
               sizeof(sockaddr_un::sun_path) - 1, " bytes (sun_path)"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ListeningSocket> ListeningSocket::Listen(const std::string& path,
                                                        const std::string& group) {
  if (absl::Status status = CheckPath(path); !status.ok()) return status;
  const size_t slash = path.rfind('/');
  const absl::StatusOr<gid_t> gid = FindGroup(group);
  if (!gid.ok()) return gid.status();
  const std::string folder = slash == 0 ? "/" : path.substr(0, slash);
  if (absl::Status status = PrepareFolder(folder); !status.ok()) return status;
  absl::StatusOr<UniqueFd> lock = Lock(path);
  if (!lock.ok()) return lock.status();

  // From here on the destructor cleans up.
  ListeningSocket listening(path, *std::move(lock));
  if (absl::Status status = RemoveStale(path); !status.ok()) return status;
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return PathError(errno, "make a socket for", path);
  const sockaddr_un address = Address(path);
  {
    const ScopedUmask mask(0177);
    if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      return PathError(errno, "bind to", path);
    }
  }
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) return PathError(errno, "look at", path);
  listening.socket_ = std::move(fd);
  listening.group_ = *gid;
  listening.device_ = info.st_dev;
  listening.inode_ = info.st_ino;
  if (info.st_gid != *gid && lchown(path.c_str(), static_cast<uid_t>(-1), *gid) != 0) {
    return PathError(errno, StrCat("give group ", *gid, " the socket"), path);
  }
  if (chmod(path.c_str(), 0660) != 0) return PathError(errno, "set the mode of", path);
  // Nobody can connect before this.
  if (listen(listening.fd(), kBacklog) != 0) return PathError(errno, "listen on", path);
  return listening;
}

ListeningSocket::~ListeningSocket() {
  if (!lock_) return;  // Moved from.
  struct stat there;
  // While our socket is open its inode cannot be given to another file, so equal numbers mean ours.
  if (socket_ && lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ &&
      there.st_ino == inode_) {
    unlink(path_.c_str());
  }
  const std::string lock_path = path_ + ".lock";
  struct stat mine;
  if (fstat(lock_.get(), &mine) == 0 && lstat(lock_path.c_str(), &there) == 0 &&
      SameFile(mine, there)) {
    unlink(lock_path.c_str());
  }
}

}  // namespace vswitch
