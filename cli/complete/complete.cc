#include "cli/complete/complete.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cli/arguments.h"
#include "cli/complete/sources.h"
#include "cli/verbs/flags.h"
#include "cli/verbs/verbs.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

using Words = std::vector<std::string>;

constexpr char kFiles[] = ":files";

// One place of a signature: "PORT", "[vlan=N]", "vid".
struct Slot {
  std::string_view name;   // Of a setting, its key.
  std::string_view value;  // Of a setting: what stands behind '='.
  bool is_setting = false;
  bool optional = false;
  bool repeated = false;
};

// The signature's words but for flags and what follows "--".
std::vector<Slot> SlotsOf(std::string_view signature) {
  std::vector<Slot> slots;
  bool in_flag = false;
  const absl::string_view text(signature.data(), signature.size());
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (word == "--") break;
    if (std::exchange(in_flag, word == "[-w")) continue;
    if (in_flag) continue;
    Slot slot;
    slot.optional = absl::ConsumePrefix(&word, "[") && absl::ConsumeSuffix(&word, "]");
    slot.repeated = absl::ConsumeSuffix(&word, "...");
    if (word.size() > 1 && word[0] == '-') continue;
    const size_t equals = word.find('=');
    slot.is_setting = equals != word.npos;
    slot.name = StdView(word.substr(0, equals));
    if (slot.is_setting) slot.value = StdView(word.substr(equals + 1));
    slots.push_back(slot);
  }
  return slots;
}

bool IsSettingWord(const std::string& word) { return word.find('=') != word.npos; }

// A command as far as it is typed, without its flags.
struct Typed {
  const Verb* verb = nullptr;
  Words names;     // What is no setting.
  Words settings;  // "key=value".

  std::string Name(size_t i) const { return i < names.size() ? names[i] : ""; }
  std::string Setting(std::string_view key) const {
    for (const std::string& setting : settings) {
      if (setting.starts_with(StrCat(key, "="))) return setting.substr(key.size() + 1);
    }
    return "";
  }
};

class Completion {
 public:
  explicit Completion(std::span<const std::string> words)
      : before_(words.begin(), words.end() - 1), current_(words.back()), sources_(Socket()) {}

  Candidates Run() {
    if (const std::optional<Candidates> of_flag = FlagValue()) return *of_flag;
    ReadCommand();
    if (is_command_) return {{StrCat(":command ", command_start_), ""}};
    if (current_.starts_with('-')) return FlagNames();
    if (typed_.verb == nullptr) return VerbWords();
    if (IsSettingWord(current_)) return SettingValues();
    return Arguments();
  }

 private:
  std::string Socket() const {
    std::string socket = Options().socket_path;
    for (size_t i = 0; i < before_.size() && before_[i] != "--"; ++i) {
      absl::string_view word = before_[i];
      if (!absl::ConsumePrefix(&word, "-")) continue;
      absl::ConsumePrefix(&word, "-");
      if (word == "socket" && i + 1 < before_.size()) socket = before_[i + 1];
      if (absl::ConsumePrefix(&word, "socket=")) socket = std::string(word);
    }
    return socket;
  }

  static const Flag* FlagOf(std::string_view word) {
    if (!word.starts_with('-')) return nullptr;
    word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
    const auto flag = std::ranges::find(Flags(), word.substr(0, word.find('=')), &Flag::name);
    return flag == Flags().end() ? nullptr : &*flag;
  }

  // Whether a word is a flag whose value is the next word.
  static bool TakesNext(const std::string& word) {
    const Flag* const flag = FlagOf(word);
    return flag != nullptr && !flag->value.empty() && !IsSettingWord(word);
  }

  static Candidates ValuesOf(const Flag& flag, const std::string& prefix) {
    if (flag.value == "WHEN") {
      return {{prefix + "auto", ""}, {prefix + "always", ""}, {prefix + "never", ""}};
    }
    const bool is_file = flag.value == "FILE" || flag.value == "PATH";
    return is_file && prefix.empty() ? Candidates{{kFiles, ""}} : Candidates();
  }

  std::optional<Candidates> FlagValue() const {
    const bool behind_dashes = std::ranges::find(before_, "--") != before_.end();
    if (!before_.empty() && !behind_dashes && TakesNext(before_.back())) {
      return ValuesOf(*FlagOf(before_.back()), "");
    }
    const Flag* const flag = IsSettingWord(current_) ? FlagOf(current_) : nullptr;
    if (flag == nullptr) return std::nullopt;
    return ValuesOf(*flag, current_.substr(0, current_.find('=') + 1));
  }

  // The last of the commands with "--" between them.
  void ReadCommand() {
    Words words;
    for (size_t i = 0; i < before_.size(); ++i) {
      if (before_[i] == "--") {
        if (TakesCommand(words)) {
          is_command_ = true;
          command_start_ = i + 1;
          return;
        }
        words.clear();
        is_first_ = false;
      } else if (TakesNext(before_[i])) {
        ++i;
      } else if (!before_[i].starts_with('-')) {
        words.push_back(before_[i]);
      }
    }
    const absl::StatusOr<const Verb*> verb = FindVerb(words);
    verb_words_ = words;
    if (!verb.ok()) return;
    typed_.verb = *verb;
    const size_t name_words = (*verb)->name.find(' ') == std::string_view::npos ? 1 : 2;
    for (size_t i = name_words; i < words.size(); ++i) {
      (IsSettingWord(words[i]) ? typed_.settings : typed_.names).push_back(words[i]);
    }
  }

  static bool TakesCommand(const Words& words) {
    const absl::StatusOr<const Verb*> verb = FindVerb(words);
    return verb.ok() && ParseSignature((*verb)->signature).takes_command;
  }

  Candidates FlagNames() const {
    Candidates flags;
    const Signature signature =
        ParseSignature(typed_.verb == nullptr ? "" : typed_.verb->signature);
    for (const Flag& flag : Flags()) {
      const bool is_taken = std::ranges::find(signature.flags, flag.name) != signature.flags.end();
      if (flag.is_global() ? !is_first_ : typed_.verb != nullptr && !is_taken) continue;
      const std::string dashes = flag.name.size() == 1 ? "-" : "--";
      const bool takes_value = flag.name.size() > 1 && !flag.value.empty();
      flags.push_back({StrCat(dashes, flag.name, takes_value ? "=" : ""), std::string(flag.help)});
    }
    return flags;
  }

  // The first word of a verb, or the second behind it. `words`: what stands there.
  static Candidates VerbWordsBehind(const Words& words) {
    Candidates all;
    for (const Verb& verb : Verbs()) {
      const size_t space = verb.name.find(' ');
      const std::string first(verb.name.substr(0, space));
      if (words.empty()) {
        if (!all.empty() && all.back().text == first) {
          all.back().help += StrCat(", ", verb.name.substr(space + 1));
        } else if (space != verb.name.npos) {
          all.push_back({first, std::string(verb.name.substr(space + 1))});
        } else {
          all.push_back({first, std::string(verb.summary)});
        }
      } else if (words.size() == 1 && words[0] == first && space != verb.name.npos) {
        all.push_back({std::string(verb.name.substr(space + 1)), std::string(verb.summary)});
      }
    }
    return all;
  }

  Candidates VerbWords() const { return VerbWordsBehind(verb_words_); }

  std::string_view verb_name() const { return typed_.verb->name; }

  // The bridge that is named before, where the verb has one.
  std::string BridgeBefore() const {
    return typed_.verb->signature.find("BR") == std::string_view::npos ? "" : typed_.Name(0);
  }

  Candidates ForName(const Slot& slot) {
    const bool is_new = (verb_name() == "add-br" && slot.name == "BR") ||
                        (verb_name() == "add-port" && slot.name == "PORT") ||
                        (verb_name() == "mirror add" && slot.name == "NAME");
    if (is_new) return {};
    if (slot.name == "BR") return sources_.Bridges();
    if (slot.name == "PORT") {
      return sources_.Ports(verb_name() == "move-port" ? "" : BridgeBefore());
    }
    if (slot.name == "MAC") return sources_.Macs(BridgeBefore());
    if (slot.name == "NAME") return sources_.Mirrors(BridgeBefore());
    if (slot.name == "FILE") return {{kFiles, ""}};
    if (slot.name == "VERB") return VerbWordsBehind(typed_.names);
    if (slot.name == "LEVEL")
      return {{"error", ""}, {"warning", ""}, {"info", ""}, {"verbose", ""}};
    if (slot.name == "KEY") {
      return verb_name() == "get br" ? sources_.BridgeKeys(typed_.Name(0))
                                     : sources_.PortKeys(typed_.Name(0));
    }
    const bool is_itself = std::islower(static_cast<unsigned char>(slot.name[0])) != 0;
    return is_itself ? Candidates{{std::string(slot.name), ""}} : Candidates();
  }

  bool IsOfBridge() const { return verb_name() == "add-br" || verb_name() == "set br"; }

  // "key=", as far as it is not there yet.
  Candidates SettingNames(const Slot& slot) const {
    Candidates keys;
    if (slot.name == "key") {
      const bool adds = verb_name() == "add-port";
      keys = IsOfBridge() ? BridgeSettingKeys() : PortSettingKeys(typed_.Setting("type"), adds);
    } else {
      keys = {{StrCat(slot.name, "="), ""}};
    }
    std::erase_if(keys, [&](const Candidate& key) {
      return std::ranges::any_of(typed_.settings, [&](const std::string& setting) {
        return setting.starts_with(key.text);
      });
    });
    return keys;
  }

  // What may stand next: a slot's place depends on how many of the optional ones before it are
  // there.
  Candidates Arguments() {
    Candidates all;
    const auto add = [&all](Candidates more) {
      for (Candidate& each : more) {
        const bool is_new = std::ranges::find(all, each.text, &Candidate::text) == all.end();
        if (is_new) all.push_back(std::move(each));
      }
    };
    size_t place = 0;
    size_t required = 0;
    const size_t typed = typed_.names.size();
    for (const Slot& slot : SlotsOf(typed_.verb->signature)) {
      if (slot.is_setting) {
        // Not before the names that must be there.
        if (typed >= RequiredNames()) add(SettingNames(slot));
        continue;
      }
      const bool fits = required <= typed && (typed <= place || slot.repeated);
      if (fits && !IsTyped(slot)) add(ForName(slot));
      ++place;
      if (!slot.optional) ++required;
    }
    return all;
  }

  // A word that stands for itself is there once.
  bool IsTyped(const Slot& slot) const {
    return std::islower(static_cast<unsigned char>(slot.name[0])) != 0 &&
           std::ranges::find(typed_.names, slot.name) != typed_.names.end();
  }

  size_t RequiredNames() const { return ParseSignature(typed_.verb->signature).required.size(); }

  // Of "key=" as typed: what it may be, and what it is.
  Candidates ValuesOfKey(const std::string& key) {
    for (const Slot& slot : SlotsOf(typed_.verb->signature)) {
      if (!slot.is_setting || slot.name != key) continue;
      if (slot.value == "MAC") return sources_.Macs(BridgeBefore());
      if (slot.value == "N") return key == "vlan" ? sources_.Vlans() : Candidates();
      if (slot.value.find("PORT") != slot.value.npos) {
        Candidates ports = sources_.Ports(BridgeBefore());
        if (slot.value.find("|all") != slot.value.npos) ports.push_back({"all", "every port"});
        return ports;
      }
      if (std::islower(static_cast<unsigned char>(slot.value[0])) == 0) break;
      Candidates words;
      for (const absl::string_view word :
           absl::StrSplit(absl::string_view(slot.value.data(), slot.value.size()), '|')) {
        words.push_back({std::string(word), ""});
      }
      return words;
    }
    Candidates words = IsOfBridge() ? BridgeSettingWords(key) : PortSettingWords(key);
    std::string now;
    if (verb_name() == "set br") now = sources_.BridgeValue(typed_.Name(0), key);
    if (verb_name() == "set port") now = sources_.PortValue(typed_.Name(0), key);
    const auto same = std::ranges::find(words, now, &Candidate::text);
    if (same != words.end()) {
      same->help = "as it is now";
    } else if (!now.empty()) {
      words.push_back({now, "as it is now"});
    }
    return words;
  }

  Candidates SettingValues() {
    const size_t equals = current_.find('=');
    Candidates values = ValuesOfKey(current_.substr(0, equals));
    // Of a list: the next of it.
    const size_t comma = current_.rfind(',');
    const size_t start = comma != current_.npos && comma > equals ? comma + 1 : equals + 1;
    for (Candidate& value : values) value.text = current_.substr(0, start) + value.text;
    return values;
  }

  const Words before_;
  const std::string current_;
  Sources sources_;
  Typed typed_;
  Words verb_words_;
  bool is_first_ = true;
  bool is_command_ = false;
  size_t command_start_ = 0;
};

}  // namespace

std::string Complete(std::span<const std::string> words) {
  if (words.empty()) return "";
  const std::string& current = words.back();
  std::string text;
  for (const Candidate& candidate : Completion(words).Run()) {
    if (candidate.text[0] != ':' && !candidate.text.starts_with(current)) continue;
    text += StrCat(candidate.text, candidate.help.empty() ? "" : "\t", candidate.help, "\n");
  }
  return text;
}

}  // namespace vswitch
