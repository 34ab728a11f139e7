#include "bridge/mirror.h"

#include "bridge/egress_limit.h"
#include "bridge/wire/offload_header.h"

namespace vswitch {
namespace {

bool IsTooMuch(const Pass& pass, const Frame& frame) {
  return IsCostly(frame) && pass.mirror_cost > 0 &&
         pass.mirror_cost + WriteCost(frame) > kMirrorBudget;
}

// Why the target does not get the copy; kNone when it does.
DropReason LossOf(const Pass& pass, const EgressCopy& copy) {
  const PortForwarding& target = pass.config.ports[copy.port];
  if (!target.up) return DropReason::kEgressDown;
  if (ExceedsLimit(*copy.frame, target, copy.edit)) return DropReason::kExceedsMtu;
  return IsTooMuch(pass, *copy.frame) ? DropReason::kMirrorLimit : DropReason::kNone;
}

// `copy`: the frame as it is to look, with any port. `which`: mirrors of its bridge.
void Mirror(Pass& pass, EgressCopy copy, MirrorBits which) {
  const Frame& frame = *copy.frame;
  const BridgeForwarding& bridge = pass.config.bridges[frame.bridge];
  // What was dropped before the VLAN rules, or by them, is in none.
  const bool has_vlan = !bridge.has_vlans || frame.vlan.form != VlanState::Form::kUnknown;
  const VlanId vlan = frame.destination.vlan();
  for (size_t number = 0; number < bridge.mirrors.size(); ++number) {
    if ((which & ~frame.mirrored) >> number == 0) break;
    if (((which & ~frame.mirrored) >> number & 1) == 0) continue;
    const MirrorForwarding& mirror = bridge.mirrors[number];
    if (mirror.vlan != kEveryVlan && (!has_vlan || mirror.vlan != vlan)) continue;
    frame.mirrored |= mirror.same_target;
    pass.counters[frame.ingress].mirror_copies.Add(1);
    copy.port = mirror.to;
    const DropReason loss = LossOf(pass, copy);
    pass.Explain("mirror", [&] { return Words("a copy for ", pass.trace->NameOf(mirror.to)); });
    if (loss != DropReason::kNone) {
      pass.DropCopy(frame, mirror.to, loss);
      continue;
    }
    pass.out.copies.push_back(copy);
    if (IsCostly(frame)) pass.mirror_cost += WriteCost(frame);
  }
}

}  // namespace

void MirrorIngress(Pass& pass) {
  for (Frame& frame : pass.batch) {
    // Without a source it has not come through parse.cc.
    if (frame.bridge == kNoBridge || frame.source.value == 0) continue;
    const MirrorBits which = pass.config.ports[frame.ingress].mirrors_ingress;
    if (which != 0) Mirror(pass, {.frame = &frame}, which);
  }
}

void MirrorEgress(Pass& pass) {
  // It adds copies itself, of which there are no further ones: a target is never mirrored.
  const size_t made = pass.out.copies.size();
  for (size_t i = 0; i < made; ++i) {
    const EgressCopy copy = pass.out.copies[i];
    const MirrorBits which = pass.config.ports[copy.port].mirrors_egress;
    if (which != 0) Mirror(pass, copy, which);
  }
}

}  // namespace vswitch
