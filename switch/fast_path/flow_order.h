// A worker's part in keeping flows in order while the kernel takes them over: it tells the program
// what has left the slow path. See port_order in shared.h for the protocol.
//
// Thread-safety: one object a worker, used by its thread. The memory that it writes to is shared
// with the program and with other workers.
#ifndef VSWITCH_SWITCH_FAST_PATH_FLOW_ORDER_H_
#define VSWITCH_SWITCH_FAST_PATH_FLOW_ORDER_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "mac_table/fdb_key.h"
#include "switch/fast_path/shared.h"

namespace vswitch {

class FlowOrder {
 public:
  // `orders`: of all ports, or empty where there is no fast path. Must outlive the object.
  // `only_worker`: nobody else reads frames of these ports. Then frames come out of the slow path
  // in the order in which they were handed up; else only an empty one tells that all are out.
  FlowOrder(std::span<port_order> orders, bool only_worker);

  // `frames` frames of a port were read.
  void OnRead(PortId port, uint32_t frames);

  // Whether a flow waits for OnWritten(): not a time to sleep before it. With other workers any
  // may: what this one has written must not seem to be on its way for as long as it sleeps.
  bool IsWanted() const { return wanted_ || (!only_worker_ && !touched_.empty()); }

  // All that was read so far is written or dropped, but for what `holds(port)` says some of waits
  // in the worker.
  template <typename Holds>
  void OnWritten(Holds holds) {
    for (const PortId port : touched_) Settle(port, holds(port));
    touched_.clear();
    wanted_ = false;
  }

  // Forgets a port: its next frames are another port's.
  void Forget(PortId port);

 private:
  // What was handed up when it was looked at.
  struct Note {
    bool taken = false;
    uint64_t total = 0;
    std::array<uint64_t, FLOW_BUCKETS> handed;
  };
  struct Port {
    uint64_t unwritten = 0;
    Note note;
  };

  void Settle(PortId port, bool holds_some);
  static void Take(const port_order& order, Note* note);
  bool HasPassed(const port_order& order, const Note& note) const;
  static void Publish(const Note& note, port_order* order);

  const std::span<port_order> orders_;
  const bool only_worker_;
  std::vector<Port> ports_;
  // Have been read from since the last OnWritten().
  std::vector<PortId> touched_;
  bool wanted_ = false;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_FAST_PATH_FLOW_ORDER_H_
