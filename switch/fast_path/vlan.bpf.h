// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A frame's VLAN in the kernel: the part of bridge/vlan.h that the program knows of, and the tags
// that frames leave with. For forward.bpf.c.
#ifndef VSWITCH_SWITCH_FAST_PATH_VLAN_BPF_H_
#define VSWITCH_SWITCH_FAST_PATH_VLAN_BPF_H_

#define VLAN_ID_MASK 0x0fff
#define VLAN_TAG_BYTES 4

struct vlan_tag {
  __be16 tci;
  __be16 type;
} __attribute__((packed));

static __always_inline int is_tpid(__be16 type) {
  return type == bpf_htons(ETH_P_8021Q) || type == bpf_htons(ETH_P_8021AD);
}

// A frame's outermost tag.
struct outer_tag {
  __u32 is_there;
  // Another one is under it.
  __u32 covers_another;
  // 0 where there is none.
  __u16 tci;
  __be16 type;
};

// False when the frame ends within its tag.
static __always_inline int read_tag(const struct __sk_buff* frame, const struct ethhdr* ethernet,
                                    struct outer_tag* tag) {
  const void* end = (const void*)(long)frame->data_end;
  __be16 type = ethernet->h_proto;
  // The kernel has moved an outermost 802.1Q or 802.1ad tag there.
  if (frame->vlan_present) {
    tag->is_there = 1;
    tag->tci = frame->vlan_tci;
    tag->type = frame->vlan_proto;
  } else if (is_tpid(type)) {
    const struct vlan_tag* inline_tag = (const void*)(ethernet + 1);
    if ((const void*)(inline_tag + 1) > end) return 0;
    tag->is_there = 1;
    tag->tci = bpf_ntohs(inline_tag->tci);
    tag->type = type;
    type = inline_tag->type;
  }
  tag->covers_another = tag->is_there && is_tpid(type);
  return 1;
}

// The VLAN that a frame is in (bridge/vlan.h); VLAN_ID_MASK for what the fast path leaves alone.
// Whether the port carries that VLAN is not asked: no station of another one is known there.
static __always_inline __u16 vlan_of(const struct port_config* from, const struct outer_tag* tag) {
  const __u16 id = tag->tci & VLAN_ID_MASK;
  if (!(from->flags & PORT_HAS_VLANS)) return id;
  if (from->flags & PORT_IS_TUNNEL) return from->untagged_is;
  if (id != 0) return from->flags & PORT_TAKES_NO_TAGS ? VLAN_ID_MASK : id;
  return tag->covers_another ? VLAN_ID_MASK : from->untagged_is;
}

// What becomes of a frame's outermost tag where it leaves (bridge/vlan.h).
enum tag_edit {
  KEEP_TAG,
  PUSH_TAG,
  POP_TAG,
  // Its VLAN is another, its priority stays.
  REPLACE_VLAN,
  // Only a worker knows.
  NO_EDIT,
};

static __always_inline int edit_for(const struct port_config* from, const struct port_config* to,
                                    const struct outer_tag* tag, __u16 vlan) {
  if (!((from->flags | to->flags) & PORT_HAS_VLANS)) return KEEP_TAG;
  if (vlan == 0) {
    // Only ports without settings let a priority tag in that covers another, and let it out.
    return tag->covers_another && to->flags & PORT_HAS_VLANS ? NO_EDIT : KEEP_TAG;
  }
  if (vlan == to->leaves_untagged) {
    if (!tag->is_there) return KEEP_TAG;
    return tag->covers_another ? NO_EDIT : POP_TAG;
  }
  if (!tag->is_there) return PUSH_TAG;
  return (tag->tci & VLAN_ID_MASK) == 0 ? REPLACE_VLAN : KEEP_TAG;
}

// The tag is not in the frame but beside it, so this changes no byte of the frame, nor what it says
// of its checksum and segments.
static __always_inline int edit_tag(struct __sk_buff* frame, int edit, const struct outer_tag* tag,
                                    __u16 vlan) {
  if (edit == POP_TAG || edit == REPLACE_VLAN) {
    if (bpf_skb_vlan_pop(frame) != 0) return 0;
  }
  if (edit == POP_TAG) return 1;
  const __u16 tci = (tag->tci & ~VLAN_ID_MASK) | vlan;
  const __be16 type = edit == REPLACE_VLAN ? tag->type : bpf_htons(ETH_P_8021Q);
  return bpf_skb_vlan_push(frame, type, tci) == 0;
}

#endif  // VSWITCH_SWITCH_FAST_PATH_VLAN_BPF_H_
