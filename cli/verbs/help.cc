// Help, all of it read from the tables of verbs and flags.
#include <algorithm>
#include <string>

#include "cli/exit_code.h"
#include "cli/verbs/handlers.h"
#include "cli/verbs/settings_help.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/protocol.h"

namespace vswitch {
namespace {

constexpr std::string_view kUsage =
    "usage: vswitchctl [FLAG...] VERB [ARGUMENT...] [-- VERB [ARGUMENT...]]...\n"
    "       vswitchctl [FLAG...] -b FILE\n"
    "\nManages a running vswitchd: bridges, ports and their forwarding tables. Several commands, "
    "with\n"
    "'--' between them or a line of FILE each, are done all or none.\n\n";

// "  --timeout=SECONDS  how long ..."
std::string FlagHelp() {
  size_t width = 0;
  for (const Flag& flag : Flags()) width = std::max(width, flag.Usage().size());
  std::string text = "\nFlags, before or after the verb:\n";
  for (const Flag& flag : Flags()) {
    const std::string usage = flag.Usage();
    text += StrCat("  ", usage, std::string(width - usage.size() + 2, ' '), flag.verbs,
                   flag.is_global() ? "" : ": ", flag.help, "\n");
  }
  return text;
}

std::string WithArguments(const Verb& verb) {
  return StrCat(verb.name, verb.signature.empty() ? "" : " ", verb.signature);
}

std::string Overview() {
  std::string text(kUsage);
  for (const Verb& verb : Verbs()) {
    text += StrCat("  ", WithArguments(verb), "\n      ", verb.summary, "\n");
  }
  text += "\n'vswitchctl help VERB' tells more, with an example.\n";
  text +=
      StrCat(FlagHelp(), "\nThe socket is ", kDefaultSocketPath, " by default.\n\nExit codes:\n");
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
  object["notes"] = std::string(verb.notes);
  return object;
}

// What there is to know beside the verbs.
void AddTables(Json* json) {
  Json& flags = (*json)["flags"] = Json::array();
  for (const Flag& flag : Flags()) {
    flags.push_back({{"name", std::string(flag.name)},
                     {"value", std::string(flag.value)},
                     {"verbs", std::string(flag.verbs)},
                     {"help", std::string(flag.help)}});
  }
  Json& settings = (*json)["settings"] = Json::array();
  for (const SettingRow& row : SettingRows()) {
    settings.push_back({{"of", std::string(row.of)},
                        {"key", std::string(row.key)},
                        {"value", std::string(row.value)},
                        {"help", std::string(row.help)},
                        {"types", row.types},
                        {"allowed", row.allowed},
                        {"default", row.by_default},
                        {"creation_only", row.creation_only}});
  }
  Json& exit_codes = (*json)["exit_codes"] = Json::array();
  for (const ExitCodeText& code : ExitCodeTexts()) {
    exit_codes.push_back({{"code", static_cast<int>(code.code)}, {"text", std::string(code.text)}});
  }
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
    AddTables(&reply.json);
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
