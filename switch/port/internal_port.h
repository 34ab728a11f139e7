// type=internal: a TAP whose queues we hold; its netdev is the host's, or a container's to which
// the user has moved it.
//
// Moving changes what can be known: no link events come from there, and the netdev's index and
// even name may differ. So the device is always found by way of our queue: its namespace
// (TUNGETDEVNETNS), its name there (TUNGETIFF), then netlink with that namespace's id.
#ifndef VSWITCH_SWITCH_PORT_INTERNAL_PORT_H_
#define VSWITCH_SWITCH_PORT_INTERNAL_PORT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"
#include "switch/link/link.h"
#include "switch/port/device_checks.h"
#include "switch/port/port_device.h"

namespace vswitch {

class InternalPort : public PortDevice {
 public:
  explicit InternalPort(const Options& options) : PortDevice(options) {}

  absl::Status Attach();

  std::span<const UniqueFd> queues() const override { return queues_; }
  int ifindex() const override { return ifindex_; }
  const std::string& name() const override { return link_.name; }
  bool link_up() const override { return problem().ok() && (moved() || link_.running()); }
  std::string down_detail() const override { return WhyDown(link_, "it has no carrier"); }
  absl::Status problem() const override { return problem_; }
  std::string note() const override { return moved() ? "" : WhyRenamed(link_, spec().name); }
  std::optional<LinkInfo> ephemeral_link() const override;
  uint32_t mtu() const override { return link_.mtu; }
  void Refresh() override;
  KernelDrops ReadKernelDrops() override;

 private:
  absl::Status SetMtu(uint32_t mtu) override;
  bool moved() const { return link_.namespace_id != LinkInfo::kOwnNamespace; }
  absl::Status OpenQueues(Links& links);
  // Where the device is now, and how it is.
  absl::StatusOr<LinkInfo> Locate(Links& links) const;

  std::vector<UniqueFd> queues_;
  LinkInfo link_;
  int ifindex_ = 0;  // In our namespace.
  uint64_t tx_dropped_before_ = 0;
  bool adopted_ = false;
  absl::Status problem_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_INTERNAL_PORT_H_
