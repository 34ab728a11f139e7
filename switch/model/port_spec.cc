#include "switch/model/port_spec.h"

#include "switch/base/word_list.h"

namespace vswitch {

std::string_view PortTypeName(PortType type) {
  switch (type) {
    case PortType::kTap:
      return "tap";
    case PortType::kInternal:
      return "internal";
    case PortType::kNetdev:
      return "netdev";
  }
  return "";
}

std::string PortTypeList(std::span<const PortType> types) {
  std::vector<std::string_view> names;
  for (const PortType type : types) names.push_back(PortTypeName(type));
  return WordList(names, "or");
}

PortSpec DeviceSpec(const BridgeSpec& bridge, const PortSpec& port) {
  PortSpec spec = port;
  if (spec.mtu == 0) spec.mtu = bridge.mtu;
  return spec;
}

}  // namespace vswitch
