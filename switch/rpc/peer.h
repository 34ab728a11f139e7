// Who is at the other end of a connection, and whether he may be.
// Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_RPC_PEER_H_
#define VSWITCH_SWITCH_RPC_PEER_H_

#include <sys/types.h>

#include "absl/status/statusor.h"
#include "switch/core/caller.h"

namespace vswitch {

// Who connected `fd`.
// Allowed are root, the daemon's own user, and members of `group` by their primary group or a
// supplementary one. The mode of the socket says the same, but can be changed under us, and a
// process may have been handed the connection. Errors: PermissionDenied names the user and the
// cure; Unavailable.
absl::StatusOr<Caller> CheckPeer(int fd, gid_t group);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_RPC_PEER_H_
