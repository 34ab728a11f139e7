// Frames that wait because their batch has flooded enough, or has written enough super-frames: a
// burst is not a storm, and what a receiver's queue can hold shall reach it.
//
// A queue for each ingress port, served in turn, one frame each, with every batch, before what is
// new. Frames of one port keep their order among each other, and so do all frames of a flow:
//  - a frame to be flooded waits behind those of its port;
//  - a frame to a station that has become known meanwhile waits too, as long as frames of its port
//    to that station do (MustFollow). Known unicast of other ports never waits for floods.
// A frame that has waited to be flooded to an unknown station is looked up again, and forwarded if
// it is known by now. No frame goes through the other stages again: it was parsed, admitted,
// learned and counted when it came.
//
// A turn is a frame of ordinary length. Who sent a costlier one (wire/offload_header.h) lets others
// go first until they have had kTurnCost for each turn that it waits: a super-frame of a thousand
// segments does not stand for one of theirs. A port of which known super-frames wait is not read
// meanwhile (IsHeld): its sender's queue fills, not the backlog.
//
// Limits: kCapacity frames and kMaxBytes of all ports together. When that is full, the longest
// queues lose: a port that holds its share of the places loses what it brings; for one that holds
// less, the last frame of the longest queue goes (flood_limit).
//
// Thread-safety: the pipeline's own. Memory: some 200 KB, allocated once. The frames' buffers stay
// busy meanwhile.
#ifndef VSWITCH_BRIDGE_BACKLOG_H_
#define VSWITCH_BRIDGE_BACKLOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bridge/pass.h"

namespace vswitch {

class Backlog {
 public:
  // As many frames as a receiver's queue holds by default (txqueuelen=1000): of a longer burst it
  // would lose the rest anyway.
  static constexpr size_t kCapacity = 1024;
  static constexpr size_t kMaxBytes = size_t{16} << 20;
  // Those that wait, and those that leave with this batch.
  static constexpr size_t kSlots = 2 * kCapacity;

  Backlog();

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // Whether frames of this port wait.
  bool HoldsFrom(PortId port) const { return queues_[port].size > 0; }
  bool IsHeld(PortId port) const { return queues_[port].is_held; }
  // Whether `frame`, whose destination is known, would overtake one to the same station.
  bool MustFollow(const Frame& frame) const {
    return size_ > 0 && queues_[frame.ingress].unicast > 0 && unicast_[UnicastBucket(frame)] > 0 &&
           HoldsFlowOf(frame);
  }

  // Sends off what waits, as far as the batch's budget goes.
  void Serve(Pass& pass);
  // Whether it waits now; else it was dropped.
  bool Add(Pass& pass, Frame& frame);
  // Drops what came from `port` (port_removed).
  void DropFrom(Pass& pass, PortId port);

 private:
  using SlotId = uint16_t;
  static constexpr SlotId kNone = 0xffff;
  static constexpr size_t kUnicastBuckets = 4096;
  // A usual super-frame, of 45 segments, costs no more than a turn.
  static constexpr uint32_t kTurnCost = 64;

  struct Slot {
    Frame frame;
    SlotId previous = kNone;
    SlotId next = kNone;
  };
  // Of one ingress port, the oldest first.
  struct Queue {
    SlotId first = kNone;
    SlotId last = kNone;
    uint16_t size = 0;
    // How many of them go to one station.
    uint16_t unicast = 0;
    // What is to be paid before the next frame.
    uint32_t debt = 0;
    // It stands in turn_.
    bool has_turn = false;
    bool is_held = false;
  };

  static size_t UnicastBucket(const Frame& frame);
  bool HoldsFlowOf(const Frame& frame) const;
  // Takes the frame out of its queue; what becomes of its slot is the caller's.
  void Remove(SlotId id);
  enum class Sent { kWhole, kPartly, kNotYet };
  Sent SendOff(Pass& pass, Frame& frame);
  void SetHeld(Pass& pass, PortId port, bool is_held);
  bool HasRoom(const Frame& frame) const;
  // REQUIRES: the port does not stand in turn_.
  void GiveTurn(PortId port);
  // The port with the longest queue. REQUIRES: not empty.
  PortId Longest() const;
  // REQUIRES: frames of the port wait.
  void DropLast(Pass& pass, PortId port, DropReason reason);

  std::vector<Slot> slots_;
  std::vector<SlotId> free_;
  // Slots of frames that this batch's copies point at.
  std::vector<SlotId> leaving_;
  // By PortId.
  std::vector<Queue> queues_;
  // Ports whose queue is not empty, and some whose queue has become so, in the order in which they
  // are served. A ring: each port stands there once at most.
  std::vector<PortId> turn_;
  size_t turn_first_ = 0;
  size_t turn_count_ = 0;
  // Ports of this batch whose next frame must wait for the next one.
  std::vector<PortId> stopped_;
  // How many frames to one station wait, by a hash of ingress port and destination.
  std::array<uint16_t, kUnicastBuckets> unicast_{};
  size_t size_ = 0;
  size_t bytes_ = 0;
  // Ports whose queue is not empty.
  size_t ports_ = 0;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_BACKLOG_H_
