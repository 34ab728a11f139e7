// A change from one desired state to another: what Commit() carries out. transaction.cc has the
// steps that can be taken back, finish.cc those that cannot fail. Thread-safety: control thread.
#ifndef VSWITCH_SWITCH_CORE_TRANSACTION_H_
#define VSWITCH_SWITCH_CORE_TRANSACTION_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "switch/core/switch_controller.h"
#include "switch/core/undo_log.h"
#include "switch/model/diff.h"

namespace vswitch {

// Prepare() takes the steps that can be taken back, in this order, and the destructor takes them
// back unless Finish() has made them last. Ports and bridges that go keep running until then.
class SwitchController::Transaction {
 public:
  // REQUIRES: `next` passes CheckState().
  Transaction(SwitchController* controller, Desired next, const PortNames& forced)
      : controller_(*controller),
        forced_(forced),
        next_(std::move(next)),
        diff_(Diff(controller_.desired_, next_)) {}

  const Desired& next() const { return next_; }

  absl::Status Prepare() {
    absl::Status status = controller_.CheckLearnLimits(diff_);
    if (status.ok()) status = MakeTables();
    if (status.ok()) status = CheckBroken();
    if (status.ok()) status = MakePorts();
    if (status.ok()) status = DetachReplaced();
    if (status.ok()) status = AttachDevices();
    if (status.ok()) status = ApplySettings();
    if (status.ok()) status = AddStaticEntries();
    return status;
  }

  // Makes next() the desired state, tells the workers, and takes away what goes. Call once, after
  // Prepare() has succeeded and the state was saved.
  void Finish();

 private:
  // Of new bridges, and of those whose table changes its size. The latter has no effect before
  // Finish().
  absl::Status MakeTables();
  // A bridge that has no table yet takes no ports or static entries.
  absl::Status CheckBroken() const;
  // Its problem, unless this change ends it. Empty when it has none.
  std::string ProblemOf(std::string_view bridge) const;
  absl::Status MakePorts();
  // Those whose device will not do any more: two of one name cannot be.
  absl::Status DetachReplaced();
  absl::Status AttachDevices();
  absl::Status ApplySettings();
  absl::Status AddStaticEntries();
  absl::Status AddStaticEntry(std::string_view bridge, const StaticEntrySpec& entry);

  void AdoptBridges();
  void AdoptPorts();
  void TakeAway();

  SwitchController& controller_;
  const PortNames& forced_;
  Desired next_;
  const StateDiff diff_;
  // By the names of their bridges.
  std::map<std::string_view, std::shared_ptr<MacTable>> resized_;
  // Had no table until now; their ports are still to be brought up.
  std::vector<const Bridge*> cured_;
  // Have new devices, which the workers do not know of.
  std::vector<Port*> attached_;
  // What the tables of their former bridges still know of ports that have moved to other bridges.
  std::vector<std::pair<std::shared_ptr<MacTable>, PortId>> moved_;
  // Last: it is the first to go, and takes back by way of all of the above.
  UndoLog undo_;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_TRANSACTION_H_
