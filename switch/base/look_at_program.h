// What can be told of the BPF programs on netdevs without libbpf, by who did not put them there.
// Thread-safety: any thread.
#ifndef VSWITCH_SWITCH_BASE_LOOK_AT_PROGRAM_H_
#define VSWITCH_SWITCH_BASE_LOOK_AT_PROGRAM_H_

#include <cstdint>
#include <optional>
#include <string>

namespace vswitch {

// By what one is known as of this switch, of whatever daemon: how a program's name begins, and the
// handle of a tc filter.
inline constexpr char kOwnProgramPrefix[] = "vsw_";
inline constexpr uint32_t kOwnFilterHandle = 0x76737769;  // "vswi"

// Of the program with this id; nullopt where we may not look (CAP_SYS_ADMIN), or it is gone.
std::optional<std::string> ProgramName(uint32_t id);

// Whether this kernel has tcx; nullopt where we may not ask (CAP_NET_ADMIN). The netdev may be any.
std::optional<bool> HasTcx(int ifindex);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_LOOK_AT_PROGRAM_H_
