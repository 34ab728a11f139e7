#include "switch/port/port_device.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
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

void PortDevice::DestroyTogether(std::vector<std::unique_ptr<PortDevice>> devices) {
  std::vector<LinkInfo> links;
  for (const auto& device : devices) {
    if (std::optional<LinkInfo> link = device->ephemeral_link()) links.push_back(*std::move(link));
  }
  absl::StatusOr<LinkControl> control = LinkControl::Open();
  const absl::Status status = control.ok() ? control->DeleteTogether(links) : control.status();
  // They go one by one then, with their queues.
  if (!status.ok()) LOG(WARNING) << status.message();
}

}  // namespace vswitch
