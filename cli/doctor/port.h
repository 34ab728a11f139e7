// What is known of one port: what the daemon shows, and what the kernel shows of its device in the
// network namespace of this process. The checks (port_checks.cc) judge it.
//
// Thread-safety: none needed; values.
#ifndef VSWITCH_CLI_DOCTOR_PORT_H_
#define VSWITCH_CLI_DOCTOR_PORT_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/doctor/machine.h"
#include "switch/base/tap_holder.h"
#include "switch/link/link.h"
#include "switch/link/link_uses.h"

namespace vswitch {

struct PortFacts {
  const MachineFacts* machine = nullptr;

  // The daemon's.
  std::string name;
  std::string bridge;
  std::string type;
  std::string state;
  std::string detail;
  std::string device;  // What its device is called now.
  std::string owner;
  uint32_t mtu = 0;
  uint32_t usual_mtu = 0;  // Of most ports of its bridge.
  uint32_t queues = 1;

  // The kernel's. Without a link nothing of what follows is known.
  absl::StatusOr<LinkInfo> link = absl::UnknownError("");
  std::optional<LinkInfo> master;       // Whose port the device is.
  std::optional<LinkInfo> peer;         // The other end of a veth, when it is here.
  std::optional<LinkInfo> peer_master;  // And whose port that is.
  std::vector<TapHolder> holders;
  bool all_holders_seen = false;
  std::vector<std::string> addresses;  // "10.0.0.1/24"; without those that every device has.
  absl::StatusOr<std::vector<TcFilter>> ingress_filters = absl::UnknownError("");  // With ours,
  absl::StatusOr<std::vector<TcFilter>> egress_filters = absl::UnknownError("");   // if any.
  absl::StatusOr<std::vector<std::string>> programs = absl::UnknownError("");  // Others', in tcx.
  absl::StatusOr<LinkUses> uses = absl::UnknownError("");                      // Of an uplink.
  absl::StatusOr<bool> lro = absl::UnknownError("");
  absl::StatusOr<std::string> ipv6_disabled = absl::UnknownError("");
  // Where its device is instead: the path that opens that network namespace.
  std::string moved_to;
};

// The ports that the daemon shows, all or those named.
std::vector<PortFacts> ReadPorts(const MachineFacts& machine, const std::set<std::string>& names);

}  // namespace vswitch

#endif  // VSWITCH_CLI_DOCTOR_PORT_H_
