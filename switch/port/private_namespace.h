// A network namespace of the daemon's own, in which a multi-queue TAP is made before others can
// reach it. /dev/net/tun is open to all, and until a TAP has an owner any local user may open a
// queue of it, with which he takes a share of its frames. So it is made there, given an owner and
// all of its queues, and then moved to where it is used. (A single-queue TAP needs none of this:
// whoever makes it has its only queue.)
//
// Made at its first use, and gone with the process and the queues that were opened in it.
// Thread-safety: one thread at a time; it is moved there and back. Limits: needs CAP_SYS_ADMIN; a
// move takes some 18 ms, in which the kernel waits for its readers and lets nobody else change a
// link.
#ifndef VSWITCH_SWITCH_PORT_PRIVATE_NAMESPACE_H_
#define VSWITCH_SWITCH_PORT_PRIVATE_NAMESPACE_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"
#include "switch/link/link.h"

namespace vswitch {

class PrivateNamespace {
 public:
  // Runs `body` with the calling thread in there. PermissionDenied, and nothing has run, when this
  // process may not have a namespace of its own.
  absl::Status Run(const std::function<void()>& body);

  // An index that a netdev of the calling thread's namespace has, 0 when there is none but the
  // loopback device. A netdev that is made in here with it gets a new one by its move. Its own
  // would stay if free, and be that of a device that was deleted once: to such the program that a
  // killed daemon has left on a TAP still redirects.
  absl::StatusOr<int> TakenIndex();

  // Moves a netdev from there to the calling thread's namespace, under the name `new_name`, or the
  // first that is free of a pattern with "%d". AlreadyExists when the name is taken.
  absl::Status MoveOut(const std::string& name, const std::string& new_name);

 private:
  absl::Status Make();

  UniqueFd namespace_;
  std::optional<Links> links_;
  int taken_index_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_PRIVATE_NAMESPACE_H_
