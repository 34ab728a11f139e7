// libpcap's filter language: an expression becomes a program that the daemon runs. It is compiled
// here, by whoever asks, since it comes from outside and may look up names.
// Thread-safety: libpcap's compiler is one thread's at a time, since 1.8 any number's.
#ifndef VSWITCH_CLI_CAPTURE_COMPILE_FILTER_H_
#define VSWITCH_CLI_CAPTURE_COMPILE_FILTER_H_

#include <string>

#include "absl/status/statusor.h"

namespace vswitch {

// The program as text, "4,40 0 0 12,21 0 1 2054,6 0 0 262144,6 0 0 0"; empty for an empty
// expression. UsageError in libpcap's words.
absl::StatusOr<std::string> CompileFilter(const std::string& expression);

}  // namespace vswitch

#endif  // VSWITCH_CLI_CAPTURE_COMPILE_FILTER_H_
