// Whether a desired state is one that could have been asked for, wherever it comes from: the state
// file, a verb's edit of a copy. Thread-safety: pure function.
#ifndef VSWITCH_SWITCH_MODEL_CHECK_STATE_H_
#define VSWITCH_SWITCH_MODEL_CHECK_STATE_H_

#include "absl/status/status.h"
#include "switch/model/desired.h"

namespace vswitch {

// Names valid and unique (a port's among all bridges), settings in range, at most kMaxPorts ports,
// static entries of unicast addresses on ports of their bridge, no more of them than the table
// holds, no address twice in a VLAN. InvalidArgument names the place: "bridges[0].ports[2]: ...".
absl::Status CheckState(const Desired& desired);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_CHECK_STATE_H_
