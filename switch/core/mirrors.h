// What mirrors mean for the ports that they name. Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_CORE_MIRRORS_H_
#define VSWITCH_SWITCH_CORE_MIRRORS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "switch/core/caller.h"
#include "switch/model/port_spec.h"

namespace vswitch {

// By which mirror the port is kept off the fast path; empty: by none.
std::string WhyMirrored(const BridgeSpec& bridge, std::string_view port);

// Of a port that leaves the bridge. FailedPrecondition when it is a target.
absl::Status LeaveMirrors(BridgeSpec* bridge, std::string_view port, const Caller& caller);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_MIRRORS_H_
