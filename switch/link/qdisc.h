// The queueing disciplines of a netdev. Thread-safety: any thread.
#ifndef VSWITCH_SWITCH_LINK_QDISC_H_
#define VSWITCH_SWITCH_LINK_QDISC_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "switch/link/link.h"
#include "switch/link/netlink.h"

namespace vswitch {

struct QdiscInfo {
  std::string kind;      // "noqueue", "tbf", "clsact"...
  uint64_t dropped = 0;  // Frames, since it is there.
  uint32_t handle = 0;
  // Somebody has chosen it: the kernel's own choice has no handle.
  bool is_chosen() const { return handle != 0; }
};

// From an RTM_NEWQDISC or RTM_DELQDISC; kind "" when it is none.
QdiscInfo ParseQdisc(nlmsghdr* header);

// Where frames wait on their way out. Nullopt where none do: of a netdev that is down and has never
// had one, for example.
absl::StatusOr<std::optional<QdiscInfo>> FindRootQdisc(const LinkInfo& link);
// Whether the netdev transmits as it should: without a queue, or as somebody has chosen.
absl::StatusOr<bool> QdiscIsSettled(const LinkInfo& link);
// Of kind "clsact" or "ingress", what filters are on.
absl::StatusOr<std::optional<QdiscInfo>> FindIngressQdisc(const LinkInfo& link);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_LINK_QDISC_H_
