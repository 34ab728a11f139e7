// type=netdev: a netdev that others made (an uplink, a veth) and its twin.
#ifndef VSWITCH_SWITCH_PORT_NETDEV_PORT_H_
#define VSWITCH_SWITCH_PORT_NETDEV_PORT_H_

#include <net/ethernet.h>

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "switch/base/unique_fd.h"
#include "switch/link/ethtool.h"
#include "switch/link/link.h"
#include "switch/port/twinned_port.h"

namespace vswitch {

class NetdevPort : public TwinnedPort {
 public:
  explicit NetdevPort(const Options& options) : TwinnedPort(options) {}
  ~NetdevPort() override;

  absl::Status Attach();
  bool is_of_others() const override { return true; }
  // The kernel takes frames up to MTU + Ethernet header, VLAN tags not counted (net/core/dev.c,
  // is_skb_forwardable). Guests and the host behind the other types decide for themselves what they
  // take, and a TAP carries anything up to 64 KiB, so this type alone has a limit.
  uint32_t max_frame_bytes() const override { return mtu() + ETH_HLEN; }
  uint64_t own_address() const override { return link().address; }
  std::optional<uint32_t> speed_mbps() const override { return ReadSpeed(link().name); }

 private:
  // For the end: up or down, with the MTU and large receive offload, as before.
  absl::Status Restore();
  absl::Status SetMtu(uint32_t mtu) override;
  absl::Status CheckUsable(Links& links, const LinkInfo& now) const override {
    return CheckNoMaster(links, now);
  }

  LinkInfo found_;  // As it was, for the end. ifindex 0: nothing was changed.
  // The MTU to go back to; not set while the netdev has one that others chose.
  std::optional<uint32_t> others_mtu_;
  bool had_lro_ = false;
  UniqueFd promiscuous_;  // While it is open, the netdev takes every frame.
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_PORT_NETDEV_PORT_H_
