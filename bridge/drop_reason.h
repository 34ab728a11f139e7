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
//   runt                 under 14 bytes: CVE-2024-41090
//   unreadable           the kernel could not hand it over: its offload metadata, as of a tunnel,
//                        has no place in a virtio_net_hdr
//   truncated            did not fit the ingress buffer
//   bad_offload_header   a virtio_net_hdr that lies: see wire/offload_header.h
//   source_group         a multicast or broadcast source
//   source_zero          source 00:00:00:00:00:00, as Linux does
//   vlan_reserved        VID 4095, where some port of the bridge has VLAN settings: IEEE 802.1Q,
//                        table 9-2
//   vlan_stack           a priority tag in front of another, on a port with VLAN settings
//   vlan_not_allowed     a VLAN that the port does not take
//   link_local_reserved  01-80-C2-00-00-0X, see group_fwd_mask
//   consumed             it was for the switch itself, see trap.h
//   loop_blocked         from or for a port that the loop guard has blocked
//   guard_mac ...        what the port's guard does not let pass, see port_guard.h
//   storm_... ingress_rate  more than the port may send, see police.h
//   stp_discarding       from or for a port that the spanning tree has discarding: IEEE
//                        802.1D-2004, 7.4
//   stp_learning         from a port that only learns as yet
//   bpdu_blocked         from or for a port with bpdu_guard=on that has heard a BPDU
//   locked               from a locked port, and its source has no static entry there
//   mac_flapping         its source has moved too often and is held at another port
//   same_port            filtered: the destination is on this port
//   vlan_egress          the destination is on a port that does not carry the frame's VLAN, or
//                        would uncover a tag under that of the VLAN
//   isolated             the destination is on an isolated port, as this one is
//   no_group_member      to a group that nobody elsewhere has joined, see group_flood.h
//   mirror_target        from, or for a station at, a port that only takes a mirror's copies
//   no_egress_port       a flood with nobody to flood to
//   flood_limit          more to flood than the switch can, see backlog.h
//   port_removed         read while its port was being removed
//   ingress_queue_full   lost in the kernel before the switch read it
//   unserved             for a worker, and came while no daemon ran
#define VSWITCH_INGRESS_DROP_REASONS(X)        \
  X(kRunt, "runt")                             \
  X(kUnreadable, "unreadable")                 \
  X(kTruncated, "truncated")                   \
  X(kBadOffloadHeader, "bad_offload_header")   \
  X(kSourceGroup, "source_group")              \
  X(kSourceZero, "source_zero")                \
  X(kVlanReserved, "vlan_reserved")            \
  X(kVlanStack, "vlan_stack")                  \
  X(kVlanNotAllowed, "vlan_not_allowed")       \
  X(kLinkLocalReserved, "link_local_reserved") \
  X(kConsumed, "consumed")                     \
  X(kLoopBlocked, "loop_blocked")              \
  X(kGuardMac, "guard_mac")                    \
  X(kGuardIp, "guard_ip")                      \
  X(kGuardArp, "guard_arp")                    \
  X(kGuardNd, "guard_nd")                      \
  X(kGuardDhcpServer, "guard_dhcp_server")     \
  X(kGuardRa, "guard_ra")                      \
  X(kStormBroadcast, "storm_broadcast")        \
  X(kStormMulticast, "storm_multicast")        \
  X(kStormUnknown, "storm_unknown")            \
  X(kIngressRate, "ingress_rate")              \
  X(kStpDiscarding, "stp_discarding")          \
  X(kStpLearning, "stp_learning")              \
  X(kBpduBlocked, "bpdu_blocked")              \
  X(kLocked, "locked")                         \
  X(kMacFlapping, "mac_flapping")              \
  X(kSamePort, "same_port")                    \
  X(kVlanEgress, "vlan_egress")                \
  X(kIsolated, "isolated")                     \
  X(kNoGroupMember, "no_group_member")         \
  X(kMirrorTarget, "mirror_target")            \
  X(kNoEgressPort, "no_egress_port")           \
  X(kFloodLimit, "flood_limit")                \
  X(kPortRemoved, "port_removed")              \
  X(kIngressQueueFull, "ingress_queue_full")   \
  X(kUnserved, "unserved")

// Counted on the egress port:
//   egress_down        no guest has the TAP open, or its link is down
//   exceeds_mtu        longer than the egress device takes
//   egress_rate        more than the port may be sent, see police.h
//   mirror_limit       a mirror's copies of super-frames that would take the worker too long
//   egress_queue_full  the guest does not empty its queue
//   egress_error       the kernel refused the write
#define VSWITCH_EGRESS_DROP_REASONS(X)     \
  X(kEgressDown, "egress_down")            \
  X(kExceedsMtu, "exceeds_mtu")            \
  X(kEgressRate, "egress_rate")            \
  X(kMirrorLimit, "mirror_limit")          \
  X(kEgressQueueFull, "egress_queue_full") \
  X(kEgressError, "egress_error")

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
