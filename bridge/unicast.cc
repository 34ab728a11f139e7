#include "bridge/unicast.h"

#include "bridge/egress_limit.h"

namespace vswitch {

void Unicast(Pass& pass, Frame& frame) {
  const PortId egress = frame.egress;
  if (egress == frame.ingress) return pass.Drop(frame, egress, DropReason::kSamePort);
  const PortForwarding& port = pass.config.ports[egress];
  if (!port.up) return pass.Drop(frame, egress, DropReason::kEgressDown);
  if (ExceedsLimit(frame, port)) return pass.Drop(frame, egress, DropReason::kExceedsMtu);
  pass.out.copies.push_back({&frame, egress});
}

}  // namespace vswitch
