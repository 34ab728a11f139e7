// Errors in the desired state that name their place: "bridges[0].ports[2]: ...". Thread-safety:
// pure functions.
#ifndef VSWITCH_SWITCH_MODEL_AT_PLACE_H_
#define VSWITCH_SWITCH_MODEL_AT_PLACE_H_

#include <string_view>

#include "absl/status/status.h"
#include "switch/base/str_cat.h"

namespace vswitch {

inline absl::Status BadAt(std::string_view place, std::string_view what) {
  return absl::InvalidArgumentError(StrCat(place, ": ", what));
}

// The same error with the place in front; OK stays OK.
inline absl::Status AtPlace(std::string_view place, const absl::Status& status) {
  return status.ok() ? status : BadAt(place, StdView(status.message()));
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_AT_PLACE_H_
