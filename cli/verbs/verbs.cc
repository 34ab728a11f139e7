#include "cli/verbs/verbs.h"

#include <algorithm>
#include <utility>

#include "cli/format.h"
#include "cli/style.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

absl::Status CheckFlags(const Options& options, const Verb& verb, const Signature& signature) {
  for (const Flag& flag : Flags()) {
    const bool takes = std::ranges::find(signature.flags, flag.name) != signature.flags.end();
    if (flag.is_global() || takes || !flag.is_set(options)) continue;
    const std::string_view dashes = flag.name.size() == 1 ? "-" : "--";
    return UsageError(StrCat(dashes, flag.name, " means nothing to ", verb.name));
  }
  return absl::OkStatus();
}

absl::Status WithUsage(const absl::Status& status, const Verb& verb) {
  return UsageError(StrCat(verb.name, ": ", status.message(), "\n", UsageOf(verb)));
}

// Sends what it asks for.
absl::StatusOr<Reply> Ask(const VerbCall& call, Asker asker) {
  const absl::StatusOr<Request> request = asker(call);
  if (!request.ok()) return request.status();
  absl::StatusOr<Reply> reply = CallDaemon(call, request->method, request->params);
  if (reply.ok() && request->tell != nullptr) {
    reply->text = request->tell(request->params, reply->json);
  }
  return reply;
}

// Whether what follows "--" is more words of its own, and no further command.
bool TakesAllWords(const Verb& verb) {
  const Signature signature = ParseSignature(verb.signature);
  return signature.takes_command || signature.free_words;
}

absl::StatusOr<Reply> RunOne(const Options& options, const Host& host,
                             std::span<const std::string> words,
                             const std::optional<std::vector<std::string>>& after_dashes) {
  absl::StatusOr<Prepared> prepared = Prepare(options, words, after_dashes);
  if (!prepared.ok()) return prepared.status();
  const Client client({.socket_path = options.socket_path, .timeout = options.timeout});
  const VerbCall call = {.options = options,
                         .host = host,
                         .client = client,
                         .arguments = std::move(prepared->arguments),
                         .command = std::move(prepared->command)};
  const Verb& verb = *prepared->verb;
  if (const Asker* const asker = std::get_if<Asker>(&verb.handler)) return Ask(call, *asker);
  return std::get<Handler>(verb.handler)(call);
}

absl::StatusOr<Reply> Dispatch(const Options& options, const Host& host,
                               std::vector<std::string> words,
                               const std::optional<std::vector<std::string>>& after_dashes) {
  if (options.help) words.insert(words.begin(), "help");
  if (!options.batch.empty()) {
    if (!words.empty() || after_dashes.has_value()) {
      return UsageError("-b takes its commands from a file: none may stand beside it");
    }
    const absl::StatusOr<std::vector<Command>> commands = ReadBatch(options);
    if (!commands.ok()) return commands.status();
    return RunTogether(options, host, *commands);
  }
  const absl::StatusOr<const Verb*> verb = FindVerb(words);
  if (!verb.ok()) return verb.status();
  if (!after_dashes.has_value() || TakesAllWords(**verb)) {
    return RunOne(options, host, words, after_dashes);
  }
  const absl::StatusOr<std::vector<Command>> commands =
      SplitCommands(options, words, *after_dashes);
  if (!commands.ok()) return commands.status();
  return RunTogether(options, host, *commands);
}

// With flags alone before the first "--", the first command stands behind it.
absl::StatusOr<Reply> DispatchBehindFlags(Options options, const Host& host,
                                          std::vector<std::string> words,
                                          std::optional<std::vector<std::string>> after_dashes) {
  while (words.empty() && after_dashes.has_value()) {
    const auto dashes = std::ranges::find(*after_dashes, "--");
    const std::vector<std::string> first(after_dashes->begin(), dashes);
    std::optional<std::vector<std::string>> rest;
    if (dashes != after_dashes->end()) rest.emplace(dashes + 1, after_dashes->end());
    absl::StatusOr<std::vector<std::string>> read = ReadFlags(first, &options);
    if (!read.ok()) return read.status();
    words = *std::move(read);
    after_dashes = std::move(rest);
  }
  return Dispatch(options, host, std::move(words), after_dashes);
}

bool IsInColour(const Options& options, const Host& host) {
  return options.colour == Colour::kAlways ||
         (options.colour == Colour::kAuto && host.takes_colour);
}

}  // namespace

absl::StatusOr<Prepared> Prepare(const Options& options, std::span<const std::string> words,
                                 const std::optional<std::vector<std::string>>& after_dashes) {
  const absl::StatusOr<const Verb*> verb = FindVerb(words);
  if (!verb.ok()) return verb.status();
  const Signature signature = ParseSignature((*verb)->signature);
  if (absl::Status status = CheckFlags(options, **verb, signature); !status.ok()) return status;

  const size_t name_words = (*verb)->name.find(' ') == std::string_view::npos ? 1 : 2;
  std::vector<std::string> rest(words.begin() + name_words, words.end());
  std::vector<std::string> command;
  if (after_dashes.has_value()) {
    std::vector<std::string>& target = signature.takes_command ? command : rest;
    target.insert(target.end(), after_dashes->begin(), after_dashes->end());
  }
  absl::StatusOr<Arguments> arguments = ParseArguments(signature, rest);
  if (arguments.ok() && signature.takes_command && command.empty()) {
    arguments = UsageError("'--' and a command are missing");
  }
  if (!arguments.ok()) {
    const absl::Status& status = arguments.status();
    return WithUsage(UsageError(StrCat(status.message(), HintBehindShow(words))), **verb);
  }
  return Prepared{.verb = *verb, .arguments = *std::move(arguments), .command = std::move(command)};
}

Outcome ErrorOutcome(const absl::Status& status, bool json) {
  Outcome outcome;
  outcome.exit_code = ExitCodeOf(status);
  const std::string message(status.message());
  outcome.err = StrCat("vswitchctl: ", TerminalSafe(message, /*keep_newlines=*/true), "\n");
  if (json) {
    Json error = Json::object();
    error["status"] = absl::StatusCodeToString(status.code());
    error["message"] = message;
    if (const auto call = FailedCall(status)) error["call"] = *call;
    Json object = Json::object();
    object["error"] = std::move(error);
    outcome.out = ToLine(object) + "\n";
  }
  return outcome;
}

Outcome RunVerb(const Options& options, const Host& host, std::span<const std::string> words,
                const std::optional<std::vector<std::string>>& after_dashes) {
  absl::StatusOr<Reply> reply =
      DispatchBehindFlags(options, host, {words.begin(), words.end()}, after_dashes);
  if (!reply.ok()) return ErrorOutcome(reply.status(), options.json);
  Outcome outcome;
  for (const Json& warning : ListField(reply->json, "warnings")) {
    outcome.err += StrCat("vswitchctl: warning: ", TerminalSafe(ToText(warning)), "\n");
  }
  if (reply->run != nullptr) {
    outcome.run = std::move(reply->run);
  } else if (!reply->exec.empty()) {
    outcome.exec = std::move(reply->exec);
  } else {
    outcome.exit_code = reply->exit_code;
    outcome.out =
        options.json ? ToLine(reply->json) + "\n" : Painted(reply->text, IsInColour(options, host));
  }
  return outcome;
}

}  // namespace vswitch
