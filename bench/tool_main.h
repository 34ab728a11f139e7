// The main() of the tools of this folder: flags, log, and how an error ends them.
#ifndef VSWITCH_BENCH_TOOL_MAIN_H_
#define VSWITCH_BENCH_TOOL_MAIN_H_

#include "absl/status/status.h"

namespace vswitch {

// Reads the flags, runs `run`, and says what went wrong; returns the exit status.
int ToolMain(int argc, char** argv, const char* usage, absl::Status (*run)());

}  // namespace vswitch

#endif  // VSWITCH_BENCH_TOOL_MAIN_H_
