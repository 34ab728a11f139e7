// Turns "key=value" settings into the fields of a BridgeSpec or PortSpec and back. Keys, ranges and
// texts stand in one table per object (setting_table.cc).
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

// "key=value" pairs in the order given. The order does not matter.
using Settings = std::vector<std::pair<std::string, std::string>>;

enum class SettingsPhase {
  kCreate,  // The port is being added.
  kChange,  // It exists. Keys that shape a device when it is made can only be "set" to what they
            // are.
};

absl::Status ApplyBridgeSettings(const Settings& settings, BridgeSpec* spec);

// `caller` is the user who asks. In kCreate a tap port belongs to the caller unless owner= says
// otherwise; only uid 0 may name another user than itself.
absl::Status ApplyPortSettings(const Settings& settings, SettingsPhase phase, uid_t caller,
                               PortSpec* spec);

// Every setting that the object has, as the user would type it. Keys that do not apply to the type
// of the port are left out.
Settings FormatBridgeSettings(const BridgeSpec& spec);
Settings FormatPortSettings(const PortSpec& spec);

// Whether every value is in its range and applies to the type of the port. Names are not looked at.
absl::Status CheckBridgeSettings(const BridgeSpec& spec);
absl::Status CheckPortSettings(const PortSpec& spec);

struct SettingHelp {
  std::string key;
  std::string range;          // "10 to 1000000 seconds".
  std::string default_value;  // As typed; for owner "the caller".
  std::string help;
};
std::vector<SettingHelp> BridgeSettingsHelp();
std::vector<SettingHelp> PortSettingsHelp();

// "tap", "internal", "netdev".
std::string_view PortTypeName(PortType type);
// The user's name, or the number in decimal when the system knows no name for it.
std::string UserName(uid_t uid);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_SETTINGS_H_
