// The veth pair of a port of type=internal. The user's end has the port's name and is the user's:
// he may rename it and move it to any network namespace. The host end, `vswi0`, stays with us; what
// there is to know of the port is on it: the port's mark (port_mark.h) and a made-name
// (leftovers.h).
//
// Both ends are made in one request, and marked in the next. Whoever is killed between the two
// leaves a host end that its MAC address tells to be ours: it is derived from the port.
//
// Thread-safety: control thread.
#ifndef VSWITCH_SWITCH_PORT_VETH_PAIR_H_
#define VSWITCH_SWITCH_PORT_VETH_PAIR_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "switch/link/link.h"
#include "switch/model/port_spec.h"

namespace vswitch {

// The MAC address that the user's end has unless another is asked for, the first octet highest: a
// hash of this machine's /etc/machine-id, the switch and the port's name, as a unicast address that
// is locally administered. The same whenever it is made, and another on any other machine.
absl::StatusOr<uint64_t> DerivedAddress(std::string_view switch_id, std::string_view port);

// The host end of this port. NotFound: there is none, and its name is free; else why there cannot
// be one.
absl::StatusOr<LinkInfo> FindHostEnd(Links& links, std::string_view switch_id,
                                     const std::string& port);

// Makes the pair, and answers the host end. Both are down.
absl::StatusOr<LinkInfo> MakeVethPair(Links& links, std::string_view switch_id,
                                      const PortSpec& spec);

// The port that this netdev is the unmarked host end of; empty when it is none.
std::string UnmarkedHostEndOf(Links& links, std::string_view switch_id, const LinkInfo& link);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_VETH_PAIR_H_
