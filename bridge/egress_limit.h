// Whether a port takes a frame of this length, with this done to its tags, and now; asked for every
// copy.
#ifndef VSWITCH_BRIDGE_EGRESS_LIMIT_H_
#define VSWITCH_BRIDGE_EGRESS_LIMIT_H_

#include "bridge/forwarding_config.h"
#include "bridge/pass.h"
#include "bridge/police.h"
#include "bridge/wire/offload_header.h"

namespace vswitch {

inline bool ExceedsLimit(const Frame& frame, const PortForwarding& port, TagEdit edit) {
  // Most frames are short enough as they are, and a tag more does not count; only a longer one is
  // worth a second look.
  return port.max_frame_bytes != 0 && frame.ethernet_length() > port.max_frame_bytes &&
         WireBytes(frame, edit) > port.max_frame_bytes;
}

// Takes the copy's part of the port's rate. Asked last, of what leaves if it may.
inline bool ExceedsRate(const Pass& pass, const Frame& frame, const PortForwarding& port,
                        TagEdit edit) {
  return port.police != nullptr && port.police->has_egress() &&
         !port.police->MayLeave(frame, edit, pass.now_ns);
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_EGRESS_LIMIT_H_
