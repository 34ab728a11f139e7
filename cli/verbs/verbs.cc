#include "cli/verbs/verbs.h"

#include <algorithm>
#include <utility>

#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

absl::Status CheckFlags(const Options& options, const Verb& verb, const Signature& signature) {
  const auto takes = [&](std::string_view flag) {
    return std::find(signature.flags.begin(), signature.flags.end(), flag) != signature.flags.end();
  };
  if (options.may_exist && !takes("may-exist")) {
    return UsageError(StrCat("--may-exist means nothing to ", verb.name));
  }
  if (options.if_exists && !takes("if-exists")) {
    return UsageError(StrCat("--if-exists means nothing to ", verb.name));
  }
  if (options.force && !takes("force")) {
    return UsageError(StrCat("--force means nothing to ", verb.name));
  }
  if (options.keep_forwarding && !takes("keep-forwarding")) {
    return UsageError(StrCat("--keep-forwarding means nothing to ", verb.name));
  }
  if (!options.write_to.empty() && !takes("w")) {
    return UsageError(StrCat("-w means nothing to ", verb.name));
  }
  return absl::OkStatus();
}

absl::Status WithUsage(const absl::Status& status, const Verb& verb) {
  return UsageError(StrCat(verb.name, ": ", status.message(), "\n", UsageOf(verb)));
}

absl::StatusOr<Reply> Dispatch(const Options& options, const Host& host,
                               std::span<const std::string> words,
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
  const Client client({.socket_path = options.socket_path, .timeout = options.timeout});
  return (*verb)->handler({.options = options,
                           .host = host,
                           .client = client,
                           .arguments = *std::move(arguments),
                           .command = std::move(command)});
}

}  // namespace

Outcome ErrorOutcome(const absl::Status& status, bool json) {
  Outcome outcome;
  outcome.exit_code = ExitCodeOf(status);
  const std::string message(status.message());
  outcome.err = StrCat("vswitchctl: ", TerminalSafe(message, /*keep_newlines=*/true), "\n");
  if (json) {
    Json error = Json::object();
    error["status"] = absl::StatusCodeToString(status.code());
    error["message"] = message;
    Json object = Json::object();
    object["error"] = std::move(error);
    outcome.out = ToLine(object) + "\n";
  }
  return outcome;
}

Outcome RunVerb(const Options& options, const Host& host, std::span<const std::string> words,
                const std::optional<std::vector<std::string>>& after_dashes) {
  // Without a verb before it, "--" only ends the flags.
  const bool only_dashes = words.empty() && after_dashes.has_value();
  absl::StatusOr<Reply> reply = only_dashes ? Dispatch(options, host, *after_dashes, std::nullopt)
                                            : Dispatch(options, host, words, after_dashes);
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
    outcome.out = options.json ? ToLine(reply->json) + "\n" : std::move(reply->text);
  }
  return outcome;
}

}  // namespace vswitch
