// How much the process logs, changed while it runs. Of glog, the one logger: its two numbers as one
// word.
// Thread-safety: control thread; other threads see a change with one of their next messages.
#ifndef VSWITCH_SWITCH_BASE_LOG_LEVEL_H_
#define VSWITCH_SWITCH_BASE_LOG_LEVEL_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace vswitch {

// "error", "warning", "info" or "verbose": that and what is graver is logged. InvalidArgument for
// another word, with the nearest and the list.
absl::Status SetLogLevel(std::string_view level);
std::string_view LogLevel();

}  // namespace vswitch

#endif  // VSWITCH_SWITCH_BASE_LOG_LEVEL_H_
