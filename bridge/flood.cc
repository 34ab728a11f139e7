#include "bridge/flood.h"

#include <algorithm>

#include "bridge/egress_limit.h"
#include "bridge/egress_rules.h"
#include "bridge/group_flood.h"
#include "bridge/wire/offload_header.h"

namespace vswitch {

namespace {

// Whether a rule keeps the frame from leaving by the port. Who has joined a group gets it although
// the port takes no floods, as in Linux (net/bridge/br_forward.c, br_multicast_flood()).
bool IsLeftOut(const Pass& pass, const Frame& frame, PortId id, bool is_joined) {
  const PortForwarding& port = pass.config.ports[id];
  return port.has_egress_rules && ((!is_joined && !TakesFloods(port, FloodKindOf(frame))) ||
                                   MayNotLeave(pass, frame, port) != DropReason::kNone);
}

DropReason WhyLost(const Pass& pass, const Frame& frame, const PortForwarding& port, TagEdit edit) {
  if (ExceedsLimit(frame, port, edit)) return DropReason::kExceedsMtu;
  return ExceedsRate(pass, frame, port, edit) ? DropReason::kEgressRate : DropReason::kNone;
}

// The snapshot of groups may name ports that are there no more.
bool IsThere(const Pass& pass, const Frame& frame, PortId id) {
  return pass.BridgeOf(id) == frame.bridge && pass.config.ports[id].up;
}

}  // namespace

bool Flood(Pass& pass, Frame& frame) {
  const BridgeForwarding& bridge = pass.config.bridges[frame.bridge];
  const std::vector<PortId>* const group =
      bridge.groups == nullptr ? nullptr : PortsOfGroup(*bridge.groups, frame);
  const std::vector<PortId>& ports = group == nullptr ? bridge.flood_ports : *group;
  auto next = ports.begin();
  if (frame.flooded_to != kNoPort) next = std::ranges::upper_bound(ports, frame.flooded_to);
  const bool is_costly = IsCostly(frame);
  const size_t cost = is_costly ? WriteCost(frame) : 1;
  uint64_t candidates = 0;
  DropReason last_lost = DropReason::kExceedsMtu;
  const size_t copies_before = pass.out.copies.size();
  for (; next != ports.end(); ++next) {
    if (*next == frame.ingress) continue;
    if (group != nullptr && !IsThere(pass, frame, *next)) continue;
    if (bridge.has_egress_rules && IsLeftOut(pass, frame, *next, group != nullptr)) continue;
    if (is_costly && candidates > 0 && !MayFlood(pass)) {
      // The frame itself is still to be accounted for, so that all of these are copies.
      pass.counters[frame.ingress].flood_copies.Add(candidates);
      return false;
    }
    ++candidates;
    const PortForwarding& port = pass.config.ports[*next];
    const TagEdit edit = bridge.has_vlans ? EditAt(pass, frame, port) : TagEdit::kKeep;
    const DropReason lost = WhyLost(pass, frame, port, edit);
    if (lost != DropReason::kNone) {
      pass.DropCopy(frame, *next, lost);
      last_lost = lost;
    } else {
      pass.out.copies.push_back({&frame, *next, edit});
      pass.flood_cost += cost;
    }
    if (is_costly) frame.flooded_to = *next;
  }
  if (candidates == 0) {
    pass.Drop(frame, frame.ingress,
              group == nullptr ? DropReason::kNoEgressPort : DropReason::kNoGroupMember);
    return true;
  }
  if (pass.out.copies.size() == copies_before) frame.drop = last_lost;
  pass.counters[frame.ingress].flood_copies.Add(candidates - 1);
  return true;
}

}  // namespace vswitch
