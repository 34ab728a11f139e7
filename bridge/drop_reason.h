// Why a frame, or a copy of one, went no further. One list gives the enum and the text that
// `vswitchctl stats` shows; `side` says whose port counts it.
#ifndef VSWITCH_BRIDGE_DROP_REASON_H_
#define VSWITCH_BRIDGE_DROP_REASON_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vswitch {

// X(enumerator, text). Counted on the ingress port:
#define VSWITCH_INGRESS_DROP_REASONS(X)                                                           \
  X(kRunt, "runt")                           /* under 14 bytes: CVE-2024-41090 */                 \
  X(kTruncated, "truncated")                 /* did not fit the ingress buffer */                 \
  X(kBadOffloadHeader, "bad_offload_header") /* virtio_net_hdr that lies: see offload_header.h */ \
  X(kSourceGroup, "source_group")            /* a multicast or broadcast source */                \
  X(kSourceZero, "source_zero")              /* source 00:00:00:00:00:00, as Linux does */        \
  X(kVlanReserved, "vlan_reserved")          /* VID 4095: IEEE 802.1Q, table 9-2 */               \
  X(kLinkLocalReserved, "link_local_reserved") /* 01-80-C2-00-00-0X, see group_fwd_mask */        \
  X(kSamePort, "same_port")                    /* filtered: the destination is on this port */    \
  X(kNoEgressPort, "no_egress_port")           /* a flood with nobody to flood to */              \
  X(kFloodLimit, "flood_limit")              /* more to flood than the switch can, see flood.h */ \
  X(kPortRemoved, "port_removed")            /* read while its port was being removed */          \
  X(kIngressQueueFull, "ingress_queue_full") /* lost in the kernel before the switch read it */
// Counted on the egress port:
#define VSWITCH_EGRESS_DROP_REASONS(X)                                                          \
  X(kEgressDown, "egress_down")            /* no guest has the TAP open, or its link is down */ \
  X(kExceedsMtu, "exceeds_mtu")            /* longer than the egress device takes */            \
  X(kEgressQueueFull, "egress_queue_full") /* the guest does not empty its queue */             \
  X(kEgressError, "egress_error")          /* the kernel refused the write */

enum class DropReason : uint8_t {
#define VSWITCH_X(name, text) name,
  VSWITCH_INGRESS_DROP_REASONS(VSWITCH_X) VSWITCH_EGRESS_DROP_REASONS(VSWITCH_X)
#undef VSWITCH_X
      kCount,
  kNone = 0xff,
};

inline constexpr size_t kDropReasonCount = static_cast<size_t>(DropReason::kCount);

inline constexpr std::array<std::string_view, kDropReasonCount> kDropReasonText = {
#define VSWITCH_X(name, text) text,
    VSWITCH_INGRESS_DROP_REASONS(VSWITCH_X) VSWITCH_EGRESS_DROP_REASONS(VSWITCH_X)
#undef VSWITCH_X
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_DROP_REASON_H_
