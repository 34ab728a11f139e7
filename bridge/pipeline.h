// The bridge: a batch of ingress frames and `now` in, a list of copies to write and counted drops
// out. No system call, no clock, and no allocation per batch once the lists have grown.
//
// Its stages, one file each, in the order in which Process() runs them over the whole batch:
//   parse.cc    bytes -> source and destination key, or a drop
//               (wire/offload_header.cc: the virtio_net_hdr)
//   admit.cc    what the bridge lets in
//   learn.cc    source -> FDB (the whole batch is learned before any of it is looked up: a reply
//               that shares a batch with the request that taught us its address is forwarded, not
//               flooded)
//   look_up.cc  destination -> egress port, or flood
//   forward.cc  the copies, in the frame's turn, so that they keep the batch's order:
//               unicast.h   one, or a drop: same port, port down, too long
//               flood.cc    what look-up did not find: one for each other port of the bridge
//               backlog.cc  what a batch cannot flood any more waits for the next one
//   mirror.cc   behind admit.cc and behind forward.cc, where there are mirrors: copies for those
//               who look on
// A stage gets the Pass (pass.h) and what it keeps from batch to batch.
//
// Thread-safety: one Pipeline per worker, used by its thread only. What workers share is the
// MacTables behind the snapshot.
//
// Accepted anomaly: frames are looked up after all of the batch was learned, so a station that
// moves within a batch gets all of the batch's frames at its last port, also those that came before
// the move.
#ifndef VSWITCH_BRIDGE_PIPELINE_H_
#define VSWITCH_BRIDGE_PIPELINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "bridge/backlog.h"
#include "bridge/counters.h"
#include "bridge/forwarding_config.h"
#include "bridge/frame.h"
#include "bridge/learn.h"
#include "bridge/look_up.h"
#include "bridge/outcome.h"
#include "bridge/trace.h"

namespace vswitch {

class Pipeline {
 public:
  // `counters` has kMaxPorts elements and outlives the pipeline.
  explicit Pipeline(PortCounters* counters);

  // Takes effect for the next batch. Until the first call every port counts as removed.
  // REQUIRES: Derive() was called last; no table is null.
  void SetConfig(std::shared_ptr<const ForwardingConfig> config);

  // Decides for every frame of `batch`, and for what waits from earlier ones; the answer replaces
  // what `*outcome` holds. Counts ingress, flood copies and drops; egress is counted by whoever
  // writes the copies. A frame of the batch has a copy, or a reason in Frame::drop, or waits.
  // `now`: ticks (seconds) as for MacTable. `now_ns`: of any monotonic clock; needed only where a
  // port of the snapshot has limits (ForwardingConfig::has_police).
  // REQUIRES: batch.size() <= kMaxBatch; every ingress < kMaxPorts.
  // `trace`: takes what becomes of a batch of one, in words (trace.h).
  void Process(std::span<Frame> batch, uint32_t now, Outcome* outcome, uint64_t now_ns = 0,
               Trace* trace = nullptr);

  // Whether frames wait for the next Process(), which need not wait for others then.
  bool HasWaiting() const { return !backlog_.empty(); }
  size_t waiting() const { return backlog_.size(); }
  // Whether the port is to be read no more until its frames that wait have left: they cost too
  // much. Changes are told by Outcome::hold_changes.
  bool IsHeld(PortId port) const { return backlog_.IsHeld(port); }
  bool HasWaitingFrom(PortId port) const { return backlog_.HoldsFrom(port); }
  // What the last Process() went by.
  const ForwardingConfig& config() const { return *config_; }
  // Drops what waits of `port`, which is being removed: nothing of it is left in the pipeline.
  // Their buffers replace what `*outcome` holds.
  void DropWaiting(PortId port, Outcome* outcome);

  static constexpr size_t kMaxBatch = 1024;

 private:
  PortCounters* counters_;
  std::shared_ptr<const ForwardingConfig> config_;
  LearnScratch learn_scratch_;
  LookUpScratch look_up_scratch_;
  Backlog backlog_;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_PIPELINE_H_
