// Several commands as one: all of them are done, or none. Each is read and checked before any is
// sent, and the daemon does all in one transaction.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "cli/format.h"
#include "cli/shell_words.h"
#include "cli/verbs/handlers.h"
#include "cli/verbs/hints.h"
#include "switch/base/str_cat.h"
#include "switch/base/unique_fd.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

// Longer than what the daemon takes of a transaction.
constexpr size_t kMaxBatchBytes = 4 * kMaxLineBytes;

// How much longer than one command each further one may take, unless --timeout says.
constexpr absl::Duration kMorePerCommand = absl::Milliseconds(100);

// What the exit code and the call of an error are kept in.
void CopyPayloads(const absl::Status& from, absl::Status* to) {
  from.ForEachPayload([to](absl::string_view url, const absl::Cord& payload) {
    to->SetPayload(url, absl::Cord(std::string(payload)));
  });
}

// `status` with what it is about before its message; its code and payloads stay.
absl::Status Behind(std::string_view where, const absl::Status& status) {
  absl::Status behind(status.code(), StrCat(where, ": ", status.message()));
  CopyPayloads(status, &behind);
  return behind;
}

std::string Name(const std::string& path) { return path == "-" ? "standard input" : path; }

absl::Status Unreadable(const std::string& path, int error) {
  return absl::FailedPreconditionError(
      StrCat("cannot read the commands of ", Name(path), ": ", strerror(error)));
}

absl::StatusOr<std::string> ReadAll(const std::string& path) {
  UniqueFd file;
  if (path != "-") {
    file = UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return Unreadable(path, errno);
  }
  const int fd = file ? file.get() : STDIN_FILENO;
  std::string text;
  while (true) {
    const size_t before = text.size();
    text.resize(before + (64 << 10));
    const ssize_t bytes = read(fd, text.data() + before, text.size() - before);
    const int error = errno;
    text.resize(before + static_cast<size_t>(std::max<ssize_t>(bytes, 0)));
    if (bytes == 0) return text;
    if (bytes < 0 && error != EINTR) return Unreadable(path, error);
    if (text.size() > kMaxBatchBytes) {
      return absl::ResourceExhaustedError(StrCat(Name(path), " is longer than ", kMaxBatchBytes,
                                                 " bytes: split it into several batches"));
    }
  }
}

// The verbs that can be done together, for an error.
std::string Joinable() {
  std::string names;
  for (const Verb& verb : Verbs()) {
    if (!std::holds_alternative<Asker>(verb.handler)) continue;
    names += StrCat(names.empty() ? "" : ", ", verb.name);
  }
  return names;
}

absl::StatusOr<Request> RequestOf(const Command& command, const Host& host, const Client& client) {
  absl::StatusOr<Prepared> prepared = Prepare(command.options, command.words, std::nullopt);
  if (!prepared.ok()) return prepared.status();
  const Asker* const asker = std::get_if<Asker>(&prepared->verb->handler);
  if (asker == nullptr) {
    return UsageError(StrCat("'", prepared->verb->name,
                             "' cannot be one of several commands: only these can, which are done "
                             "all or none: ",
                             Joinable()));
  }
  return (*asker)({.options = command.options,
                   .host = host,
                   .client = client,
                   .arguments = std::move(prepared->arguments),
                   .command = {}});
}

// An error of the whole, or of the command that it names.
absl::Status ErrorOf(const absl::Status& status, std::span<const Command> commands,
                     const std::vector<Request>& requests) {
  const std::optional<size_t> call = FailedCall(status);
  if (!call.has_value() || *call >= requests.size()) return status;
  const Request& request = requests[*call];
  const absl::Status hinted = WithHint(status, request.method, request.params);
  absl::Status error(status.code(), StrCat(hinted.message(), "; nothing was changed"));
  CopyPayloads(status, &error);
  return Behind(commands[*call].where, error);
}

}  // namespace

absl::StatusOr<std::vector<Command>> SplitCommands(const Options& options,
                                                   std::span<const std::string> first,
                                                   std::span<const std::string> further) {
  std::vector<Command> commands = {
      {.where = "command 1", .options = options, .words = {first.begin(), first.end()}}};
  while (true) {
    const auto dashes = std::ranges::find(further, "--");
    const std::string where = StrCat("command ", commands.size() + 1);
    const std::vector<std::string> words(further.begin(), dashes);
    absl::StatusOr<FurtherCommand> command = ReadFurtherCommand(words, options);
    if (!command.ok()) return Behind(where, command.status());
    commands.push_back({where, std::move(command->options), std::move(command->words)});
    if (dashes == further.end()) return commands;
    further = {dashes + 1, further.end()};
  }
}

absl::StatusOr<std::vector<Command>> ReadBatch(const Options& options) {
  const absl::StatusOr<std::string> text = ReadAll(options.batch);
  if (!text.ok()) return text.status();
  std::vector<Command> commands;
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    const std::string where = StrCat(Name(options.batch), ", line ", ++number);
    if (line.find('\0') != line.npos) return Behind(where, UsageError("there is a NUL byte"));
    const absl::StatusOr<std::vector<std::string>> words = ShellWords(StdView(line));
    if (!words.ok()) return Behind(where, UsageError(StdView(words.status().message())));
    if (words->empty()) continue;
    if (std::ranges::find(*words, "--") != words->end()) {
      return Behind(where, UsageError("'--' joins commands, which here have a line each"));
    }
    absl::StatusOr<FurtherCommand> command = ReadFurtherCommand(*words, options);
    if (!command.ok()) return Behind(where, command.status());
    commands.push_back({where, std::move(command->options), std::move(command->words)});
  }
  return commands;
}

absl::StatusOr<Reply> RunTogether(const Options& options, const Host& host,
                                  std::span<const Command> commands) {
  if (commands.empty()) {
    Reply nothing;
    nothing.json["results"] = Json::array();
    return nothing;
  }
  absl::Duration timeout = options.timeout;
  if (!options.timeout_given) timeout += kMorePerCommand * commands.size();
  const Client client({.socket_path = options.socket_path, .timeout = timeout});
  std::vector<Request> requests;
  Json params = Json::object();
  Json& calls = params["calls"] = Json::array();
  for (const Command& command : commands) {
    absl::StatusOr<Request> request = RequestOf(command, host, client);
    if (!request.ok()) return Behind(command.where, request.status());
    Json& call = calls.emplace_back(Json::object());
    call["method"] = std::string(request->method);
    call["params"] = request->params;
    requests.push_back(*std::move(request));
  }
  // Room for what is around the parameters.
  constexpr size_t kEnvelopeBytes = 256;
  if (commands.size() > kMaxCallsPerTransaction ||
      ToLine(params).size() + kEnvelopeBytes > kMaxLineBytes) {
    return absl::ResourceExhaustedError(StrCat(
        commands.size(), " commands are more than the daemon takes as one change, ",
        kMaxCallsPerTransaction, " or ", kMaxLineBytes, " bytes as JSON: split them into several"));
  }
  absl::StatusOr<Json> result = client.Call(kMethodTransaction, params);
  if (!result.ok()) return ErrorOf(result.status(), commands, requests);
  Reply reply;
  reply.json = *std::move(result);
  const Json& results = ListField(reply.json, "results");
  for (size_t i = 0; i < std::min(requests.size(), results.size()); ++i) {
    if (requests[i].tell != nullptr) reply.text += requests[i].tell(requests[i].params, results[i]);
  }
  return reply;
}

}  // namespace vswitch
