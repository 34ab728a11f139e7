// First stage: from bytes to keys.
#ifndef VSWITCH_BRIDGE_PARSE_H_
#define VSWITCH_BRIDGE_PARSE_H_

#include "bridge/pass.h"

namespace vswitch {

// Sets bridge, source and destination of every frame of the batch, or drops it, and counts
// ingress. Never reads a byte beyond Frame::length, whatever the frame holds.
//
// The rules, in the order in which they are tried; the first that applies is the reason:
//   port_removed         the ingress port is in no bridge
//   (the worker's own)   Frame::drop as the worker set it
//   runt                 no room for the offload header and 14 bytes of Ethernet, or for the
//                        whole of the VLAN tag that the Ethernet type announces
//   bad_offload_header   wire/offload_header.h
//   source_group         Linux, br_handle_frame(): the source must be a valid station address
//   source_zero          the same
//
// Only the outermost tag counts (TPID 0x8100 or 0x88a8). A priority tag (VID 0) is as good as none:
// both have key VLAN 0. What is under the tag is payload.
void Parse(Pass& pass);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_PARSE_H_
