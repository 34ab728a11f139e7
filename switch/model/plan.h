// What a change from one desired state to another comes to, step by step, in words that people and
// scripts can read: what `apply` and `diff` show. Thread-safety: pure function.
#ifndef VSWITCH_SWITCH_MODEL_PLAN_H_
#define VSWITCH_SWITCH_MODEL_PLAN_H_

#include <string>
#include <string_view>
#include <vector>

#include "switch/model/desired.h"

namespace vswitch {

struct PlanStep {
  enum class Action { kAdd, kChange, kMove, kDelete };
  // A setting as it is written behind "key=". Of what is added, `before` is the default.
  struct Setting {
    std::string key;
    std::string before;
    std::string after;
  };

  Action action = Action::kAdd;
  std::string what;    // "bridge", "port", "fdb" or "mirror".
  std::string bridge;  // It is on, in the end if it stays; its own name of a bridge.
  std::string name;    // An entry's address, and "vlan N" behind it in a VLAN.
  std::string from;    // kMove: the bridge that it leaves.
  // Those that differ; of what is deleted none.
  std::vector<Setting> settings;
  // A port's device is made anew: its guest has to open it again.
  bool new_device = false;
};

std::string_view PlanActionName(PlanStep::Action action);

// In the order in which they stand in `after`, a bridge before its ports; then what goes. Empty:
// they are the same, the order of bridges and ports and PortSpec::created apart. REQUIRES: both
// pass CheckState().
std::vector<PlanStep> PlanOf(const Desired& before, const Desired& after);

// "add port vm0 on br0 mtu=9000", for the log.
std::string PlanStepText(const PlanStep& step);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_PLAN_H_
