// Which stations may send from a port: part of the second stage, admission, and asked only of ports
// that have such a rule.
#ifndef VSWITCH_BRIDGE_SOURCE_RULES_H_
#define VSWITCH_BRIDGE_SOURCE_RULES_H_

#include <span>

#include "bridge/pass.h"

namespace vswitch {

// Drops frames of `run`, which are of one port, whose source may not be there, before they teach:
//   locked         the port is, and the source has no static entry at it (Linux: BR_PORT_LOCKED in
//                  br_handle_frame_finish(), where a sticky or a learned one will do as well)
//   mac_flapping   the source has moved too often, and is held at another port (move_limiter.h)
void AdmitSources(Pass& pass, std::span<Frame> run);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_SOURCE_RULES_H_
