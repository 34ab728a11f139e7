#include "bench/tool_main.h"

#include <iostream>

#include "gflags/gflags.h"
#include "glog/logging.h"

namespace vswitch {

int ToolMain(int argc, char** argv, const char* usage, absl::Status (*run)()) {
  gflags::SetUsageMessage(usage);
  FLAGS_logtostderr = true;
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  google::InitGoogleLogging(argv[0]);
  const absl::Status status = run();
  if (status.ok()) return 0;
  std::cerr << gflags::ProgramInvocationShortName() << ": " << status.message() << "\n";
  return 1;
}

}  // namespace vswitch
