// All that a page tells of the switch, as the controller told it at one moment: what the JSON
// reports (switch/rpc/report.h) and the metrics are both made of, so that they cannot differ.
//
// Thread-safety: TakeSnapshot on the control thread; a snapshot is a value for any thread.
#ifndef VSWITCH_SWITCH_METRICS_SNAPSHOT_H_
#define VSWITCH_SWITCH_METRICS_SNAPSHOT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "switch/core/controller.h"

namespace vswitch {

struct Snapshot {
  uint64_t taken_us = 0;  // CLOCK_MONOTONIC
  std::vector<BridgeStatus> bridges;
  SwitchStats stats;
  std::vector<std::pair<std::string, TableStats>> tables;
};

Snapshot TakeSnapshot(Controller& controller);

// Of any thread but the control thread's. Not taken anew for each who asks. Null: the daemon is
// ending.
using SnapshotSource = std::function<std::shared_ptr<const Snapshot>()>;

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_METRICS_SNAPSHOT_H_
