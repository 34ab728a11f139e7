// Which verb is meant: what was typed, or what is asked about when it is none. Besides slips of the
// finger that is the order of words, the word between "set" and a name, and other tools' verbs.
#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/format.h"
#include "cli/verbs/handlers.h"
#include "cli/verbs/settings_help.h"
#include "cli/verbs/verbs.h"
#include "switch/base/nearest.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

using Words = std::vector<std::string>;

// What is typed elsewhere, and what it is here.
struct Synonym {
  std::string_view word;
  std::string_view hint;
};
constexpr std::string_view kAdd = "'add-port BR PORT' adds a port, 'add-br BR' a bridge";
constexpr std::string_view kDelete = "'del-port PORT' deletes a port, 'del-br BR' a bridge";
constexpr std::string_view kList = "'show' shows bridges and ports, 'list-br' lists bridges";
constexpr Synonym kSynonyms[] = {
    {"add", kAdd},
    {"create", kAdd},
    {"attach", kAdd},
    {"addif", kAdd},
    {"del", kDelete},
    {"delete", kDelete},
    {"remove", kDelete},
    {"rm", kDelete},
    {"detach", kDelete},
    {"delif", kDelete},
    {"list", kList},
    {"ls", kList},
    {"status", kList},
    {"info", kList},
    {"ports", kList},
    {"mac", "'fdb show' shows the forwarding table"},
    {"macs", "'fdb show' shows the forwarding table"},
    {"counters", "'stats' shows counters"},
    {"start", "'sudo vswitchd' starts the daemon"},
    {"stop", "'exit' ends the daemon"},
    {"quit", "'exit' ends the daemon"},
};

// The first word of "fdb show"; all of "show".
std::string_view FirstWord(const Verb& verb) { return verb.name.substr(0, verb.name.find(' ')); }

std::string_view SecondWord(const Verb& verb) {
  const size_t space = verb.name.find(' ');
  return space == std::string_view::npos ? "" : verb.name.substr(space + 1);
}

// The verb that `words` begin with, or null.
const Verb* Exactly(std::span<const std::string> words) {
  for (const Verb& verb : Verbs()) {
    if (words.empty() || FirstWord(verb) != words[0]) continue;
    if (SecondWord(verb).empty() || (words.size() > 1 && SecondWord(verb) == words[1])) {
      return &verb;
    }
  }
  return nullptr;
}

absl::Status UnknownVerb(std::string_view verb, std::string_view hint) {
  return UsageError(
      StrCat("unknown verb '", verb, "'", hint, "\n'vswitchctl help' lists all verbs"));
}

std::string AskAbout(const Words& line) {
  return StrCat(": did you mean '", ShellLine(line), "'?");
}

bool IsSetting(std::string_view word) { return word.find('=') != std::string_view::npos; }

// "set vm0 owner=alice", "get vm0 state": a name right behind the verb. Whether a bridge or a port
// is meant the key tells, or the name where both have such a key.
std::optional<Words> WithKind(std::span<const std::string> words) {
  if (words.size() < 2 || (words[0] != "set" && words[0] != "get")) return std::nullopt;
  std::string key;
  if (words.size() > 2) key = words[2].substr(0, words[2].find('='));
  // Two names: the first of them is a mistyped kind.
  if (words[0] == "set" && words.size() > 2 && !IsSetting(words[2])) return std::nullopt;
  if (words[0] == "get" && words.size() > 2 && !IsShownKey(key)) return std::nullopt;
  Words line(words.begin(), words.end());
  const bool either = key.empty() || (IsBridgeKey(key) && IsPortKey(key));
  const bool bridge = either ? words[1].starts_with("br") : IsBridgeKey(key);
  line.insert(line.begin() + 1, bridge ? "br" : "port");
  return line;
}

// A verb in two words, or in the wrong order: "add port br0 vm0", "port add br0 vm0", "port set vm0
// mtu=1500".
std::optional<Words> InTwoWords(std::span<const std::string> words) {
  if (words.size() < 2) return std::nullopt;
  const Words rest(words.begin() + 2, words.end());
  const std::string both[] = {words[0], words[1]};
  for (const Words& start : {Words{StrCat(both[0], "-", both[1])},
                             Words{StrCat(both[1], "-", both[0])}, Words{both[1], both[0]}}) {
    const Verb* const verb = Exactly(start);
    if (verb == nullptr || (start.size() == 2 && SecondWord(*verb).empty())) continue;
    Words line = start;
    line.insert(line.end(), rest.begin(), rest.end());
    return line;
  }
  return std::nullopt;
}

// A verb that stands behind other words: "br0 add-port vm0".
std::optional<Words> BehindOthers(std::span<const std::string> words) {
  for (size_t i = 1; i < words.size(); ++i) {
    const Verb* const verb = Exactly(words.subspan(i));
    if (verb == nullptr) continue;
    const size_t size = SecondWord(*verb).empty() ? 1 : 2;
    Words line(words.begin() + i, words.begin() + i + size);
    line.insert(line.end(), words.begin(), words.begin() + i);
    line.insert(line.end(), words.begin() + i + size, words.end());
    return line;
  }
  return std::nullopt;
}

absl::Status NoVerb(std::span<const std::string> words,
                    const std::vector<std::string_view>& known) {
  const auto* const synonym = std::ranges::find(kSynonyms, words[0], &Synonym::word);
  const bool elsewhere = synonym != std::end(kSynonyms);
  const std::string nearest = DidYouMean(words[0], known);
  if (const auto line = InTwoWords(words)) return UnknownVerb(words[0], AskAbout(*line));
  // Before what stands behind: "hlep exit" is a question about a verb, not that verb.
  if (!elsewhere && !nearest.empty()) return UnknownVerb(words[0], nearest);
  if (const auto line = BehindOthers(words)) return UnknownVerb(words[0], AskAbout(*line));
  return UnknownVerb(words[0], elsewhere ? StrCat(": ", synonym->hint) : "");
}

}  // namespace

std::string HintBehindShow(std::span<const std::string> words) {
  if (words.size() < 2 || words[0] != "show") return "";
  Words line = {words[1], words[0]};
  if (const Verb* const verb = Exactly(line); verb != nullptr) {
    if (SecondWord(*verb).empty()) line.pop_back();
    line.insert(line.end(), words.begin() + 2, words.end());
    return AskAbout(line);
  }
  const std::string& name = words.back();
  return StrCat("; '", ShellLine(Words{"get", "br", name}), "' shows a bridge, '",
                ShellLine(Words{"list-ports", name}), "' its ports, '",
                ShellLine(Words{"get", "port", name}), "' a port");
}

absl::StatusOr<const Verb*> FindVerb(std::span<const std::string> words) {
  if (words.empty()) return UsageError("a verb is missing\n'vswitchctl help' lists all verbs");
  if (const Verb* const verb = Exactly(words); verb != nullptr) return verb;
  std::vector<std::string_view> first_words;
  // The verbs of two words that begin with the first of `words`.
  std::vector<std::string_view> group;
  for (const Verb& verb : Verbs()) {
    first_words.push_back(FirstWord(verb));
    if (FirstWord(verb) == words[0]) group.push_back(verb.name);
  }
  if (group.empty()) return NoVerb(words, first_words);
  std::string choice;
  for (const std::string_view name : group) choice += StrCat(choice.empty() ? "" : ", ", name);
  if (words.size() == 1) return UsageError(StrCat("a word is missing: ", choice));
  const std::string typed = StrCat(words[0], " ", words[1]);
  if (const auto line = WithKind(words)) return UnknownVerb(typed, AskAbout(*line));
  const std::string nearest = DidYouMean(typed, group);
  return UnknownVerb(typed, nearest.empty() ? StrCat("; there are ", choice) : nearest);
}

}  // namespace vswitch
