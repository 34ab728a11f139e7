// What differs between two desired states. Bridges and ports are known by their names, static
// entries by their addresses; the order in which they stand does not count.
//
// Thread-safety: pure functions. Ownership: a diff points into both states, and holds only as long
// as nothing is added to or removed from either; moving a state as a whole is allowed.
#ifndef VSWITCH_SWITCH_MODEL_DIFF_H_
#define VSWITCH_SWITCH_MODEL_DIFF_H_

#include <vector>

#include "switch/model/desired.h"

namespace vswitch {

// At least one of `before` and `after` is set, here and in PortDiff.
struct BridgeDiff {
  // Null: the bridge is new.
  const BridgeSpec* before = nullptr;
  // Null: it goes.
  const BridgeSpec* after = nullptr;
  // New, or otherwise than before.
  std::vector<const StaticEntrySpec*> entries_set;
  std::vector<const StaticEntrySpec*> entries_gone;

  bool is_new() const { return before == nullptr; }
  bool is_gone() const { return after == nullptr; }
  // A table has its size from the start.
  bool needs_table() const {
    return !is_gone() && (is_new() || before->fdb_entries != after->fdb_entries);
  }
};

struct PortDiff {
  const PortSpec* before = nullptr;
  const PortSpec* after = nullptr;
  // The bridges that it is on; null as those are.
  const BridgeSpec* bridge_before = nullptr;
  const BridgeSpec* bridge_after = nullptr;

  bool is_new() const { return before == nullptr; }
  bool is_gone() const { return after == nullptr; }
  // It needs a device, and the one that it has will not do.
  bool needs_device() const;
};

struct StateDiff {
  std::vector<BridgeDiff> bridges;
  std::vector<PortDiff> ports;
};

// New and changed ones in the order of `after`, then those that go. A bridge is changed also when
// only its ports are. PortSpec::created is no difference of a port: it tells what was done, not
// what is asked for. REQUIRES: both pass CheckState().
StateDiff Diff(const Desired& before, const Desired& after);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_DIFF_H_
