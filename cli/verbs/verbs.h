// The verbs of `vswitchctl`. One table says everything about a verb; dispatch, help and usage
// errors are read from it.
//
//   main -> RunVerb(options, host, words) -> ParseArguments -> handler -> Client::Call -> Reply ->
//   Outcome
//
// A handler never prints: it returns the result as JSON and as text, and RunVerb chooses. What only
// asks for a change returns the request, which RunVerb sends, alone or together with others.
// Thread-safety: none needed.
#ifndef VSWITCH_CLI_VERBS_VERBS_H_
#define VSWITCH_CLI_VERBS_VERBS_H_

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/exit_code.h"
#include "cli/host.h"
#include "cli/verbs/flags.h"

namespace vswitch {

// What a handler is given and gives back: handlers.h.
struct VerbCall;
struct Reply;
struct Request;
using Handler = absl::StatusOr<Reply> (*)(const VerbCall& call);
// Of a verb that is one request for a change: says which, and does not send it, so that it can be
// sent together with others.
using Asker = absl::StatusOr<Request> (*)(const VerbCall& call);

struct Verb {
  std::string_view name;       // One word, or a group and a word: "fdb show".
  std::string_view signature;  // See arguments.h.
  std::string_view summary;    // One line.
  std::string_view example;    // A whole command line.
  std::string_view notes;      // What else is worth knowing; may be empty.
  std::variant<Handler, Asker> handler;
  // What it takes as key=value, of the daemon's table; goes before the notes. Null: nothing to say.
  std::string (*settings_help)() = nullptr;
};

// In the order of help.
std::span<const Verb> Verbs();

// The verb that `words` begin with. UsageError, with the nearest name, when there is none.
absl::StatusOr<const Verb*> FindVerb(std::span<const std::string> words);

// What to ask about when words stand behind `show`, which takes none: "show fdb", "show br0". Goes
// behind an error's message; empty for any other verb.
std::string HintBehindShow(std::span<const std::string> words);

struct Outcome {
  ExitCode exit_code = ExitCode::kDone;
  std::string out;                // For stdout, in colour where that was asked for.
  std::string err;                // For stderr.
  std::vector<std::string> exec;  // When not empty: the command to become.
  // When set: what is left to do, instead of printing; writes itself what there is.
  std::function<ExitCode()> run;
};

// Runs the verb that `words` begin with, or the commands of the file that -b names. `after_dashes`
// is what follows the first "--" of the command line: the words of a verb that takes a command, or
// further commands with "--" between them, which are then done all or none.
Outcome RunVerb(const Options& options, const Host& host, std::span<const std::string> words,
                const std::optional<std::vector<std::string>>& after_dashes);

// An error as RunVerb reports it: in words on stderr, with --json also on stdout.
Outcome ErrorOutcome(const absl::Status& status, bool json);

}  // namespace vswitch

#endif  // VSWITCH_CLI_VERBS_VERBS_H_
