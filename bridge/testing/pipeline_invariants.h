// What holds for every batch, whatever the frames: for the randomized test and the fuzz target.
#ifndef VSWITCH_BRIDGE_TESTING_PIPELINE_INVARIANTS_H_
#define VSWITCH_BRIDGE_TESTING_PIPELINE_INVARIANTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "bridge/counters.h"
#include "bridge/forwarding_config.h"
#include "bridge/outcome.h"

namespace vswitch {

// What is wrong with the balance of counters.h while `waiting` frames are in the backlog; empty:
// nothing.
std::string CheckBalance(std::span<const PortCounters> counters, uint64_t waiting);

// Plays the writer behind a pipeline: counts the egress of every copy, and knows which frames wait.
class CheckingWriter {
 public:
  // `counters` are the pipeline's, all 0 so far. Each frame that is not finished has a buffer of
  // its own (Frame::buffer).
  explicit CheckingWriter(std::span<PortCounters> counters) : counters_(counters) {}

  // After Process(). Returns what is wrong, or an empty string:
  //  - no copy goes to the frame's ingress port, to another bridge, to a port that is down, twice
  //    to one port, or, by the tags that it has when it is written, into another VLAN;
  //  - copies of a flow are in the order in which its frames came, and none overtakes one that
  //    waits;
  //  - a frame has a copy, or a drop reason, or waits; never two of these, but for a flood of
  //    costly copies, some of which may wait;
  //  - a frame is finished once, and never before its copies were made;
  //  - the balance of counters.h holds.
  std::string Write(std::span<const Frame> batch, const ForwardingConfig& config,
                    const Outcome& outcome);

  // Buffers of the frames that wait, the oldest first.
  std::vector<uint16_t> waiting() const;

 private:
  // Frames of one port to one station.
  using Flow = std::pair<PortId, uint64_t>;
  // A frame that was not finished before this batch, or came with it; the oldest first.
  struct Arrival {
    uint16_t buffer;
    Flow flow;
    bool is_costly = false;
    bool dropped = false;
    // Where it went.
    std::set<PortId> copied_to;
    bool finished = false;
  };

  std::string CheckCopies(const ForwardingConfig& config, const Outcome& outcome);
  std::string CheckFates() const;

  std::span<PortCounters> counters_;
  std::vector<Arrival> waiting_;
  std::map<uint16_t, size_t> place_;
};

}  // namespace vswitch

#endif  // VSWITCH_BRIDGE_TESTING_PIPELINE_INVARIANTS_H_
