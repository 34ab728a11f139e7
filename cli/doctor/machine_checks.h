// What is looked at on the machine and of the daemon: a row for each check. A check is a pure
// function of what was read; its cure, when it is run, makes it find nothing.
#ifndef VSWITCH_CLI_DOCTOR_MACHINE_CHECKS_H_
#define VSWITCH_CLI_DOCTOR_MACHINE_CHECKS_H_

#include <span>
#include <string_view>

#include "cli/doctor/finding.h"
#include "cli/doctor/machine.h"

namespace vswitch {

struct MachineCheck {
  std::string_view name;
  std::string_view subject;  // "machine" or "vswitchd".
  std::string_view looks_at;
  Judgement (*judge)(const MachineFacts& facts);
  bool needs_daemon = false;  // Has nothing to look at without.
};

std::span<const MachineCheck> MachineChecks();

}  // namespace vswitch

#endif  // VSWITCH_CLI_DOCTOR_MACHINE_CHECKS_H_
