// Which port or bridge an error of a change is about, or the address of which static entry, for who
// made many changes at once: a part of the status that its message need not tell.
// Thread-safety: pure functions.
#ifndef VSWITCH_SWITCH_MODEL_SUBJECT_H_
#define VSWITCH_SWITCH_MODEL_SUBJECT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/cord.h"

namespace vswitch {

inline constexpr char kSubjectUrl[] = "vswitch/subject";

// `status`, which stays OK if it is.
inline absl::Status About(std::string_view name, absl::Status status) {
  if (!status.ok()) status.SetPayload(kSubjectUrl, absl::Cord(std::string(name)));
  return status;
}

// Empty: of nothing in particular.
inline std::string SubjectOf(const absl::Status& status) {
  const auto name = status.GetPayload(kSubjectUrl);
  return name.has_value() ? std::string(*name) : "";
}

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_MODEL_SUBJECT_H_
