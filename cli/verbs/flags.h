// The flags of the command line: one table gives what is read, what help and the manual say and
// what completion offers. What they ask for is a value, Options.
// Thread-safety: one thread, as getopt_long() has it.
#ifndef VSWITCH_CLI_VERBS_FLAGS_H_
#define VSWITCH_CLI_VERBS_FLAGS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "switch/rpc/protocol.h"

namespace vswitch {

enum class Colour { kAuto, kAlways, kNever };

struct Options {
  std::string socket_path = std::string(kDefaultSocketPath);
  absl::Duration timeout = absl::Seconds(10);
  bool timeout_given = false;
  bool json = false;
  Colour colour = Colour::kAuto;
  std::string batch;  // -b
  bool help = false;
  bool version = false;
  // Of one command.
  bool may_exist = false;
  bool if_exists = false;
  bool force = false;
  bool keep_forwarding = false;
  bool watch = false;
  bool reset = false;
  bool strict = false;
  std::string write_to;  // -w
};

struct Flag {
  std::string_view name;   // "may-exist", or one letter.
  std::string_view value;  // What help writes for it: "SECONDS"; empty: it takes none.
  // To which verbs it means something, for help; empty: it is of the whole command line. Which
  // verbs take it their signatures say.
  std::string_view verbs;
  std::string_view help;
  // InvalidArgument: what is wrong with the value.
  absl::Status (*set)(std::string_view value, Options* options);
  bool (*is_set)(const Options& options);

  bool is_global() const { return verbs.empty(); }
  // "--timeout=SECONDS", "-w FILE".
  std::string Usage() const;
};

// In the order of help.
std::span<const Flag> Flags();

// Takes the flags out of `words`, wherever they stand, and sets what they ask for; returns the
// others. REQUIRES: no word is "--". UsageError: a flag that there is not, a value that cannot be,
// a setting that is typed as a flag.
absl::StatusOr<std::vector<std::string>> ReadFlags(std::span<const std::string> words,
                                                   Options* options);

// The same of a command that others stand before: it has flags of its own only. `options` are those
// of the command line.
struct FurtherCommand {
  Options options;
  std::vector<std::string> words;
};
absl::StatusOr<FurtherCommand> ReadFurtherCommand(std::span<const std::string> words,
                                                  const Options& options);

}  // namespace vswitch

#endif  // VSWITCH_CLI_VERBS_FLAGS_H_
