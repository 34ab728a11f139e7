// `vswitchctl`: reads the flags, runs one verb, prints what it gave. Everything else is in verbs.h.
#include <gflags/gflags.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "cli/exit_code.h"
#include "cli/host.h"
#include "cli/verbs/settings_help.h"
#include "cli/verbs/verbs.h"
#include "switch/rpc/protocol.h"

DEFINE_string(socket, std::string(vswitch::kDefaultSocketPath), "the daemon's socket");
DEFINE_bool(json, false, "print the daemon's answer as one line of JSON, errors too");
DEFINE_double(timeout, 10, "seconds to wait for the daemon");
DEFINE_bool(may_exist, false, "add-br, add-port: no error if it is there already as asked for");
DEFINE_bool(if_exists, false, "del-br, del-port: no error if it is not there");
DEFINE_bool(force, false, "del-port: delete a TAP although a guest has it open");
DEFINE_bool(keep_forwarding, false, "exit: the kernel goes on forwarding between known stations");
DEFINE_string(w, "", "capture: write pcapng to this file; -: to standard output");
DEFINE_bool(h, false, "the same as --help");
DECLARE_bool(help);
DECLARE_bool(version);

DEFINE_bool(V, false, "the same as --version");

DEFINE_validator(timeout, [](const char*, double seconds) {
  if (seconds > 0 && seconds <= 1e6) return true;
  fprintf(stderr, "vswitchctl: --timeout=%g: give more than 0 and at most 1000000 seconds\n",
          seconds);
  return false;
});

namespace google {
// How gflags ends the process when it does not understand a flag; part of its library, in none of
// its headers.
extern void (*gflags_exitfunc)(int);
}  // namespace google

namespace vswitch {
namespace {

[[noreturn]] void ExitAfterBadFlag(int) {
  fputs(
      "vswitchctl: 'vswitchctl help' lists the flags; what belongs to another command goes after "
      "'--'\n",
      stderr);
  exit(static_cast<int>(ExitCode::kUsage));
}

// "--mtu=9000": settings are words without dashes. gflags would know no such flag and say no more.
void RefuseSettingsWithDashes(const std::vector<char*>& words) {
  for (const char* const word : words) {
    std::string_view text = word == nullptr ? "" : word;
    if (!text.starts_with('-')) continue;
    text.remove_prefix(std::min(text.find_first_not_of('-'), text.size()));
    if (!IsSettingKey(text.substr(0, text.find('=')))) continue;
    fprintf(stderr, "vswitchctl: '%s' is no flag but a setting: write '%s' behind the names%s\n",
            word, std::string(text).c_str(),
            text.find('=') == std::string_view::npos ? ", with '=' and a value" : "");
    exit(static_cast<int>(ExitCode::kUsage));
  }
}

bool Write(const std::string& text, FILE* stream) {
  return fwrite(text.data(), 1, text.size(), stream) == text.size() && fflush(stream) == 0;
}

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

int Main(int argc, char** argv) {
  // gflags moves words that are not flags behind "--", so it gets to see only what is before.
  char** const dashes = std::find_if(
      argv + 1, argv + argc, [](const char* word) { return std::string_view(word) == "--"; });
  std::optional<std::vector<std::string>> after_dashes;
  if (dashes != argv + argc) after_dashes.emplace(dashes + 1, argv + argc);
  std::vector<char*> before(argv, dashes);
  before.push_back(nullptr);
  int count = static_cast<int>(before.size()) - 1;
  char** words = before.data();
  RefuseSettingsWithDashes(before);
  google::gflags_exitfunc = ExitAfterBadFlag;
  gflags::ParseCommandLineNonHelpFlags(&count, &words, /*remove_flags=*/true);

  std::vector<std::string> verb(words + 1, words + count);
  if (FLAGS_version || FLAGS_V) {
    printf("vswitchctl %s\n", std::string(kVersion).c_str());
    return 0;
  }
  if (FLAGS_help || FLAGS_h) verb.insert(verb.begin(), "help");

  const Options options = {.socket_path = FLAGS_socket,
                           .timeout = absl::Seconds(FLAGS_timeout),
                           .json = FLAGS_json,
                           .may_exist = FLAGS_may_exist,
                           .if_exists = FLAGS_if_exists,
                           .force = FLAGS_force,
                           .keep_forwarding = FLAGS_keep_forwarding,
                           .write_to = FLAGS_w};
  const Outcome outcome = RunVerb(options, ReadHost(), verb, after_dashes);
  Write(outcome.err, stderr);
  if (!outcome.exec.empty()) return Become(outcome.exec);
  if (outcome.run != nullptr) return static_cast<int>(outcome.run());
  if (!Write(outcome.out, stdout)) {
    fprintf(stderr, "vswitchctl: cannot write the output: %s\n", strerror(errno));
    return static_cast<int>(ExitCode::kFailed);
  }
  return static_cast<int>(outcome.exit_code);
}

}  // namespace
}  // namespace vswitch

int main(int argc, char** argv) { return vswitch::Main(argc, argv); }
