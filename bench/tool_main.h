// The main() of the tools of this folder: flags, log, how an error and how a signal ends them.
#ifndef VSWITCH_BENCH_TOOL_MAIN_H_
#define VSWITCH_BENCH_TOOL_MAIN_H_

#include "absl/status/status.h"
#include "switch/base/unique_fd.h"

namespace vswitch {

// Reads the flags, runs `run`, and says what went wrong; returns the exit status.
int ToolMain(int argc, char** argv, const char* usage, absl::Status (*run)());

// Readable once SIGTERM or SIGINT has come; from here on they do not end the process.
UniqueFd StopSignal();

}  // namespace vswitch

#endif  // VSWITCH_BENCH_TOOL_MAIN_H_
