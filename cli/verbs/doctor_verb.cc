// The verb that looks whether all is well.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "cli/doctor/doctor.h"
#include "cli/exit_code.h"
#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "switch/base/nearest.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

// Who listens at the other end; 0: a process that this PID namespace does not have.
pid_t PeerOf(const UniqueFd& connection) {
  ucred peer{};
  socklen_t length = sizeof(peer);
  const int failed = getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length);
  return failed == 0 ? peer.pid : 0;
}

DaemonFacts AskDaemon(const VerbCall& call, const SystemFiles& files) {
  absl::StatusOr<Client::Session> session = call.client.Open(kMethodShow, Json::object());
  if (!session.ok()) return ReadDaemon(files, session.status(), 0);
  return ReadDaemon(files, std::move(session->result), PeerOf(session->connection));
}

// NotFound, with the nearest, when one of the ports is not there.
absl::Status CheckNames(const DaemonFacts& daemon, const std::set<std::string>& ports) {
  std::vector<std::string> known;
  for (const Json& bridge : ListField(daemon.show, "bridges")) {
    for (const Json& port : ListField(bridge, "ports")) known.push_back(TextField(port, "name"));
  }
  for (const std::string& port : ports) {
    if (std::ranges::find(known, port) != known.end()) continue;
    const std::vector<std::string_view> views(known.begin(), known.end());
    return absl::NotFoundError(StrCat("no port '", port, "'", DidYouMean(port, views)));
  }
  return absl::OkStatus();
}

Json ToJson(const std::vector<Finding>& findings) {
  Json checks = Json::array();
  for (const Finding& finding : findings) {
    Json check = Json::object();
    check["check"] = finding.check;
    check["subject"] = finding.subject;
    check["status"] = std::string(VerdictName(finding.judgement.verdict));
    check["detail"] = finding.judgement.detail;
    check["cure"] = finding.judgement.cure;
    checks.push_back(std::move(check));
  }
  return checks;
}

// One row says it of a port with which all is well.
std::vector<Finding> Shortened(const std::vector<Finding>& findings) {
  std::vector<Finding> rows;
  for (auto it = findings.begin(); it != findings.end();) {
    const auto end = std::find_if(
        it, findings.end(), [&](const Finding& other) { return other.subject != it->subject; });
    const bool is_port = it->subject != "machine" && it->subject != "vswitchd";
    const auto well = [](const Finding& f) { return f.judgement.verdict == Verdict::kOk; };
    if (is_port && std::all_of(it, end, well)) {
      rows.push_back({"all", it->subject, Well(StrCat(end - it, " checks"))});
    } else {
      std::copy_if(it, end, std::back_inserter(rows),
                   [&](const Finding& f) { return !is_port || !well(f); });
    }
    it = end;
  }
  return rows;
}

std::string Summary(const std::vector<Finding>& findings) {
  std::array<size_t, 4> counts{};
  for (const Finding& finding : findings) ++counts[static_cast<size_t>(finding.judgement.verdict)];
  const auto count = [&](Verdict verdict) { return counts[static_cast<size_t>(verdict)]; };
  return StrCat(count(Verdict::kProblem), " problem(s), ", count(Verdict::kWarning),
                " warning(s), ", count(Verdict::kUnknown), " unknown, ", count(Verdict::kOk),
                " ok\n");
}

// A table, with the cure below the row that it is for.
std::string ToText(const std::vector<Finding>& findings) {
  const std::vector<Finding> rows = Shortened(findings);
  Table table({"STATUS", "CHECK", "SUBJECT", "DETAIL"});
  for (const Finding& row : rows) {
    table.AddRow({std::string(VerdictName(row.judgement.verdict)), row.check, row.subject,
                  row.judgement.detail});
  }
  const std::vector<std::string> lines = absl::StrSplit(table.ToString(), '\n');
  std::string text = lines[0] + "\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    text += lines[i + 1] + "\n";
    const std::string& cure = rows[i].judgement.cure;
    if (!cure.empty()) text += StrCat("         do: ", TerminalSafe(cure), "\n");
  }
  return StrCat(text, "\n", Summary(findings));
}

ExitCode ExitCodeFor(const std::vector<Finding>& findings, bool strict) {
  const Verdict least = strict ? Verdict::kUnknown : Verdict::kProblem;
  const bool unhealthy = std::any_of(findings.begin(), findings.end(), [&](const Finding& f) {
    return f.judgement.verdict >= least;
  });
  return unhealthy ? ExitCode::kUnhealthy : ExitCode::kDone;
}

}  // namespace

absl::StatusOr<Reply> Doctor(const VerbCall& call) {
  const std::set<std::string> ports(call.arguments.positional.begin(),
                                    call.arguments.positional.end());
  const SystemFiles files;
  DaemonFacts daemon = AskDaemon(call, files);
  if (daemon.answered.ok()) {
    if (absl::Status status = CheckNames(daemon, ports); !status.ok()) return status;
  }
  MachineFacts machine = ReadMachine(call.host, files, std::move(daemon));
  if (call.options.socket_path != kDefaultSocketPath) {
    machine.socket_flag = StrCat(" --socket=", ShellQuote(call.options.socket_path));
    machine.vswitchctl = StrCat("vswitchctl", machine.socket_flag);
  }
  const std::vector<Finding> findings = RunDoctor(machine, ports);
  Reply reply;
  reply.json["checks"] = ToJson(findings);
  reply.text = ToText(findings);
  reply.exit_code = ExitCodeFor(findings, call.options.strict);
  return reply;
}

}  // namespace vswitch
