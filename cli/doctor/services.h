// Services that take every network device that they find: whether one runs, and whether it leaves a
// device alone. A port that another service configures is set down, given addresses or another MTU.
//
// Each is asked in the way in which it tells: systemd-networkd and NetworkManager write what they
// make of a device into /run; of dhcpcd and connman only the configuration is there.
// Thread-safety: none needed.
#ifndef VSWITCH_CLI_DOCTOR_SERVICES_H_
#define VSWITCH_CLI_DOCTOR_SERVICES_H_

#include <span>
#include <string>
#include <vector>

#include "cli/doctor/finding.h"

namespace vswitch {

struct SystemFiles;
struct MachineFacts;

struct Netdev {
  std::string name;
  int ifindex = 0;
};

// Those that run in this network namespace, by name; in a namespace that we may not look at counts
// as in this one.
std::vector<std::string> RunningServices(const SystemFiles& files);

// Whether the service leaves the device alone.
Judgement JudgeService(const std::string& service, const Netdev& device,
                       const MachineFacts& machine);

}  // namespace vswitch

#endif  // VSWITCH_CLI_DOCTOR_SERVICES_H_
