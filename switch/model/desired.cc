#include "switch/model/desired.h"

#include <utility>

namespace vswitch {

const BridgeSpec* Desired::FindBridge(std::string_view name) const {
  for (const BridgeSpec& bridge : bridges) {
    if (bridge.name == name) return &bridge;
  }
  return nullptr;
}

BridgeSpec* Desired::FindBridge(std::string_view name) {
  return const_cast<BridgeSpec*>(std::as_const(*this).FindBridge(name));
}

FoundPortSpec<const BridgeSpec, const PortSpec> Desired::FindPort(std::string_view name) const {
  for (const BridgeSpec& bridge : bridges) {
    for (const PortSpec& port : bridge.ports) {
      if (port.name == name) return {&bridge, &port};
    }
  }
  return {};
}

FoundPortSpec<BridgeSpec, PortSpec> Desired::FindPort(std::string_view name) {
  const auto found = std::as_const(*this).FindPort(name);
  return {const_cast<BridgeSpec*>(found.bridge), const_cast<PortSpec*>(found.port)};
}

}  // namespace vswitch
