#include "switch/port/port_device.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace vswitch {

absl::Status PortDevice::Apply(const PortSpec& next) {
  const uint32_t old_mtu = mtu();
  const bool other_mtu = next.mtu != 0 && next.mtu != spec().mtu;
  absl::Status status = other_mtu ? SetMtu(next.mtu) : absl::OkStatus();
  if (!status.ok()) return status;
  // Last what can be taken back least: of a TAP that had no owner it cannot. A port has a MAC
  // address or an owner to set, not both.
  if (next.mac != spec().mac) status = SetAddress(next.mac.value);
  if (status.ok() && next.owner != spec().owner) status = SetOwner(next.owner);
  if (!status.ok() && other_mtu) {
    const absl::Status undone = SetMtu(old_mtu);
    if (!undone.ok()) LOG(WARNING) << undone.message();
  }
  if (status.ok()) options_.spec = next;
  return status;
}

absl::Status PortDevice::DeviceWasDeleted() const {
  PortSpec made = spec();
  made.created |= owns_guest_tap();
  return vswitch::DeviceWasDeleted(made);
}

absl::Status PortDevice::SetAddress(uint64_t) {
  return absl::InvalidArgumentError(absl::StrCat(
      spec().name, " has no MAC address of its own: only ports of type=internal have"));
}

absl::Status PortDevice::SetOwner(uid_t) {
  return absl::InvalidArgumentError(
      absl::StrCat(spec().name, " has no owner: only ports of type=tap have"));
}

void PortDevice::DestroyTogether(std::vector<std::unique_ptr<PortDevice>> devices) {
  std::vector<LinkInfo> ephemeral;
  for (const auto& device : devices) {
    if (std::optional<LinkInfo> link = device->ephemeral_link()) {
      ephemeral.push_back(*std::move(link));
    }
  }
  absl::StatusOr<Links> links = Links::Open();
  const absl::Status status = links.ok() ? links->DeleteTogether(ephemeral) : links.status();
  // They go one by one then, with their queues.
  if (!status.ok()) LOG(WARNING) << status.message();
}

}  // namespace vswitch
