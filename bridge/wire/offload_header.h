// The virtio_net_hdr in front of every frame: what a sender left for later (checksum,
// segmentation).
//
// A guest writes it and may lie. We pass it on to the kernel and to other guests, so parse.cc
// refuses what does not fit the frame behind it (the lies of CVE-2024-43817 and CVE-2024-43897).
// The rules are at least as strict as those of Linux 6.18 (virtio_net_hdr_to_skb(),
// tun_get_user()): a header that passes here is not refused by the kernel later, where the drop
// would be counted on the port of an innocent receiver.
#ifndef VSWITCH_BRIDGE_WIRE_OFFLOAD_HEADER_H_
#define VSWITCH_BRIDGE_WIRE_OFFLOAD_HEADER_H_

#include <cstdint>

#include "bridge/wire/frame_bytes.h"
#include "bridge/wire/load.h"
#include "bridge/wire/vlan_tag.h"

namespace vswitch {

// As many bytes cost as much as a frame does.
inline constexpr uint32_t kCostBytes = 2048;

// Nothing was left for later: flags, gso_type and hdr_len, the first four octets, are zero. This is
// the common case, and a valid header whatever the rest holds, since nobody reads the rest.
// REQUIRES: frame.length >= kOffloadHeaderBytes.
inline bool IsPlainFrame(const FrameBytes& frame) { return LoadLittle32(frame.head) == 0; }

// A super-frame, to be segmented by whoever needs it in pieces.
// REQUIRES: as above.
inline bool HasGso(const FrameBytes& frame) { return frame.head[1] != 0; }

// REQUIRES: frame.length >= kOffloadHeaderBytes + kEthernetHeaderBytes.
//
// Valid is, with offsets from the start of the Ethernet header:
//  - flags: NEEDS_CSUM and DATA_VALID only;
//  - hdr_len: a hint to the receiver, but not longer than the frame;
//  - with NEEDS_CSUM: the checksummed part starts behind the shortest Ethernet and IP header and
//    behind the outermost tag, which may be taken out (vlan_tag.h), not so far behind that a tag
//    put in would be too much; and the checksum field lies within the frame;
//  - gso_type: none, or TCP over IPv4 or IPv6 (each with ECN or without), or UDP (USO);
//  - with a gso_type: NEEDS_CSUM (virtio 1.2, 5.1.6.2.1), gso_size neither 0 nor 0xffff (which
//    means something else to Linux), the checksum field where that protocol has it, the transport
//    header within the frame, for UDP at most 128 segments, for TCP segments of 48 bytes at least.
bool IsValidOffload(const FrameBytes& frame);

// The length of the longest frame that this one becomes on a wire: the frame itself, or one segment
// of it. VLAN tags are not counted, as an MTU does not count them: two at most (IEEE 802.1Q's
// service and customer tag), lest a stack of tags talks its way past the limit. `edit`: what is
// done to the tags before. REQUIRES: parse.cc accepted the frame.
uint32_t WireBytes(const FrameBytes& frame, TagEdit edit = TagEdit::kKeep);

// What the frame is on a wire: itself, or all of its segments, each with its own headers. Bytes
// from the Ethernet header to the end of the payload, tags included; without FCS, preamble and gap.
struct WireLoad {
  uint32_t frames = 1;
  uint32_t bytes = 0;
};
// `edit`: what is done to its outermost tag. REQUIRES: parse.cc accepted the frame.
WireLoad WireLoadOf(const FrameBytes& frame, TagEdit edit = TagEdit::kKeep);

// What writing the frame may cost at most, in frames of ordinary length: the segments that the
// kernel cuts it into for a receiver without offloads (measured: 0.5 us each), or its bytes, which
// are copied (64 KiB: 9 us). REQUIRES: parse.cc accepted the frame.
uint32_t WriteCost(const FrameBytes& frame);

// Whether that may be more than 1.
inline bool IsCostly(const FrameBytes& frame) {
  return HasGso(frame) || frame.length >= 2 * kCostBytes;
}

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_WIRE_OFFLOAD_HEADER_H_
