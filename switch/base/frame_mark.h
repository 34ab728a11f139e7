// SPDX-License-Identifier: Apache-2.0 OR MIT OR GPL-2.0-only
// What a program of ours writes into skb->tc_index of each frame that it redirects to a device with
// a guard (switch/port/redirect.bpf.c). A socket cannot set it, SO_MARK is another field: without
// CAP_NET_ADMIN nobody forges it.
// It is compiled by both sides, hence in C's terms.
#ifndef VSWITCH_SWITCH_BASE_FRAME_MARK_H_
#define VSWITCH_SWITCH_BASE_FRAME_MARK_H_

#define FRAME_MARK 0x7673

#endif  // VSWITCH_SWITCH_BASE_FRAME_MARK_H_
