// What to do about a refusal, in the words of the command line. The daemon tells the cause and the
// nearest name; it does not know who asks, and speaks of no verb or flag of ours.
// Thread-safety: pure functions.
#ifndef VSWITCH_CLI_VERBS_HINTS_H_
#define VSWITCH_CLI_VERBS_HINTS_H_

#include <string_view>

#include "absl/status/status.h"
#include "cli/json_fwd.h"

namespace vswitch {

// `error`, which the daemon answered to this request, with a hint at the end of its message where
// there is one; an error that has none comes back as it is.
absl::Status WithHint(const absl::Status& error, std::string_view method, const Json& params);

}  // namespace vswitch

#endif  // VSWITCH_CLI_VERBS_HINTS_H_
