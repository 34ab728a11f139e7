// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Every frame that enters one netdev leaves through another one: no look-up, no count.
//
// bpf_helpers.h needs the types of linux/bpf.h, so the formatter may not sort these two:
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
// clang-format on

// Set before loading; the verifier then sees a constant.
const volatile __u32 target_ifindex = 0;

SEC("tc")
int bare_redirect(struct __sk_buff* frame) {
  return bpf_redirect(target_ifindex, /*flags: to its egress*/ 0);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
