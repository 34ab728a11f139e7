// The path of the control socket: claimed for this process alone, listened on, and left clean.
//
// PATH.lock, flock()ed while the daemon lives, decides who serves PATH. The kernel frees the lock
// however the daemon ends, so a lock that can be had means that a socket file at PATH is a
// leftover, and only then is it replaced. Before anything is made, what stands at the path is
// looked at without following links: only a socket that nobody serves goes.
//
// A daemon that was killed or ends holds the lock until its devices are gone: it is waited for
// (switch/base/lock_file.h).
//
// Modes: the folder is made 0755 where missing; the lock file 0600; the socket is bound under umask
// 0177 and opened to 0660 after it has its group, so it never had more than that.
//
// Thread-safety: control thread only. Listen() changes the process's umask for a moment: call it
// before other threads make files.
#ifndef VSWITCH_SWITCH_RPC_LISTENING_SOCKET_H_
#define VSWITCH_SWITCH_RPC_LISTENING_SOCKET_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/lock_file.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

class ListeningSocket {
 public:
  // `path` is absolute, at most 107 bytes (sun_path). `group` is a group's name or number that may
  // use the socket; empty: the daemon's own group. Errors: AlreadyExists (another daemon, with its
  // pid; or another program's socket), InvalidArgument (path, group), FailedPrecondition (a
  // symbolic link or another kind of file in the way, a folder that others may write),
  // PermissionDenied, Unavailable. Nothing is left behind.
  static absl::StatusOr<ListeningSocket> Listen(const std::string& path, const std::string& group);

  // InvalidArgument: `path` is none that Listen() could ever take. Touches nothing.
  static absl::Status CheckPath(const std::string& path);

  // Removes the socket and the lock, each only if it is still the one that we made.
  ~ListeningSocket();
  ListeningSocket(ListeningSocket&& other) = default;
  ListeningSocket& operator=(ListeningSocket&&) = delete;

  // A daemon that starts here waits until we have ended.
  void MarkEnding() { MarkLockEnding(lock_.get()); }

  // Non-blocking, close-on-exec.
  int fd() const { return socket_.get(); }
  const std::string& path() const { return path_; }
  // The group of the socket.
  gid_t group() const { return group_; }

 private:
  ListeningSocket(std::string path, UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  UniqueFd lock_;  // Closed last: until then nobody else can be at the path.
  UniqueFd socket_;
  gid_t group_ = 0;
  dev_t device_ = 0;  // Of the socket's file.
  ino_t inode_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_LISTENING_SOCKET_H_
