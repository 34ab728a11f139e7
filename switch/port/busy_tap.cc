#include "switch/port/busy_tap.h"

#include "absl/strings/str_cat.h"

namespace vswitch {

std::string ByTapHolder(const std::optional<TapHolder>& holder) {
  if (!holder) return "by a process that vswitchd cannot see";
  return absl::StrCat("by process ", holder->pid, " (", holder->command, ")");
}

}  // namespace vswitch
