#include "bridge/flood.h"

#include "bridge/egress_limit.h"

namespace vswitch {
namespace {

// Appends a copy of `frame` for every flood port of its bridge but the ingress port. A port that
// the frame is too long for drops its copy (exceeds_mtu, counted there) and the others get theirs.
// With nobody to flood to: no_egress_port.
//
// Of k candidates, dropped copies included, k - 1 are counted as flood_copies of the ingress port.
void FloodNow(Pass& pass, Frame& frame) {
  uint64_t candidates = 0;
  const size_t copies_before = pass.out.copies.size();
  for (const PortId port : pass.config.bridges[frame.bridge].flood_ports) {
    if (port == frame.ingress) continue;
    ++candidates;
    if (ExceedsLimit(frame, pass.config.ports[port])) {
      pass.Drop(frame, port, DropReason::kExceedsMtu);
    } else {
      pass.out.copies.push_back({&frame, port});
    }
  }
  if (candidates == 0) return pass.Drop(frame, frame.ingress, DropReason::kNoEgressPort);
  const uint64_t copies = pass.out.copies.size() - copies_before;
  // It lives on in the others.
  if (copies > 0) frame.drop = DropReason::kNone;
  pass.counters[frame.ingress].flood_copies.Add(candidates - 1);
  pass.flood_copies += copies;
}

}  // namespace

Backlog::Backlog() {
  waiting_.reserve(kCapacity);
  leaving_.reserve(kCapacity);
}

void Backlog::Flood(Pass& pass) {
  leaving_.clear();
  std::erase_if(waiting_, [&](Frame& frame) {
    // The bridge may have another number since the frame came, or the port may have left it.
    frame.bridge = pass.BridgeOf(frame.ingress);
    if (frame.bridge == kNoBridge) {
      pass.Drop(frame, frame.ingress, DropReason::kPortRemoved);
    } else if (pass.flood_copies < kFloodBudget) {
      FloodNow(pass, leaving_.emplace_back(frame));
    } else {
      return false;
    }
    pass.out.finished.push_back(frame.buffer);
    return true;
  });
}

bool Backlog::Add(const Frame& frame) {
  if (waiting_.size() == kCapacity) return false;
  waiting_.push_back(frame);
  return true;
}

void Backlog::DropFrom(Pass& pass, PortId port) {
  std::erase_if(waiting_, [&](Frame& frame) {
    if (frame.ingress != port) return false;
    pass.Drop(frame, port, DropReason::kPortRemoved);
    pass.out.finished.push_back(frame.buffer);
    return true;
  });
}

bool FloodOrWait(Pass& pass, Frame& frame, Backlog* backlog) {
  if (pass.flood_copies < kFloodBudget) {
    FloodNow(pass, frame);
    return true;
  }
  if (frame.destination.mac().IsGroup() && backlog->Add(frame)) return false;
  pass.Drop(frame, frame.ingress, DropReason::kFloodLimit);
  return true;
}

}  // namespace vswitch
