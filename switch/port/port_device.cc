#include "switch/port/port_device.h"

#include "absl/strings/str_cat.h"
#include "switch/model/names.h"
#include "switch/port/port_types.h"

namespace vswitch {

absl::StatusOr<std::unique_ptr<PortDevice>> PortDevice::Attach(const Options& options) {
  absl::Status status = CheckPortName(options.spec.name);
  if (!status.ok()) return status;
  switch (options.spec.type) {
    case PortType::kTap:
      return AttachTapPort(options);
    case PortType::kInternal:
      return AttachInternalPort(options);
    case PortType::kNetdev:
      return AttachNetdevPort(options);
  }
  return absl::InvalidArgumentError(absl::StrCat("port ", options.spec.name, " has no known type"));
}

}  // namespace vswitch
