// Which ports a frame may leave by, for PipelineModel: the slow and obvious way.
#ifndef VSWITCH_BRIDGE_TESTING_MODEL_EGRESS_H_
#define VSWITCH_BRIDGE_TESTING_MODEL_EGRESS_H_

#include <cstddef>

#include "bridge/forwarding_config.h"
#include "bridge/frame.h"

namespace vswitch {

inline bool ModelIsTarget(const ForwardingConfig& config, size_t port) {
  return config.ports[port].is_mirror_target;
}

inline bool ModelAreIsolated(const ForwardingConfig& config, size_t one, size_t other) {
  return config.ports[one].isolated && config.ports[other].isolated;
}

inline bool ModelTakesFlood(const Frame& frame, const PortForwarding& port) {
  const MacAddress destination = frame.destination.mac();
  if (destination.value == 0xffffffffffff) return port.bcast_flood;
  return destination.IsGroup() ? port.mcast_flood : port.flood;
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_MODEL_EGRESS_H_
