// Second stage: what a bridge lets in.
#ifndef VSWITCH_BRIDGE_ADMIT_H_
#define VSWITCH_BRIDGE_ADMIT_H_

#include "bridge/pass.h"

namespace vswitch {

// Drops what the rules of the frame's bridge keep out, in this order:
//   vlan_reserved        VID 4095: IEEE 802.1Q, table 9-2
//   link_local_reserved  IEEE 802.1Q, 8.6.3, unless the bridge's group_fwd_mask lets it pass
void Admit(Pass& pass);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_ADMIT_H_
