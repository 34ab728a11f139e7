// The only place that chooses by a port's type.
#include <net/if.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "switch/model/names.h"
#include "switch/port/internal_port.h"
#include "switch/port/netdev_port.h"
#include "switch/port/port_device.h"
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

bool OthersMustMakeIt(const PortSpec& spec) {
  return spec.type == PortType::kTap && !spec.created && if_nametoindex(spec.name.c_str()) == 0;
}

bool ComesBackByItself(const PortSpec& spec) { return spec.type != PortType::kNetdev; }

}  // namespace vswitch
