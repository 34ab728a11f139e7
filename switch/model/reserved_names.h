// The reserved group addresses 01-80-C2-00-00-00 to -0F by name (IEEE 802.1Q, table 8-1), as
// bridge setting forward_reserved= writes them. Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_MODEL_RESERVED_NAMES_H_
#define VSWITCH_SWITCH_MODEL_RESERVED_NAMES_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace vswitch {

// "stp,lacp,lldp" as bits by the address's last digit. One that has no name is that digit: "0x5".
// Empty text: none. InvalidArgument names what is no such name, and what comes near.
absl::StatusOr<uint16_t> ReadReservedNames(std::string_view text);
// What ReadReservedNames() reads back.
std::string ReservedNamesText(uint16_t mask);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_RESERVED_NAMES_H_
