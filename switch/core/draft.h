// What the changes of one Together() have come to so far: together.cc. Thread-safety: control
// thread.
#ifndef VSWITCH_SWITCH_CORE_DRAFT_H_
#define VSWITCH_SWITCH_CORE_DRAFT_H_

#include <functional>
#include <optional>
#include <vector>

#include "switch/core/controller.h"
#include "switch/link/link.h"
#include "switch/model/desired.h"

namespace vswitch {

struct Draft {
  Desired desired;
  // Ports whose TAPs are removed although guests have them open: they were deleted last so.
  PortNames forced;
  // What is to be done when the draft has become the desired state.
  std::vector<std::function<void()>> afterwards;
  // What there still is then of ports that are gone: looked for once, whatever many were deleted.
  std::optional<std::vector<LinkInfo>> left;
  KeptTaps kept;
};

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_CORE_DRAFT_H_
