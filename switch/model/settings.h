// Puts "key=value" settings into the fields of a BridgeSpec or PortSpec. Keys, ranges and texts
// stand in one table per object (setting_table.cc).
//
// Thread-safety: pure functions, but for the user database that owner=NAME is looked up in (it may
// block). Errors: InvalidArgument (unknown key, with the nearest one and the list; bad value, with
// the range; a key given twice, or for another type of port, or too late), PermissionDenied
// (owner). On any error nothing is changed.
#ifndef VSWITCH_SWITCH_MODEL_SETTINGS_H_
#define VSWITCH_SWITCH_MODEL_SETTINGS_H_

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "switch/model/port_spec.h"

namespace vswitch {

// "key=value" pairs in the order given. The order does not matter. A key without a value is put
// back to what it is by default.
using Settings = std::vector<std::pair<std::string, std::string>>;

enum class SettingsPhase {
  // The port is being added.
  kCreate,
  // It exists. Keys that shape a device when it is made can only be "set" to what they are.
  kChange,
};

absl::Status ApplyBridgeSettings(const Settings& settings, BridgeSpec* spec);

// `caller` is the user who asks. In kCreate a tap port belongs to the caller unless owner= says
// otherwise; only uid 0 may name another user than itself.
absl::Status ApplyPortSettings(const Settings& settings, SettingsPhase phase, uid_t caller,
                               PortSpec* spec);

// Whether a bridge or port that exists has what is asked for: of each setting given, the value that
// `spec` has, or `shown`, which tells what the device has where nothing was asked of it.
// AlreadyExists names what differs.
absl::Status CheckBridgeHas(const Settings& settings, const BridgeSpec& spec);
absl::Status CheckPortHas(const Settings& settings, const PortSpec& spec, const PortSpec& shown);

// Whether every value is in its range and applies to the type of the port. Names are not looked at.
absl::Status CheckBridgeSettings(const BridgeSpec& spec);
absl::Status CheckPortSettings(const PortSpec& spec);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_SETTINGS_H_
