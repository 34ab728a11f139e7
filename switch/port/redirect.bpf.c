// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The kernel side of a port, but for the fast path: every frame that enters a netdev leaves through
// another one, and nobody else's frame does.
// tc programs and no XDP program: XDP would drop the frame's checksum and segmentation metadata.
//
// bpf_helpers.h needs the types of linux/bpf.h, so the formatter may not sort these:
// clang-format off
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include "switch/base/frame_mark.h"
// clang-format on

// Set before loading; the verifier then sees a constant and folds the load into it.
const volatile __u32 target_ifindex = 0;
// Whether the target has several queues, which steering.bpf.c chooses from by the frame's hash.
const volatile __u8 hash_flow = 0;
// Whether vsw_guard is on the target's egress.
const volatile __u8 target_has_guard = 0;

// The netdev has left us, for another network namespace: no frame there is ours.
__u32 let_go = 0;

// The other end of the target, a veth in another network namespace. A frame for its own address
// goes there without a stop in the target's backlog. What is for others who can be reached through
// it has to go out of the target, which tells such from its own frames.
const volatile __u8 has_peer = 0;
const volatile __u8 peer_address[ETH_ALEN] = {};

static __always_inline int is_for_peer(const struct __sk_buff* frame) {
  const __u8* address = (const __u8*)(long)frame->data;
  if (!has_peer || address + ETH_ALEN > (const __u8*)(long)frame->data_end) return 0;
  for (int i = 0; i < ETH_ALEN; ++i) {
    if (address[i] != peer_address[i]) return 0;
  }
  return 1;
}

SEC("tc")
int vsw_redirect(struct __sk_buff* frame) {
  if (let_go) return TC_ACT_UNSPEC;
  // What the host sends to a group, come back to the host: it has no Ethernet header.
  if (frame->pkt_type == PACKET_LOOPBACK) return TC_ACT_SHOT;
  if (hash_flow) bpf_get_hash_recalc(frame);
  if (is_for_peer(frame)) {
    // Until Linux 6.15 a frame stays one for others, as it was to the device that it came in by.
    if (frame->pkt_type != PACKET_HOST) bpf_skb_change_type(frame, PACKET_HOST);
    return bpf_redirect_peer(target_ifindex, 0);
  }
  if (target_has_guard) frame->tc_index = FRAME_MARK;
  return bpf_redirect(target_ifindex, /*flags: to its egress*/ 0);
}

// On the egress of a netdev: only what was redirected to it leaves, nothing of the host's stack,
// nor of a program on the host.
SEC("tc")
int vsw_guard(struct __sk_buff* frame) {
  if (let_go) return TC_ACT_UNSPEC;
  // The mark stays: the guard of an earlier daemon may come next.
  return frame->tc_index == FRAME_MARK ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

// Keeps the place of both on a TAP that has no switch.
SEC("tc")
int vsw_idle(struct __sk_buff* frame) { return TC_ACT_UNSPEC; }

char LICENSE[] SEC("license") = "Dual MIT/GPL";
