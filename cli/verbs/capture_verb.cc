// The verb that shows frames as they pass.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "cli/capture/capture_run.h"
#include "cli/capture/compile_filter.h"
#include "cli/exit_code.h"
#include "cli/verbs/handlers.h"
#include "cli/verbs/hints.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

std::set<std::string> PortNames(const Json& show) {
  std::set<std::string> names;
  for (const Json& bridge : ListField(show, "bridges")) {
    for (const Json& port : ListField(bridge, "ports")) names.insert(TextField(port, "name"));
  }
  return names;
}

struct Wish {
  std::vector<std::string> ports;
  // In libpcap's language.
  std::string filter;
};

// The words up to the first that names no port are ports, and the others the filter.
absl::StatusOr<Wish> ReadWords(const VerbCall& call) {
  const std::vector<std::string>& words = call.arguments.positional;
  // Says what comes near when there is no such port.
  const absl::StatusOr<FoundPort> first = FindPort(call, words[0]);
  if (!first.ok()) return first.status();
  const std::set<std::string> known = PortNames(first->show);
  const auto behind =
      std::ranges::find_if(words, [&](const std::string& word) { return !known.contains(word); });
  Wish wish{.ports = {words.begin(), behind}};
  for (auto word = behind; word != words.end(); ++word) {
    wish.filter += StrCat(wish.filter.empty() ? "" : " ", *word);
  }
  return wish;
}

absl::StatusOr<uint64_t> ReadCount(const Arguments& arguments) {
  const std::optional<std::string> text = arguments.Setting("count");
  uint64_t count = 0;
  if (!text.has_value() || (absl::SimpleAtoi(*text, &count) && count > 0)) return count;
  return UsageError(StrCat("count=", *text, " is no number of packets: give 1 or more"));
}

absl::StatusOr<bool> ReadDrops(const Arguments& arguments) {
  const std::string text = arguments.Setting("drops").value_or("off");
  if (text == "on" || text == "off") return text == "on";
  return UsageError(StrCat("drops=", text, " is neither on nor off"));
}

absl::StatusOr<CaptureRun::Form> FormOf(const Options& options) {
  if (options.write_to.empty()) {
    return options.json ? CaptureRun::Form::kJson : CaptureRun::Form::kLines;
  }
  if (options.json) return UsageError("capture writes either pcapng (-w) or JSON (--json)");
  if (options.write_to == "-" && isatty(STDOUT_FILENO) != 0) {
    return UsageError(
        "capture -w - would write pcapng to this terminal: give it to a program, as in 'vswitchctl "
        "capture vm0 -w - | tcpdump -r -', or leave out -w");
  }
  return CaptureRun::Form::kPcapng;
}

}  // namespace

absl::StatusOr<Reply> CaptureFrames(const VerbCall& call) {
  const absl::StatusOr<CaptureRun::Form> form = FormOf(call.options);
  if (!form.ok()) return form.status();
  const absl::StatusOr<uint64_t> count = ReadCount(call.arguments);
  if (!count.ok()) return count.status();
  const absl::StatusOr<bool> drops = ReadDrops(call.arguments);
  if (!drops.ok()) return drops.status();
  absl::StatusOr<Wish> wish = ReadWords(call);
  if (!wish.ok()) return wish.status();
  const absl::StatusOr<std::string> program = CompileFilter(wish->filter);
  if (!program.ok()) {
    const std::string& first = call.arguments.positional[wish->ports.size()];
    return UsageError(StrCat(StdView(program.status().message()), " (the filter begins with '",
                             first, "', the first word that names no port)"));
  }
  absl::StatusOr<UniqueFd> out = OpenOutput(call.options.write_to);
  if (!out.ok()) return out.status();

  Json params = Json::object();
  params["ports"] = wish->ports;
  if (!program->empty()) params["filter"] = *program;
  if (*drops) params["drops"] = true;
  absl::StatusOr<Client::Session> session = call.client.Open(kMethodCapture, params);
  if (!session.ok()) return WithHint(session.status(), kMethodCapture, params);
  if (session->fds.size() != kMaxAttachedFds) {
    return absl::InternalError("vswitchd sent no memory for the capture: is it of this release?");
  }
  absl::StatusOr<RingReader> frames =
      RingReader::Open(session->fds[0].get(), session->fds[1].get());
  if (!frames.ok()) return frames.status();
  // Not before: what was in the file is lost.
  if (!call.options.write_to.empty() && call.options.write_to != "-") {
    const absl::Status emptied = EmptyOutput(out->get());
    if (!emptied.ok()) return emptied;
  }
  // A function is copied, and this cannot be.
  auto run = std::make_shared<CaptureRun>(CaptureRun{.connection = std::move(session->connection),
                                                     .frames = *std::move(frames),
                                                     .ports = std::move(wish->ports),
                                                     .reasons = {},
                                                     .filter = std::move(wish->filter),
                                                     .form = *form,
                                                     .out = *std::move(out),
                                                     .count = *count});
  for (const Json& reason : ListField(session->result, "reasons")) {
    run->reasons.push_back(ToText(reason));
  }
  Reply reply;
  reply.run = [run] { return run->Run(); };
  return reply;
}

}  // namespace vswitch
