// Whether a netdev is free to become a port of type=netdev. The port takes every frame that the
// device receives: what else lives on them, a macvlan, a VLAN, the host's own addresses, would fall
// silent without a word. That is asked when the port is added, not when a daemon starts again: what
// came later is told (in the log), and the guests keep their uplink.
// Thread-safety: control thread.
#ifndef VSWITCH_SWITCH_PORT_UPLINK_CHECKS_H_
#define VSWITCH_SWITCH_PORT_UPLINK_CHECKS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace vswitch {

// FailedPrecondition, with the command that cures it, when others would fall silent or the device
// cannot carry guests' frames. Else what works but may surprise, a sentence each. It is the device
// of port `port`, whatever it is called now. A netdev that is not there, or no netdev for this type
// at all, is Attach()'s to refuse.
absl::StatusOr<std::vector<std::string>> CheckUplink(const std::string& port);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_UPLINK_CHECKS_H_
