// Second stage: what a bridge lets in.
#ifndef VSWITCH_BRIDGE_ADMIT_H_
#define VSWITCH_BRIDGE_ADMIT_H_

#include "bridge/pass.h"

namespace vswitch {

// Drops what the rules of the frame's port and bridge keep out, in this order, and puts the VLAN
// that a frame is in into its keys:
//   consumed                                        trap.h: a BPDU, where they are wanted
//   vlan_reserved, vlan_stack, vlan_not_allowed     vlan.h, on a bridge some port of which has VLAN
//                                                   settings
//   consumed, loop_blocked                          trap.h, on a bridge with a loop guard
//   bpdu_blocked, stp_discarding                    trap.h, of ports that are shut
//   guard_mac, guard_ip, ...                        port_guard.h
//   link_local_reserved                             IEEE 802.1Q, 8.6.3, unless the bridge's
//                                                   group_fwd_mask lets it pass
//   stp_learning                                    trap.h, of ports that only learn as yet
//   storm_broadcast, storm_multicast, ingress_rate  police.h
// Ports without a rule do not pay for it.
void Admit(Pass& pass);

// The VLAN rules alone, for a frame that comes in by a port of `policy`.
DropReason AdmitVlan(const VlanPolicy& policy, Frame& frame);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_ADMIT_H_
