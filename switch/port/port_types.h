// The three kinds of PortDevice, each in a file of its own; PortDevice::Attach chooses.
#ifndef VSWITCH_SWITCH_PORT_PORT_TYPES_H_
#define VSWITCH_SWITCH_PORT_PORT_TYPES_H_

#include <memory>

#include "absl/status/statusor.h"
#include "switch/port/port_device.h"

namespace vswitch {

// REQUIRES: options.spec.name is a valid name.
absl::StatusOr<std::unique_ptr<PortDevice>> AttachTapPort(const PortDevice::Options& options);
absl::StatusOr<std::unique_ptr<PortDevice>> AttachInternalPort(const PortDevice::Options& options);
absl::StatusOr<std::unique_ptr<PortDevice>> AttachNetdevPort(const PortDevice::Options& options);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_PORT_TYPES_H_
