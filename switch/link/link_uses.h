// What else a netdev is used for: what would starve when its frames go elsewhere, and what sees
// them first. Asked of the kernel by route netlink. It knows nothing of ports.
//
// Devices above it are looked for in every network namespace that a process is in or that has a
// name in /run/netns: a container's macvlan is there. Takes some 10 ms where 1,000 processes run.
// Thread-safety: any thread; of the calling thread's network namespace. Limits: a namespace that
// nobody is in and that has no name is not seen, nor one that we may not look into.
#ifndef VSWITCH_SWITCH_LINK_LINK_USES_H_
#define VSWITCH_SWITCH_LINK_LINK_USES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "switch/link/link.h"

namespace vswitch {

struct LinkUses {
  struct Upper {
    std::string name;
    std::string kind;   // "macvlan", "vlan"...
    std::string where;  // Empty: here; else the namespace, in words.
  };
  // Netdevs that get their frames from it.
  std::vector<Upper> uppers;
  // "10.0.0.1/24"; those of IPv6 that every device has (fe80::) left out.
  std::vector<std::string> addresses;
  // An XDP program of any mode.
  bool xdp = false;
  // tc filters but for those with the handle asked for; a block that is shared with other devices
  // counts as one of ingress.
  bool ingress_filters = false;
  bool egress_filters = false;
  // "passthru", "bridge"...; empty unless it is a macvlan itself.
  std::string macvlan_mode;
};

// NotFound when the netdev is gone. `own_filters` is the handle of tc filters that do not count.
absl::StatusOr<LinkUses> FindLinkUses(const LinkInfo& link, uint32_t own_filters);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LINK_LINK_USES_H_
