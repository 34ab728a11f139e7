#include "bridge/backlog.h"

#include "bridge/flood.h"
#include "bridge/unicast.h"

namespace vswitch {

Backlog::Backlog() : slots_(kSlots), queues_(kMaxPorts), turn_(kMaxPorts) {
  free_.reserve(kSlots);
  leaving_.reserve(kCapacity);
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
  while (turn_count_ > 0 && MayFlood(pass)) {
    const PortId port = turn_[turn_first_];
    turn_first_ = (turn_first_ + 1) % turn_.size();
    --turn_count_;
    Queue& queue = queues_[port];
    queue.has_turn = false;
    if (queue.size == 0) continue;
    const SlotId id = queue.first;
    Remove(id);
    leaving_.push_back(id);
    SendOff(pass, slots_[id].frame);
    pass.out.finished.push_back(slots_[id].frame.buffer);
    if (queue.size > 0) GiveTurn(port);
  }
}

void Backlog::SendOff(Pass& pass, Frame& frame) {
  // The bridge may have another number since the frame came, or the port may have left it.
  frame.bridge = pass.BridgeOf(frame.ingress);
  if (frame.bridge == kNoBridge) {
    return pass.Drop(frame, frame.ingress, DropReason::kPortRemoved);
  }
  if (!frame.destination.mac().IsGroup()) {
    const MacTable& table = *pass.config.bridges[frame.bridge].table;
    const PortId egress = table.LookUp(frame.destination, pass.now);
    if (pass.BridgeOf(egress) == frame.bridge) {
      frame.egress = egress;
      return Unicast(pass, frame);
    }
  }
  Flood(pass, frame);
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
  Remove(id);
  free_.push_back(id);
  pass.Drop(slots_[id].frame, port, reason);
  pass.out.finished.push_back(slots_[id].frame.buffer);
}

void Backlog::Remove(SlotId id) {
  const Slot& slot = slots_[id];
  Queue& queue = queues_[slot.frame.ingress];
  (slot.previous == kNone ? queue.first : slots_[slot.previous].next) = slot.next;
  (slot.next == kNone ? queue.last : slots_[slot.next].previous) = slot.previous;
  if (--queue.size == 0) --ports_;
  --size_;
  bytes_ -= slot.frame.length;
  if (!slot.frame.destination.mac().IsGroup()) {
    --queue.unicast;
    --unicast_[UnicastBucket(slot.frame)];
  }
}

}  // namespace vswitch
