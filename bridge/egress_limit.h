// Whether a port takes a frame of this length, with this done to its tags; asked for every copy.
#ifndef VSWITCH_BRIDGE_EGRESS_LIMIT_H_
#define VSWITCH_BRIDGE_EGRESS_LIMIT_H_

#include "bridge/forwarding_config.h"
#include "bridge/frame.h"
#include "bridge/wire/offload_header.h"

namespace vswitch {

inline bool ExceedsLimit(const Frame& frame, const PortForwarding& port, TagEdit edit) {
  // Most frames are short enough as they are, and a tag more does not count; only a longer one is
  // worth a second look.
  return port.max_frame_bytes != 0 && frame.ethernet_length() > port.max_frame_bytes &&
         WireBytes(frame, edit) > port.max_frame_bytes;
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_EGRESS_LIMIT_H_
