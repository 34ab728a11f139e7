// `vswitchctl`: reads the flags, runs one verb, prints what it gave. Everything else is in verbs.h.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/complete/complete.h"
#include "cli/exit_code.h"
#include "cli/host.h"
#include "cli/output.h"
#include "cli/verbs/flags.h"
#include "cli/verbs/verbs.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

// Becomes `words`, or returns the exit code with which a shell says that it could not.
int Become(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  const int error = errno;
  fprintf(stderr, "vswitchctl: cannot run '%s': %s\n", argv[0], strerror(error));
  return error == ENOENT ? 127 : 126;
}

int Finish(const Outcome& outcome) {
  fputs(outcome.err.c_str(), stderr);
  if (!outcome.exec.empty()) return Become(outcome.exec);
  if (outcome.run != nullptr) return static_cast<int>(outcome.run());
  if (const absl::Status written = WriteOut(outcome.out); !written.ok()) {
    return Finish(ErrorOutcome(written, /*json=*/false));
  }
  return static_cast<int>(outcome.exit_code);
}

int Main(int argc, char** argv) {
  const std::vector<std::string> all(argv + 1, argv + argc);
  if (!all.empty() && all[0] == kCompleteWord) {
    return Finish({.out = Complete(std::span(all).subspan(1))});
  }
  // What stands behind the first "--" is another command's, or ours to read later.
  const auto dashes = std::ranges::find(all, "--");
  std::optional<std::vector<std::string>> after_dashes;
  if (dashes != all.end()) after_dashes.emplace(dashes + 1, all.end());
  Options options;
  const absl::StatusOr<std::vector<std::string>> words =
      ReadFlags(std::vector<std::string>(all.begin(), dashes), &options);
  if (!words.ok()) {
    // Also where it stands behind what could not be read.
    const bool json = std::find(all.begin(), dashes, "--json") != dashes;
    return Finish(ErrorOutcome(words.status(), json));
  }
  if (options.version) return Finish({.out = StrCat("vswitchctl ", kVersion, "\n")});
  return Finish(RunVerb(options, ReadHost(), *words, after_dashes));
}

}  // namespace
}  // namespace vswitch

int main(int argc, char** argv) { return vswitch::Main(argc, argv); }
