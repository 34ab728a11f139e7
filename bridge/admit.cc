#include "bridge/admit.h"

#include "bridge/wire/vlan_tag.h"

namespace vswitch {
namespace {

bool IsRelayedLinkLocal(MacAddress destination, const BridgeForwarding& bridge) {
  return bridge.group_fwd_mask >> (destination.value & 0xf) & 1;
}

}  // namespace

void Admit(Pass& pass) {
  for (Frame& frame : pass.batch) {
    if (frame.drop != DropReason::kNone) continue;
    const MacAddress destination = frame.destination.mac();
    if (frame.destination.vlan() == kReservedVlanId) {
      pass.Drop(frame, frame.ingress, DropReason::kVlanReserved);
    } else if (destination.IsLinkLocalReserved() &&
               !IsRelayedLinkLocal(destination, pass.config.bridges[frame.bridge])) {
      pass.Drop(frame, frame.ingress, DropReason::kLinkLocalReserved);
    }
  }
}

}  // namespace vswitch
