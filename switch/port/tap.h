// Opens the queues of TAP devices: the ioctls of /dev/net/tun (drivers/net/tun.c), and where they
// are called.
//
// Every queue opened here carries a 12-byte little-endian virtio_net_hdr before each frame and
// takes frames with checksum and segmentation left to do, so that a 64 KiB frame crosses whole.
// Thread-safety: no state; any thread.
#ifndef VSWITCH_SWITCH_PORT_TAP_H_
#define VSWITCH_SWITCH_PORT_TAP_H_

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"
#include "switch/port/private_namespace.h"

namespace vswitch {

struct TapQueues {
  std::string name;  // As the kernel chose it, when a pattern was asked for.
  std::vector<UniqueFd> fds;
};

struct TapOpenOptions {
  std::string name;          // A name, or a pattern with one "%d".
  int queues = 1;            // How many to open.
  bool multi_queue = false;  // Whether the device is a multi-queue one; REQUIRES: if queues > 1.
  bool nonblocking = false;  // O_NONBLOCK on the queues.
  bool must_be_new = false;  // Unavailable (EBUSY) or AlreadyExists when the device exists.
  // Who alone may open further queues of it, as anybody may as long as a TAP has no owner
  // (tun_not_capable()).
  std::optional<uid_t> owner = {};
  // Where a new multi-queue TAP is made, out of the reach of others. Null, or where the process may
  // not have such a place: it is made in sight, and Unavailable if anybody was faster than we.
  PrivateNamespace* made_in = nullptr;
};

// Opens `queues` queues of a TAP, making the TAP if it does not exist; it then vanishes with its
// last queue. Unavailable when another process holds it (EBUSY).
absl::StatusOr<TapQueues> OpenTap(const TapOpenOptions& options);

// Makes a TAP that stays, for `owner` to open by name, and leaves it free. Unavailable (EBUSY) or
// AlreadyExists when the name exists. `mark`: called while the TAP would still go with this
// process; on error it goes.
absl::Status MakeGuestTap(const std::string& name, bool multi_queue, uid_t owner,
                          PrivateNamespace* made_in, const std::function<absl::Status()>& mark);

// Changes who may open an existing TAP. Holds one of its queues for a moment: its carrier flickers.
// Unavailable when a process has it open.
absl::Status SetTapOwner(const std::string& name, bool multi_queue, uid_t owner);

// Takes back what a persistent TAP keeps of the last program that had it open: offloads, header
// size and byte order, filters, steering, send buffer, debug messages; and gives it back to `owner`
// if that is set. Nobody else can open it meanwhile, some 20 us, and the carrier stays off.
// Unavailable when a process has it open.
absl::Status ResetTap(const std::string& name, bool multi_queue, std::optional<uid_t> owner);

// How many queues of the TAP processes have open and have not detached, also where netlink does
// not tell: of a single-queue TAP whose carrier its holder has set off. 0 when it cannot be known.
uint32_t EnabledQueues(const std::string& name);

// Whether the device of this queue still exists, wherever it was moved to; its name there.
bool TapExists(const UniqueFd& queue, std::string* name);

// An fd of the network namespace that the queue's device is in now; invalid on error.
UniqueFd TapNamespace(const UniqueFd& queue);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_TAP_H_
