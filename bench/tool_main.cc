#include "bench/tool_main.h"

#include <sys/signalfd.h>

#include <csignal>
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

UniqueFd StopSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return UniqueFd(signalfd(-1, &signals, SFD_CLOEXEC));
}

}  // namespace vswitch
