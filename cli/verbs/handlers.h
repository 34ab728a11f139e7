// The handlers that the table of verbs names, by the file that holds them, and what they share.
#ifndef VSWITCH_CLI_VERBS_HANDLERS_H_
#define VSWITCH_CLI_VERBS_HANDLERS_H_

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/arguments.h"
#include "cli/client.h"
#include "cli/host.h"
#include "cli/json.h"
#include "cli/verbs/verbs.h"

namespace vswitch {

// What a handler is given.
struct VerbCall {
  const Options& options;
  const Host& host;
  const Client& client;
  Arguments arguments;
  std::vector<std::string> command;  // What follows "--".
};

// What a handler gives back.
struct Reply {
  Json json = Json::object();
  std::string text;  // For people, marked (style.h); ends with a newline, or is empty.
  ExitCode exit_code = ExitCode::kDone;  // Of what is printed.
  std::vector<std::string> exec;  // When not empty: the command to become, instead of printing.
  // When set: what is left to do, instead of printing, and takes its time.
  std::function<ExitCode()> run;
};

// A change that is asked of the daemon.
struct Request {
  std::string_view method;
  Json params = Json::object();
  // What people are told of its result; null: nothing.
  std::string (*tell)(const Json& params, const Json& result) = nullptr;
};

// A command line whose words were read.
struct Prepared {
  const Verb* verb;
  Arguments arguments;
  std::vector<std::string> command;
};

// verbs.cc: reads the words by the signature of the verb that they begin with.
absl::StatusOr<Prepared> Prepare(const Options& options, std::span<const std::string> words,
                                 const std::optional<std::vector<std::string>>& after_dashes);

// together.cc: several commands as one change, all of them or none.
struct Command {
  std::string where;  // Begins an error: "command 2".
  Options options;
  std::vector<std::string> words;
};
// `further`: of the command line, with "--" between them.
absl::StatusOr<std::vector<Command>> SplitCommands(const Options& options,
                                                   std::span<const std::string> first,
                                                   std::span<const std::string> further);
// Of the file that options.batch names, one a line.
absl::StatusOr<std::vector<Command>> ReadBatch(const Options& options);
absl::StatusOr<Reply> RunTogether(const Options& options, const Host& host,
                                  std::span<const Command> commands);

// bridge_verbs.cc
absl::StatusOr<Request> AddBridge(const VerbCall& call);
absl::StatusOr<Request> DeleteBridge(const VerbCall& call);
absl::StatusOr<Reply> ListBridges(const VerbCall& call);
absl::StatusOr<Request> SetBridge(const VerbCall& call);
absl::StatusOr<Reply> GetBridge(const VerbCall& call);
absl::StatusOr<Reply> Show(const VerbCall& call);

// port_verbs.cc
absl::StatusOr<Request> AddPort(const VerbCall& call);
absl::StatusOr<Request> DeletePort(const VerbCall& call);
absl::StatusOr<Request> MovePort(const VerbCall& call);
absl::StatusOr<Reply> ListPorts(const VerbCall& call);
absl::StatusOr<Reply> PortToBridge(const VerbCall& call);
absl::StatusOr<Request> SetPort(const VerbCall& call);
absl::StatusOr<Reply> GetPort(const VerbCall& call);

// fdb_verbs.cc
absl::StatusOr<Reply> FdbShow(const VerbCall& call);
absl::StatusOr<Reply> FdbGet(const VerbCall& call);
absl::StatusOr<Request> FdbAdd(const VerbCall& call);
absl::StatusOr<Request> FdbDelete(const VerbCall& call);
absl::StatusOr<Reply> FdbFlush(const VerbCall& call);
absl::StatusOr<Reply> FdbStats(const VerbCall& call);

// vlan_verbs.cc
absl::StatusOr<Reply> VlanShow(const VerbCall& call);
absl::StatusOr<Request> VlanAdd(const VerbCall& call);
absl::StatusOr<Request> VlanDelete(const VerbCall& call);
// mdb_verbs.cc
absl::StatusOr<Reply> MdbShow(const VerbCall& call);
absl::StatusOr<Reply> MdbFlush(const VerbCall& call);
absl::StatusOr<Reply> RstpShow(const VerbCall& call);

// stats_verb.cc
absl::StatusOr<Reply> Stats(const VerbCall& call);

// daemon_verbs.cc
absl::StatusOr<Reply> Version(const VerbCall& call);
absl::StatusOr<Reply> Exit(const VerbCall& call);
absl::StatusOr<Reply> LogShow(const VerbCall& call);
absl::StatusOr<Reply> LogSet(const VerbCall& call);

// watch_verbs.cc
absl::StatusOr<Request> MirrorAdd(const VerbCall& call);
absl::StatusOr<Request> MirrorDelete(const VerbCall& call);
absl::StatusOr<Reply> MirrorShow(const VerbCall& call);
absl::StatusOr<Reply> TraceFrame(const VerbCall& call);

// capture_verb.cc
absl::StatusOr<Reply> CaptureFrames(const VerbCall& call);

// qemu_verbs.cc
absl::StatusOr<Reply> QemuArgs(const VerbCall& call);
absl::StatusOr<Reply> RunCommand(const VerbCall& call);

// doctor_verb.cc
absl::StatusOr<Reply> Doctor(const VerbCall& call);

// help.cc
absl::StatusOr<Reply> Help(const VerbCall& call);
std::string UsageOf(const Verb& verb);

// call.cc: what several of them need.

// Calls `method`; the reply's JSON is the daemon's result and its text is empty. An error
// has its hint (hints.h).
absl::StatusOr<Reply> CallDaemon(const VerbCall& call, std::string_view method, const Json& params);

// The arguments' settings as a JSON object of strings.
Json SettingsObject(const Arguments& arguments);

// A port as `show` tells it, with the name of its bridge added as "bridge", and its neighbours.
struct FoundPort {
  Json port;
  Json show;
};
// NotFound, with the nearest name, when there is no such port.
absl::StatusOr<FoundPort> FindPort(const VerbCall& call, const std::string& name);
absl::StatusOr<Json> FindBridge(const VerbCall& call, const std::string& name);

// `object` for `get`: all its plain fields as "key  value" lines, or only the value of `key`.
absl::StatusOr<Reply> GetFields(const Json& object, const Arguments& arguments);

}  // namespace vswitch

#endif  // VSWITCH_CLI_VERBS_HANDLERS_H_
