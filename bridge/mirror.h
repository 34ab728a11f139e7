// Copies of frames for somebody who looks on: what chosen ports of a bridge send, as it came, and
// what is sent to them, as it leaves, to another port of the bridge. The meaning is that of Open
// vSwitch (ofproto-dpif-xlate.c, mirror_packet()):
//  - a target gets one copy of a frame at most, also when it is flooded to many of a mirror's
//    ports, or when several mirrors have that target;
//  - a mirror with a VLAN copies what the bridge takes for frames of that VLAN, and so nothing that
//    it has dropped before it knew;
//  - the target is for that alone. What it sends is dropped (admit.cc), nothing else leaves by it
//    (ForwardingConfig::Derive(), egress_rules.h), and no rule of its own changes a copy.
// A frame that the bridge does not let in is copied too: who looks on wants to see it. What
// parse.cc refuses is not: no port could be given that.
//
// A copy is counted as mirror_copies where the frame came in. What becomes of it is the target's: a
// copy that is lost there, by a full queue, a small MTU or for its cost, never costs the frame.
//
// Accepted anomaly: a frame that waits while mirrors change may be copied once more or not at all.
#ifndef VSWITCH_BRIDGE_MIRROR_H_
#define VSWITCH_BRIDGE_MIRROR_H_

#include <cstddef>

#include "bridge/pass.h"

namespace vswitch {

// Copies that cost more than one (wire/offload_header.h) are made as long as they cost no more than
// this together in a batch, or if one is the first: as for known frames, unicast.h. Others are lost
// (mirror_limit): a mirror has no right to delay what it looks at.
inline constexpr size_t kMirrorBudget = 1024;

// Of what has come, behind Admit. REQUIRES: the snapshot has mirrors.
void MirrorIngress(Pass& pass);
// Of the copies that are to leave, behind Forward. REQUIRES: likewise.
void MirrorEgress(Pass& pass);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_MIRROR_H_
