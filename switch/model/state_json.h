// The desired state as the text of the state file, and back: pure functions, no file.
//
//   {"version": 1,
//    "bridges": [
//      {"name": "br0", "ageing_s": 300, "fdb_entries": 65536, "group_fwd_mask": 0,
//       "fast_path": "on",
//       "ports": [{"name": "vm0", "type": "tap", "owner": 1000, "mtu": 0, "mac": "", "queues": 1,
//                  "txqueuelen": 1000, "fast_path": "on", "created": true}],
//       "static_entries": [{"mac": "52:54:00:12:34:56", "vlan": 0, "port": "vm0"}]}]}
//
// Settings may be missing and then have their defaults, so that a later release can add some;
// names, version, "bridges" and the members of static entries may not. What is not known is
// refused, never skipped: it would be lost with the next save.
//
// Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_MODEL_STATE_JSON_H_
#define VSWITCH_SWITCH_MODEL_STATE_JSON_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/model/desired.h"

namespace vswitch {

inline constexpr int kStateVersion = 1;

// REQUIRES: CheckState(desired).ok().
std::string StateToJson(const Desired& desired);

// InvalidArgument names the place, what is wrong and what would be right. Whatever it accepts
// passes CheckState() (check_state.h).
absl::StatusOr<Desired> StateFromJson(std::string_view text);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_STATE_JSON_H_
