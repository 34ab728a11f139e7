// The desired state of the whole switch, as one value: copied, edited, compared, checked
// (check_state.h), kept on disk (state_file.h). It does not check itself: whoever edits it asks
// CheckState(). Thread-safety: a plain value.
#ifndef VSWITCH_SWITCH_MODEL_DESIRED_H_
#define VSWITCH_SWITCH_MODEL_DESIRED_H_

#include <string_view>
#include <vector>

#include "switch/model/port_spec.h"

namespace vswitch {

// A port and the bridge that it is on; false when there is none.
template <typename Bridge, typename Port>
struct FoundPortSpec {
  Bridge* bridge = nullptr;
  Port* port = nullptr;

  explicit operator bool() const { return port != nullptr; }
};

struct Desired {
  // In the order in which they were made, as their ports are.
  std::vector<BridgeSpec> bridges;

  // Null when there is none. Pointers hold until bridges or ports are added or removed.
  BridgeSpec* FindBridge(std::string_view name);
  const BridgeSpec* FindBridge(std::string_view name) const;
  // Among the ports of all bridges: a port's name is one switch's.
  FoundPortSpec<BridgeSpec, PortSpec> FindPort(std::string_view name);
  FoundPortSpec<const BridgeSpec, const PortSpec> FindPort(std::string_view name) const;

  friend bool operator==(const Desired&, const Desired&) = default;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_DESIRED_H_
