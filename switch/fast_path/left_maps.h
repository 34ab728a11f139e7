// The maps that an earlier daemon has left in the kernel. When it was killed, or was asked to, it
// leaves its program on the devices of ports, and the program holds the maps. Nothing is pinned
// anywhere: a program is found on its device, and by it the maps (which takes CAP_SYS_ADMIN).
//
// Thread-safety: control thread. Ownership: descriptors of the maps, which keep them.
#ifndef VSWITCH_SWITCH_FAST_PATH_LEFT_MAPS_H_
#define VSWITCH_SWITCH_FAST_PATH_LEFT_MAPS_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

class LeftMaps {
 public:
  // Of the programs with these ids those of this switch, and of those the last one's. NotFound:
  // there is none. FailedPrecondition: its maps are of another release, with another layout.
  // PermissionDenied: we may not look.
  static absl::StatusOr<LeftMaps> Find(std::string_view switch_id,
                                       std::span<const uint32_t> programs);

  // By the kernel's name of it, of 15 characters at most; -1: there is no such map.
  int fd(std::string_view name) const;

 private:
  std::map<std::string, UniqueFd, std::less<>> by_name_;
};

// The switch whose program this is; empty when it is no vsw_forward. PermissionDenied: we may not
// look.
absl::StatusOr<std::string> SwitchOfProgram(uint32_t program);

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_FAST_PATH_LEFT_MAPS_H_
