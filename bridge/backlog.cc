#include "bridge/backlog.h"

#include <algorithm>

#include "bridge/admit.h"
#include "bridge/flood.h"
#include "bridge/unicast.h"
#include "bridge/wire/offload_header.h"

namespace vswitch {

Backlog::Backlog() : slots_(kSlots), queues_(kMaxPorts), turn_(kMaxPorts) {
  free_.reserve(kSlots);
  leaving_.reserve(kCapacity);
  stopped_.reserve(kCapacity);
  for (size_t id = kSlots; id > 0; --id) free_.push_back(static_cast<SlotId>(id - 1));
}

size_t Backlog::UnicastBucket(const Frame& frame) {
  const uint64_t mixed = (frame.destination.value ^ uint64_t{frame.ingress} << 48) *
                         0x9e3779b97f4a7c15;  // 2^64 by the golden ratio.
  return mixed >> 52;
}

// Seldom asked, and no longer than one port's queue.
bool Backlog::HoldsFlowOf(const Frame& frame) const {
  for (SlotId id = queues_[frame.ingress].last; id != kNone; id = slots_[id].previous) {
    if (slots_[id].frame.destination == frame.destination) return true;
  }
  return false;
}

void Backlog::Serve(Pass& pass) {
  // Nothing points at them any more.
  free_.insert(free_.end(), leaving_.begin(), leaving_.end());
  leaving_.clear();
  stopped_.clear();
  // Its flood has spent the budget, so that there is one at most.
  PortId partly_sent = kNoPort;
  while (turn_count_ > 0) {
    const PortId port = turn_[turn_first_];
    turn_first_ = (turn_first_ + 1) % turn_.size();
    --turn_count_;
    Queue& queue = queues_[port];
    queue.has_turn = false;
    if (queue.size == 0) continue;
    queue.debt -= std::min(queue.debt, kTurnCost);
    if (queue.debt > 0) {
      GiveTurn(port);
      continue;
    }
    const SlotId id = queue.first;
    Frame& frame = slots_[id].frame;
    const Sent sent = SendOff(pass, frame);
    if (sent == Sent::kPartly) partly_sent = port;
    if (sent == Sent::kNotYet) stopped_.push_back(port);
    if (sent != Sent::kWhole) continue;
    Remove(id);
    leaving_.push_back(id);
    pass.out.finished.push_back(frame.buffer);
    if (queue.size > 0) {
      if (IsCostly(frame)) queue.debt = WriteCost(frame) - 1;
      GiveTurn(port);
    } else {
      SetHeld(pass, port, false);
    }
  }
  // Where this batch has ended the next one begins, and who had a part behind who had none.
  for (const PortId port : stopped_) GiveTurn(port);
  if (partly_sent != kNoPort) GiveTurn(partly_sent);
}

Backlog::Sent Backlog::SendOff(Pass& pass, Frame& frame) {
  // The bridge may have another number since the frame came, or the port may have left it.
  frame.bridge = pass.BridgeOf(frame.ingress);
  if (frame.bridge == kNoBridge) {
    pass.Drop(frame, frame.ingress, DropReason::kPortRemoved);
    return Sent::kWhole;
  }
  // In a loop those that wait are the loop's own.
  if (pass.config.ports[frame.ingress].loop_blocked) {
    pass.Drop(frame, frame.ingress, DropReason::kLoopBlocked);
    return Sent::kWhole;
  }
  if (frame.vlan.form == VlanState::Form::kUnknown && pass.config.bridges[frame.bridge].has_vlans) {
    // Since it came, some port has been given VLAN settings. It is in the VLAN that it was in.
    const DropReason reason = AdmitVlan(VlanPolicy(), frame);
    if (reason != DropReason::kNone) {
      pass.Drop(frame, frame.ingress, reason);
      return Sent::kWhole;
    }
  }
  if (!frame.destination.mac().IsGroup() && frame.flooded_to == kNoPort) {
    const MacTable& table = *pass.config.bridges[frame.bridge].table;
    const PortId egress = table.LookUp(frame.destination, pass.now);
    if (pass.BridgeOf(egress) == frame.bridge) {
      if (!MaySendOn(pass, frame)) return Sent::kNotYet;
      frame.egress = egress;
      Unicast(pass, frame);
      return Sent::kWhole;
    }
  }
  if (!MayFlood(pass)) return Sent::kNotYet;
  return Flood(pass, frame) ? Sent::kWhole : Sent::kPartly;
}

void Backlog::SetHeld(Pass& pass, PortId port, bool is_held) {
  Queue& queue = queues_[port];
  if (queue.is_held == is_held) return;
  queue.is_held = is_held;
  pass.out.hold_changes.push_back(port);
}

bool Backlog::Add(Pass& pass, Frame& frame) {
  if (!HasRoom(frame)) {
    // Its share: as many places as everybody else has.
    const size_t ports = ports_ + (HoldsFrom(frame.ingress) ? 0 : 1);
    if (size_ == 0 || queues_[frame.ingress].size >= size_ / ports) {
      pass.Drop(frame, frame.ingress, DropReason::kFloodLimit);
      return false;
    }
    DropLast(pass, Longest(), DropReason::kFloodLimit);
    // The room of one frame may not be enough for a longer one.
    if (!HasRoom(frame)) {
      pass.Drop(frame, frame.ingress, DropReason::kFloodLimit);
      return false;
    }
  }
  const SlotId id = free_.back();
  free_.pop_back();
  Queue& queue = queues_[frame.ingress];
  slots_[id] = {.frame = frame, .previous = queue.last, .next = kNone};
  (queue.last == kNone ? queue.first : slots_[queue.last].next) = id;
  queue.last = id;
  if (++queue.size == 1) ++ports_;
  ++size_;
  bytes_ += frame.length;
  if (!frame.destination.mac().IsGroup()) {
    ++queue.unicast;
    ++unicast_[UnicastBucket(frame)];
  }
  if (!queue.has_turn) GiveTurn(frame.ingress);
  if (frame.egress != kNoPort && IsCostly(frame)) SetHeld(pass, frame.ingress, true);
  return true;
}

void Backlog::DropFrom(Pass& pass, PortId port) {
  while (HoldsFrom(port)) DropLast(pass, port, DropReason::kPortRemoved);
}

bool Backlog::HasRoom(const Frame& frame) const {
  return size_ < kCapacity && bytes_ + frame.length <= kMaxBytes;
}

void Backlog::GiveTurn(PortId port) {
  turn_[(turn_first_ + turn_count_) % turn_.size()] = port;
  ++turn_count_;
  queues_[port].has_turn = true;
}

PortId Backlog::Longest() const {
  PortId longest = turn_[turn_first_];
  for (size_t i = 1; i < turn_count_; ++i) {
    const PortId port = turn_[(turn_first_ + i) % turn_.size()];
    if (queues_[port].size > queues_[longest].size) longest = port;
  }
  return longest;
}

void Backlog::DropLast(Pass& pass, PortId port, DropReason reason) {
  const SlotId id = queues_[port].last;
  Frame& frame = slots_[id].frame;
  Remove(id);
  // Copies may point at a frame that was flooded in part.
  (frame.flooded_to == kNoPort ? free_ : leaving_).push_back(id);
  pass.Drop(frame, port, reason);
  pass.out.finished.push_back(frame.buffer);
  if (queues_[port].size == 0) SetHeld(pass, port, false);
}

void Backlog::Remove(SlotId id) {
  const Slot& slot = slots_[id];
  Queue& queue = queues_[slot.frame.ingress];
  (slot.previous == kNone ? queue.first : slots_[slot.previous].next) = slot.next;
  (slot.next == kNone ? queue.last : slots_[slot.next].previous) = slot.previous;
  if (--queue.size == 0) {
    --ports_;
    queue.debt = 0;
  }
  --size_;
  bytes_ -= slot.frame.length;
  if (!slot.frame.destination.mac().IsGroup()) {
    --queue.unicast;
    --unicast_[UnicastBucket(slot.frame)];
  }
}

}  // namespace vswitch
