#include "cli/doctor/doctor.h"

#include "absl/strings/match.h"
#include "cli/doctor/machine_checks.h"
#include "cli/doctor/port.h"
#include "cli/doctor/port_checks.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

bool IsFor(const PortCheck& check, const std::string& type) {
  return absl::StrContains(std::string(check.types), type);
}

// Whether there is something that it could look at, and that no other check tells.
bool HasSubject(const PortCheck& check, const PortFacts& port) {
  if (port.link.ok()) return true;
  // Of a missing device `state` says both what is wrong and what cures it.
  return !check.needs_link && (check.name != "device" || port.state != "missing");
}

std::string HelpLine(std::string_view name, std::string_view looks_at) {
  constexpr size_t kWidth = 18;
  const size_t pad = name.size() < kWidth ? kWidth - name.size() : 1;
  return StrCat("  ", name, std::string(pad, ' '), looks_at, "\n");
}

}  // namespace

std::vector<Finding> RunDoctor(const MachineFacts& machine, const std::set<std::string>& ports) {
  std::vector<Finding> findings;
  for (const MachineCheck& check : MachineChecks()) {
    if (!ports.empty() && check.name != "daemon" && check.name != "namespace") continue;
    if (check.needs_daemon && !machine.daemon.answered.ok()) continue;
    findings.push_back({std::string(check.name), std::string(check.subject), check.judge(machine)});
  }
  for (const PortFacts& port : ReadPorts(machine, ports)) {
    for (const PortCheck& check : PortChecks()) {
      if (!IsFor(check, port.type) || !HasSubject(check, port)) continue;
      findings.push_back({std::string(check.name), port.name, check.judge(port)});
    }
  }
  return findings;
}

std::string DoctorChecksHelp() {
  std::string text = "Of the machine and the daemon:\n";
  for (const MachineCheck& check : MachineChecks()) text += HelpLine(check.name, check.looks_at);
  text += "Of each port:\n";
  for (const PortCheck& check : PortChecks()) text += HelpLine(check.name, check.looks_at);
  return text;
}

}  // namespace vswitch
