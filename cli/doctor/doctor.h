// All checks, run: those of the machine, of the daemon and of its ports.
//
//   ReadMachine, ReadPorts -> facts -> the tables' judges -> findings
#ifndef VSWITCH_CLI_DOCTOR_DOCTOR_H_
#define VSWITCH_CLI_DOCTOR_DOCTOR_H_

#include <set>
#include <string>
#include <vector>

#include "cli/doctor/finding.h"
#include "cli/doctor/machine.h"

namespace vswitch {

// All of it; with `ports`, what concerns these alone.
std::vector<Finding> RunDoctor(const MachineFacts& machine, const std::set<std::string>& ports);

// What is looked at, a line for each check, for help.
std::string DoctorChecksHelp();

}  // namespace vswitch

#endif  // VSWITCH_CLI_DOCTOR_DOCTOR_H_
