// What a bridge or a port may be called. The kernel's own rules for a netdev's name (1 to 15 bytes,
// IFNAMSIZ; no '/', ':' or white space; dev_valid_name() in net/core/dev.c), and tighter where a
// name it takes would hurt: printable ASCII only, no '%' (the kernel would put a number in its
// place), no '-' in front (commands would take it for an option). A bridge is no netdev, but shares
// the rules so that both can be typed and shown the same way. Thread-safety: pure functions.
// Errors: InvalidArgument, which quotes the name and says what is wrong.
#ifndef VSWITCH_SWITCH_MODEL_NAMES_H_
#define VSWITCH_SWITCH_MODEL_NAMES_H_

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace vswitch {

inline constexpr size_t kMaxNameBytes = 15;  // IFNAMSIZ less its terminator.

absl::Status CheckBridgeName(std::string_view name);
absl::Status CheckMirrorName(std::string_view name);
// Beside the common rules, refuses "all" and "default", which the kernel keeps for its sysctl
// folders.
absl::Status CheckPortName(std::string_view name);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_NAMES_H_
