// What is known of this machine and of the daemon, read once; the checks (machine_checks.cc) judge
// it. What could not be read is a status that says why.
//
// Thread-safety: none needed; values.
#ifndef VSWITCH_CLI_DOCTOR_MACHINE_H_
#define VSWITCH_CLI_DOCTOR_MACHINE_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/host.h"
#include "cli/json.h"

namespace vswitch {

// Where the files of the system are read. Tests have a folder of their own making: what the
// kernel has once only, such as kernel.io_uring_disabled, is not theirs to change.
struct SystemFiles {
  std::string root;  // Before each path.

  // NotFound, PermissionDenied: as the kernel says. Without the last newline.
  absl::StatusOr<std::string> Read(const std::string& path) const;
};

// What of a running daemon can be seen from outside.
struct DaemonFacts {
  absl::Status answered;  // Of asking it.
  Json show;              // What it shows.
  pid_t pid = 0;          // 0: it is in a PID namespace that we do not see.
  absl::StatusOr<uint64_t> capabilities = absl::UnknownError("");  // 1 << CAP_*
  // Soft limits; UINT64_MAX: unlimited.
  absl::StatusOr<uint64_t> open_files = absl::UnknownError("");
  absl::StatusOr<uint64_t> locked_memory = absl::UnknownError("");  // Bytes.
  uint64_t most_open_files = 0;                                     // Hard limits, likewise.
  uint64_t most_locked_memory = 0;
  // Whether it is in the network namespace of this process.
  absl::StatusOr<bool> is_here = absl::UnknownError("");
};

struct MachineFacts {
  const Host* host = nullptr;
  SystemFiles files;
  std::string vswitchctl = "vswitchctl";  // With --socket, where that is needed.
  std::string socket_flag;                // " --socket=PATH", likewise.

  std::string kernel;                                   // "6.1.0-18-amd64"
  absl::StatusOr<std::string> io_uring_disabled = "0";  // NotFound: a kernel before 6.6.
  int io_uring_error = 0;                               // Of making a ring; an errno.
  bool has_seccomp_filter = false;                      // This process.
  int tun_error = 0;                                    // Of opening /dev/net/tun; an errno.
  int bpf_error = 0;                                    // Of loading a program; an errno.
  std::optional<bool> has_tcx;                          // Nullopt: could not be asked.
  absl::StatusOr<std::string> bpf_jit = "1";            // net.core.bpf_jit_enable
  // net.bridge.bridge-nf-call-iptables, -ip6tables; NotFound: br_netfilter is not there.
  absl::StatusOr<std::string> bridge_nf_call = "0";
  absl::StatusOr<std::string> bridge_nf_call6 = "0";
  absl::StatusOr<std::string> backlog = "1000";          // net.core.netdev_max_backlog
  absl::StatusOr<uint64_t> backlog_drops = uint64_t{0};  // Frames, of all CPUs.
  std::vector<std::string> services;                     // Those that run, of services.h.
  DaemonFacts daemon;

  bool Has(int capability) const { return (host->capabilities >> capability & 1) != 0; }
  // The command line as it is run as root: with sudo for who is not.
  std::string AsRoot(std::string_view command) const;
};

// `answer`: what came of asking the daemon, over a connection of which `peer` is the other end's
// pid.
DaemonFacts ReadDaemon(const SystemFiles& files, absl::StatusOr<Json> show, pid_t peer);
MachineFacts ReadMachine(const Host& host, SystemFiles files, DaemonFacts daemon);

}  // namespace vswitch

#endif  // VSWITCH_CLI_DOCTOR_MACHINE_H_
