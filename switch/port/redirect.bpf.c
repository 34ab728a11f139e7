// The whole of the kernel side: every frame that enters the netdev leaves through another one.
// A tc program and no XDP program: XDP would drop the frame's checksum and segmentation metadata.
//
// bpf_helpers.h needs the types of linux/bpf.h, so the formatter may not sort these two:
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
// clang-format on

// Set before loading; the verifier then sees a constant and folds the load into it.
const volatile __u32 target_ifindex = 0;
// Whether the target has several queues, which steering.bpf.c chooses from by the frame's hash.
const volatile __u8 hash_flow = 0;

SEC("tc")
int redirect_frame(struct __sk_buff* frame) {
  if (hash_flow) bpf_get_hash_recalc(frame);
  return bpf_redirect(target_ifindex, /*flags: to its egress*/ 0);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
