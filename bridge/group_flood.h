// Where a frame to a group goes on a bridge that snoops (RFC 4541, 2.1.1 and 2.1.2).
#ifndef VSWITCH_BRIDGE_GROUP_FLOOD_H_
#define VSWITCH_BRIDGE_GROUP_FLOOD_H_

#include <vector>

#include "bridge/frame.h"
#include "bridge/snooping/group_map.h"

namespace vswitch {

// The ports that it is for, or null: for everybody. Some of them may be down or have left.
//   a group that somebody has joined   its members and router ports
//   one that nobody has joined         everybody, or router ports, as configured
//   hosts' reports and leaves          router ports; everybody where none is known and nobody of us
//                                      asks: whoever does may be silent now
//   all else, and a station's frames   everybody
const std::vector<PortId>* PortsOfGroup(const GroupMap& groups, const Frame& frame);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_GROUP_FLOOD_H_
