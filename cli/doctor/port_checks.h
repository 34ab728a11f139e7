// What is looked at of each port: a row for each check. A check is a pure function of what was
// read; its cure, when it is run, makes it find nothing.
#ifndef VSWITCH_CLI_DOCTOR_PORT_CHECKS_H_
#define VSWITCH_CLI_DOCTOR_PORT_CHECKS_H_

#include <span>
#include <string_view>

#include "cli/doctor/finding.h"
#include "cli/doctor/port.h"

namespace vswitch {

struct PortCheck {
  std::string_view name;
  std::string_view types;  // Of ports that it is for.
  std::string_view looks_at;
  Judgement (*judge)(const PortFacts& port);
  bool needs_link = true;  // Has nothing to look at where the device is not here.
};

std::span<const PortCheck> PortChecks();

}  // namespace vswitch

#endif  // VSWITCH_CLI_DOCTOR_PORT_CHECKS_H_
