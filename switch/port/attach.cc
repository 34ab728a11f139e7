// The only place that chooses by a port's type.
#include <unistd.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "switch/model/names.h"
#include "switch/port/internal_port.h"
#include "switch/port/leftovers.h"
#include "switch/port/netdev_port.h"
#include "switch/port/port_device.h"
#include "switch/port/port_mark.h"
#include "switch/port/tap_port.h"

namespace vswitch {
namespace {

// A port whose Attach() has failed cleans up after itself when it goes.
template <typename Port>
absl::StatusOr<std::unique_ptr<PortDevice>> AttachAs(const PortDevice::Options& options) {
  auto port = std::make_unique<Port>(options);
  const absl::Status status = port->Attach();
  if (!status.ok()) return status;
  return port;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PortDevice>> PortDevice::Attach(const Options& options) {
  const absl::Status status = CheckPortName(options.spec.name);
  if (!status.ok()) return status;
  switch (options.spec.type) {
    case PortType::kTap:
      return AttachAs<TapPort>(options);
    case PortType::kInternal:
      return AttachAs<InternalPort>(options);
    case PortType::kNetdev:
      return AttachAs<NetdevPort>(options);
  }
  return absl::InvalidArgumentError(absl::StrCat("port ", options.spec.name, " has no known type"));
}

absl::Status CheckMayMake(const PortSpec& spec, std::string_view switch_id) {
  absl::StatusOr<Links> links = Links::Open();
  if (!links.ok()) return links.status();
  if (!absl::IsNotFound(FindPortDevice(*links, spec.name).status())) return absl::OkStatus();
  // Another switch, in another namespace, may have a port of the same name: only what we made says
  // whose it is.
  const bool ours = spec.created || spec.type == PortType::kInternal;
  const std::string name = ours ? MadeName(switch_id, spec.name) : PortMarkOf(spec.name);
  if (const auto moved = links->FindElsewhere(name); moved.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the device '", moved->name, "' was moved to another network namespace: there, 'ip link ",
        "set ", moved->name, " netns ", getpid(), "' brings it back"));
  }
  return spec.type == PortType::kTap && !spec.created ? DeviceWasDeleted(spec) : absl::OkStatus();
}

absl::Status DeviceWasDeleted(const PortSpec& spec) {
  if (spec.type == PortType::kInternal) {
    return absl::NotFoundError(absl::StrCat("the device '", spec.name, "' was deleted, or ended ",
                                            "with its network namespace; it is made anew"));
  }
  if (spec.type != PortType::kTap || spec.created) {
    return absl::NotFoundError(
        absl::StrCat("the device '", spec.name, "' was deleted; the port comes back with it"));
  }
  return absl::NotFoundError(
      absl::StrCat("the TAP '", spec.name, "' is gone, and the switch had not made it: make it ",
                   "again ('ip tuntap add dev ", spec.name, " mode tap'), or delete the port and ",
                   "add it again, then the switch makes one"));
}

bool IsDeviceOf(std::string_view port, const LinkInfo& link) {
  return link.name == port || MarkedPort(link) == port;
}

}  // namespace vswitch
