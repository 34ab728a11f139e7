// What all port types have in common: a netdev, its twin, and what was last seen of them.
// Thread-safety: control thread only.
#ifndef VSWITCH_SWITCH_PORT_TWINNED_PORT_H_
#define VSWITCH_SWITCH_PORT_TWINNED_PORT_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/link/link.h"
#include "switch/port/device_checks.h"
#include "switch/port/port_device.h"
#include "switch/port/port_mark.h"
#include "switch/port/qdisc_drops.h"
#include "switch/port/twin.h"

namespace vswitch {

class TwinnedPort : public PortDevice {
 public:
  std::span<const UniqueFd> queues() const override { return twin_.queues(); }
  int ifindex() const override { return link_.ifindex; }
  const std::string& name() const override { return link_.name; }
  bool IsConcernedBy(const LinkInfo& link) const override {
    return link.ifindex == link_.ifindex || !twin_.IsSound(link);
  }
  bool link_up() const override { return problem_.ok() && link_.running(); }
  std::string down_detail() const override { return WhyDown(link_, "it has no carrier"); }
  absl::Status problem() const override { return problem_; }
  std::string note() const override;
  int twin_ifindex() const override { return twin_.link().ifindex; }
  std::optional<LinkInfo> ephemeral_link() const override;
  uint32_t mtu() const override { return link_.mtu; }
  void Refresh() override;
  void OnGone() override { problem_ = DeviceWasDeleted(); }
  absl::StatusOr<std::string> Mend() override;
  bool is_settled() const override { return twin_.is_settled(); }
  void Settle() override { twin_.Settle(link_); }
  bool hooks_in_place() const override { return twin_.IsJoined(); }
  KernelDrops ReadKernelDrops() override;
  void OnQdiscGone(const QdiscInfo& gone) override { qdisc_drops_.OnGone(gone); }
  uint64_t lost_before() const override { return tx_dropped_before_; }

 protected:
  explicit TwinnedPort(Options options) : PortDevice(std::move(options)) {}

  absl::Status SetMtu(uint32_t mtu) override;
  const LinkInfo& link() const { return link_; }
  // The netdev, as it is before Attach changes anything.
  void SetLink(LinkInfo link);
  // Makes the twin and marks the netdev as the port's; after SetLink.
  absl::Status Join(Links& links);
  // Whether the netdev, as it is now, may be a port's.
  virtual absl::Status CheckUsable(Links& links, const LinkInfo& now) const = 0;
  // Puts back what others changed of the netdev, as it is now, and what is not theirs to change.
  virtual void Keep(Links&, LinkInfo*) {}
  // Whether the netdev is there, with its mark or without.
  bool is_there() const { return !absl::IsNotFound(problem_) || twin_.GuardsOther(); }
  // The programs keep their places on the netdev; see Twin.
  void LeaveIdle() { twin_.LeaveIdle(); }
  // The mark outlives the object.
  void KeepMark() { mark_.Keep(); }

 private:
  absl::Status Look(Links& links);
  void LookForFilters(Links& links);

  LinkInfo link_;
  // Somebody filters what enters the netdev, to no avail.
  bool has_idle_filters_ = false;
  uint64_t tx_dropped_before_ = 0;
  QdiscDrops qdisc_drops_;
  KernelDrops drops_;  // As last read.
  absl::Status problem_;
  PortMark mark_;
  Twin twin_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_TWINNED_PORT_H_
