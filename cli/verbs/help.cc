// Help, all of it read from the table of verbs.
#include <string>

#include "cli/exit_code.h"
#include "cli/verbs/handlers.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

constexpr std::string_view kUsage =
    "usage: vswitchctl [--socket=PATH] [--json] [--timeout=SECONDS] VERB [ARGUMENT...]\n"
    "\nManages a running vswitchd: bridges, ports and their forwarding tables.\n\n";

constexpr std::string_view kFlags =
    "\nFlags, before or after the verb:\n"
    "  --socket=PATH      the daemon's socket\n"
    "  --json             print the daemon's answer as one line of JSON, errors too\n"
    "  --timeout=SECONDS  how long to wait for the daemon (10); for one to come up, 2 at most\n"
    "  --may-exist        add-br, add-port: no error if it is there already as asked for\n"
    "  --if-exists        del-br, del-port: no error if it is not there\n"
    "  --force            del-port: delete the TAP although a guest has it open\n"
    "  --keep-forwarding  exit: the kernel goes on forwarding between known stations\n"
    "  -w FILE            capture: write pcapng to it; -: to standard output\n";

std::string WithArguments(const Verb& verb) {
  return StrCat(verb.name, verb.signature.empty() ? "" : " ", verb.signature);
}

std::string Overview() {
  std::string text(kUsage);
  for (const Verb& verb : Verbs()) {
    text += StrCat("  ", WithArguments(verb), "\n      ", verb.summary, "\n");
  }
  text += "\n'vswitchctl help VERB' tells more, with an example.\n";
  text += StrCat(kFlags, "\nThe socket is ", kDefaultSocketPath, " by default.\n\nExit codes:\n");
  for (const ExitCodeText& exit_code : ExitCodeTexts()) {
    text += StrCat("  ", static_cast<int>(exit_code.code), "  ", exit_code.text, "\n");
  }
  text += "'run' ends with the exit code of its command.\n";
  return text;
}

std::string NotesOf(const Verb& verb) {
  return StrCat(verb.settings_help == nullptr ? "" : verb.settings_help(), verb.notes);
}

Json ToJson(const Verb& verb) {
  Json object = Json::object();
  object["name"] = std::string(verb.name);
  object["arguments"] = std::string(verb.signature);
  object["summary"] = std::string(verb.summary);
  object["example"] = std::string(verb.example);
  object["notes"] = NotesOf(verb);
  return object;
}

}  // namespace

std::string UsageOf(const Verb& verb) {
  return StrCat("usage:   vswitchctl ", WithArguments(verb), "\nexample: ", verb.example);
}

absl::StatusOr<Reply> Help(const VerbCall& call) {
  const std::vector<std::string>& words = call.arguments.positional;
  Reply reply;
  reply.json["verbs"] = Json::array();
  if (words.empty()) {
    for (const Verb& verb : Verbs()) reply.json["verbs"].push_back(ToJson(verb));
    reply.text = Overview();
    return reply;
  }
  // "help fdb": all that begin so. Otherwise one verb, or the error that names the nearest.
  std::vector<const Verb*> chosen;
  for (const Verb& verb : Verbs()) {
    if (words.size() == 1 && verb.name.starts_with(words[0] + " ")) chosen.push_back(&verb);
  }
  if (chosen.empty()) {
    const absl::StatusOr<const Verb*> verb = FindVerb(words);
    if (!verb.ok()) return verb.status();
    chosen.push_back(*verb);
  }
  for (const Verb* verb : chosen) {
    if (!reply.text.empty()) reply.text += "\n";
    reply.text += StrCat(verb->name, ": ", verb->summary, "\n\n", UsageOf(*verb), "\n");
    if (const std::string notes = NotesOf(*verb); !notes.empty()) reply.text += "\n" + notes;
    reply.json["verbs"].push_back(ToJson(*verb));
  }
  return reply;
}

}  // namespace vswitch
