// type=internal: a veth pair (veth_pair.h). The host end is served like any netdev; the user's end
// is the host's own, or a container's to which the user has moved it, and outlives us.
//
// No link event comes from another network namespace but that of the host end's carrier. What the
// user changes there is seen when somebody looks: HasChangedElsewhere().
#ifndef VSWITCH_SWITCH_PORT_INTERNAL_PORT_H_
#define VSWITCH_SWITCH_PORT_INTERNAL_PORT_H_

#include <net/ethernet.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "switch/link/link.h"
#include "switch/port/twinned_port.h"

namespace vswitch {

class InternalPort : public TwinnedPort {
 public:
  explicit InternalPort(const Options& options) : TwinnedPort(options) {}
  ~InternalPort() override;

  absl::Status Attach();
  absl::StatusOr<bool> Forget(bool force) override;
  const std::string& name() const override { return user_end_.name; }
  bool IsConcernedBy(const LinkInfo& link) const override {
    return TwinnedPort::IsConcernedBy(link) || (!moved() && link.ifindex == user_end_.ifindex);
  }
  bool HasChangedElsewhere(Links& links) const override;
  std::string down_detail() const override;
  std::string note() const override;
  uint64_t address() const override { return user_end_.address; }
  // The host end has the MTU of the user's end, behind which the kernel takes no longer frames.
  uint32_t max_frame_bytes() const override { return mtu() + ETH_HLEN; }
  bool has_guard() const override { return true; }
  // The kernel hands nothing over within one network namespace.
  uint64_t peer_address() const override { return moved() ? user_end_.address : 0; }

 private:
  absl::Status CheckUsable(Links& links, const LinkInfo& now) const override;
  void Keep(Links& links, LinkInfo* now) override;
  absl::Status SetMtu(uint32_t mtu) override;
  absl::Status SetAddress(uint64_t address) override;
  absl::Status Configure(Links& links);
  bool moved() const { return user_end_.namespace_id != LinkInfo::kOwnNamespace; }

  LinkInfo user_end_;      // As last seen.
  bool created_ = false;   // By this Attach.
  bool attached_ = false;  // Attach has succeeded.
  bool deleted_ = false;   // By Forget().
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_INTERNAL_PORT_H_
