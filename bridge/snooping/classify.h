// What a frame to a group address is to a bridge that snoops: the data path's glance, which checks
// no more than that it reads nothing beyond the frame. What the frame says is read by
// group_message.h, in the control thread.
#ifndef VSWITCH_BRIDGE_SNOOPING_CLASSIFY_H_
#define VSWITCH_BRIDGE_SNOOPING_CLASSIFY_H_

#include "bridge/snooping/group_address.h"
#include "bridge/wire/frame_bytes.h"

namespace vswitch {

enum class GroupTraffic {
  // No IP, or a group that is flooded in any case.
  kFlooded,
  // To `group`.
  kData,
  // IGMP or MLD of hosts: joins and leaves. For routers (RFC 4541, 2.1.1).
  kReport,
  // Of routers: IGMP or MLD queries, PIM hellos. For everybody.
  kRouter,
};

struct GroupFrame {
  GroupTraffic traffic = GroupTraffic::kFlooded;
  MappedAddress group;
};

// Behind four VLAN tags at most. REQUIRES: the frame was parsed.
GroupFrame Classify(const FrameBytes& frame);

// Of an IPv6 header at `ip`, of which `bytes` are there: where what it carries begins, behind a
// hop-by-hop header if there is one, and what that is. `upper` is 0 when it cannot be read.
struct Ipv6Payload {
  uint32_t offset = 0;
  uint8_t upper = 0;
};
Ipv6Payload FindIpv6Payload(const uint8_t* ip, uint32_t bytes);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SNOOPING_CLASSIFY_H_
