// The settings of a bridge or a port as members of a JSON object, in the table's order: `show` and
// the state file. Thread-safety: pure functions; the user database is not asked.
#ifndef VSWITCH_SWITCH_MODEL_SETTING_JSON_H_
#define VSWITCH_SWITCH_MODEL_SETTING_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/status.h"
#include "switch/model/port_spec.h"

namespace vswitch {

// Sets a member for each key, those included that do not apply to the type of the port. A member
// that is there already keeps its place.
void WriteSettings(const BridgeSpec& spec, nlohmann::ordered_json* object);
void WriteSettings(const PortSpec& spec, nlohmann::ordered_json* object);
// Only those that are not what they are by default.
void WriteChangedSettings(const BridgeSpec& spec, nlohmann::ordered_json* object);
void WriteChangedSettings(const PortSpec& spec, nlohmann::ordered_json* object);

// Reads the members that are there and leaves the others as they are. InvalidArgument names the
// place and what is allowed. REQUIRES: `object` is an object.
absl::Status ReadSettings(const nlohmann::json& object, const std::string& place, BridgeSpec* spec);
absl::Status ReadSettings(const nlohmann::json& object, const std::string& place, PortSpec* spec);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_SETTING_JSON_H_
