// Where a frame goes when its destination is a group or unknown: everywhere else, at once or with
// the next batch.
#ifndef VSWITCH_BRIDGE_FLOOD_H_
#define VSWITCH_BRIDGE_FLOOD_H_

#include <cstddef>
#include <vector>

#include "bridge/pass.h"

namespace vswitch {

// Floods of one batch begin as long as they have made fewer copies than this together: a flood to a
// thousand ports takes the writer a millisecond, in which known frames must not wait for many more.
inline constexpr size_t kFloodBudget = 1024;

// Frames that wait to be flooded with the next batch. They were parsed, learned and counted when
// they came, so they go through no other stage again; their buffers stay busy.
// Thread-safety: the pipeline's own.
class Backlog {
 public:
  static constexpr size_t kCapacity = 64;

  Backlog();

  bool empty() const { return waiting_.empty(); }
  size_t size() const { return waiting_.size(); }

  // Floods what waits, the oldest first, as long as fewer than kFloodBudget copies were made.
  void Flood(Pass& pass);
  // False when it is full.
  bool Add(const Frame& frame);
  // Drops what came from `port` (port_removed).
  void DropFrom(Pass& pass, PortId port);

 private:
  std::vector<Frame> waiting_;
  // Of this batch: copies point at them.
  std::vector<Frame> leaving_;
};

// Floods `frame` if the batch's budget is not spent. Beyond it a frame to a group waits for the
// next batch. A frame to an unknown station is dropped (flood_limit): by then its destination may
// be known, and the next frame of its flow would overtake it. So is what the backlog cannot take.
// Returns whether the frame is over once the copies are written: false when it waits.
bool FloodOrWait(Pass& pass, Frame& frame, Backlog* backlog);

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_FLOOD_H_
