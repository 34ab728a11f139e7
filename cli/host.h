// This process and this machine, as far as the CLI's own decisions depend on them. A value, so that
// tests can make one up. The paths are there for the same reason.
#ifndef VSWITCH_CLI_HOST_H_
#define VSWITCH_CLI_HOST_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace vswitch {

struct Host {
  uid_t euid = 0;
  std::string user;               // The name of `euid`, or the number where it has none.
  std::optional<uid_t> sudo_uid;  // Who typed sudo, when this is root and it was not root.
  bool takes_sequences = false;   // Standard output is a terminal that is not dumb,
  bool takes_colour = false;      // and nobody minds colours (NO_COLOR).
  bool has_net_admin = false;     // CAP_NET_ADMIN: the kernel lets such a process open any TAP.
  uint64_t capabilities = 0;      // Effective ones: 1 << CAP_*.
  std::string tun_path = "/dev/net/tun";
  std::string proc_path = "/proc";
  // Whether this network namespace has a netdev of that name.
  std::function<bool(const std::string&)> has_netdev;
};

// Reads the environment (SUDO_UID), the user database and /proc/self.
Host ReadHost();

// `sudo_uid` as the environment has it: nullopt unless `euid` is root and `text` a user's number
// other than 0.
std::optional<uid_t> ParseSudoUid(uid_t euid, const char* text);

// Whether it may be told to move its cursor and the like, by the variable TERM, which may be null.
bool TakesSequences(bool is_terminal, const char* term);
// Whether it is to be shown colours, by the variable NO_COLOR, which may be null.
bool WantsColour(bool takes_sequences, const char* no_color);

// The effective capabilities that the text of /proc/PID/status tells, 1 << CAP_*.
uint64_t StatusCapabilities(std::string_view status);
// Whether it grants CAP_NET_ADMIN.
bool StatusHasNetAdmin(std::string_view status);

}  // namespace vswitch

#endif  // VSWITCH_CLI_HOST_H_
