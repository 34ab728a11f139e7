// Mirrors: from what a user types, and what may be together on one bridge.
// Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_MODEL_MIRRORS_H_
#define VSWITCH_SWITCH_MODEL_MIRRORS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/model/port_spec.h"
#include "switch/model/settings.h"

namespace vswitch {

// "ingress", "egress", "both".
std::string_view MirrorDirectionName(MirrorDirection direction);
absl::StatusOr<MirrorDirection> ReadMirrorDirection(std::string_view text);

// Of src=PORT,...|all, dir=, vlan= and to=PORT; src and to must be there, the others may be empty.
// InvalidArgument.
absl::StatusOr<MirrorSpec> ReadMirror(std::string_view name, const Settings& settings);

// The ports' names, or "all" alone: no port is called so.
std::vector<std::string> MirrorSourceNames(const MirrorSpec& mirror);

// Whether the mirror copies what the port sends or is sent. "all" leaves out targets.
bool IsSourceOf(const MirrorSpec& mirror, const BridgeSpec& bridge, std::string_view port);

// Whether one of the bridge's mirrors copies to the port.
bool IsMirrorTarget(const BridgeSpec& bridge, std::string_view port);

// That ports are the bridge's and there once, names too, that no target is a source (which would be
// a loop), and that there are no more than kMaxMirrors. InvalidArgument, AlreadyExists,
// ResourceExhausted.
absl::Status CheckMirrors(const BridgeSpec& bridge);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_MIRRORS_H_
