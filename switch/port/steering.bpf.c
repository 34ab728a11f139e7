// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which of a TAP's queues, hence which worker, gets a frame. Whoever sent the frame has hashed its
// flow: the host's stack, or redirect.bpf.c. Frames without a hash (ARP, or what the host sends
// from sockets that are not connected) go to the first queue. The kernel takes the result modulo
// the number of queues.
//
// bpf_helpers.h needs the types of linux/bpf.h, so the formatter may not sort these two:
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
// clang-format on

SEC("socket")
int steer_flow(struct __sk_buff* frame) { return frame->hash; }

char LICENSE[] SEC("license") = "Dual MIT/GPL";
