#include "cli/verbs/flags.h"

#include <getopt.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "cli/exit_code.h"
#include "cli/verbs/settings_help.h"
#include "switch/base/nearest.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

template <bool Options::*kField>
absl::Status SetTrue(std::string_view, Options* options) {
  options->*kField = true;
  return absl::OkStatus();
}

template <bool Options::*kField>
bool IsTrue(const Options& options) {
  return options.*kField;
}

template <std::string Options::*kField>
absl::Status SetText(std::string_view value, Options* options) {
  if (value.empty()) return absl::InvalidArgumentError("it needs a value");
  options->*kField = value;
  return absl::OkStatus();
}

template <std::string Options::*kField>
bool IsText(const Options& options) {
  return !(options.*kField).empty();
}

absl::Status SetSocket(std::string_view value, Options* options) {
  options->socket_path = value;
  return absl::OkStatus();
}

absl::Status SetTimeout(std::string_view value, Options* options) {
  double seconds = 0;
  if (!absl::SimpleAtod(absl::string_view(value.data(), value.size()), &seconds) ||
      !(seconds > 0 && seconds <= 1e6)) {
    return absl::InvalidArgumentError("give more than 0 and at most 1000000 seconds");
  }
  options->timeout = absl::Seconds(seconds);
  options->timeout_given = true;
  return absl::OkStatus();
}

absl::Status SetColour(std::string_view value, Options* options) {
  constexpr std::pair<std::string_view, Colour> kWords[] = {
      {"auto", Colour::kAuto}, {"always", Colour::kAlways}, {"never", Colour::kNever}};
  for (const auto& [word, colour] : kWords) {
    if (word != value) continue;
    options->colour = colour;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("give auto, always or never");
}

bool IsSocketGiven(const Options& options) { return options.socket_path != Options().socket_path; }
bool IsTimeoutGiven(const Options& options) { return options.timeout_given; }
bool IsColourGiven(const Options& options) { return options.colour != Colour::kAuto; }

constexpr Flag kFlags[] = {
    {"socket", "PATH", "", "the daemon's socket", SetSocket, IsSocketGiven},
    {"json", "", "", "print the daemon's answer as one line of JSON, errors too",
     SetTrue<&Options::json>, IsTrue<&Options::json>},
    {"timeout", "SECONDS", "",
     "how long to wait for the daemon (10); for one to come up, 2 at most", SetTimeout,
     IsTimeoutGiven},
    {"color", "WHEN", "", "auto (on a terminal without NO_COLOR), always or never", SetColour,
     IsColourGiven},
    {"b", "FILE", "", "do the commands of FILE (-: standard input), all or none",
     SetText<&Options::batch>, IsText<&Options::batch>},
    {"help", "", "", "the same as 'help VERB'", SetTrue<&Options::help>, IsTrue<&Options::help>},
    {"version", "", "", "the version of vswitchctl alone", SetTrue<&Options::version>,
     IsTrue<&Options::version>},
    {"may-exist", "", "add-br, add-port", "no error if it is there already as asked for",
     SetTrue<&Options::may_exist>, IsTrue<&Options::may_exist>},
    {"if-exists", "", "del-br, del-port", "no error if it is not there",
     SetTrue<&Options::if_exists>, IsTrue<&Options::if_exists>},
    {"force", "", "del-br, del-port", "take its ports along; delete TAPs that guests have open",
     SetTrue<&Options::force>, IsTrue<&Options::force>},
    {"keep-forwarding", "", "exit", "the kernel goes on forwarding between known stations",
     SetTrue<&Options::keep_forwarding>, IsTrue<&Options::keep_forwarding>},
    {"watch", "", "stats", "show what each second adds, until Ctrl-C", SetTrue<&Options::watch>,
     IsTrue<&Options::watch>},
    {"reset", "", "stats", "count from zero again", SetTrue<&Options::reset>,
     IsTrue<&Options::reset>},
    {"strict", "", "doctor", "warnings, and what could not be seen, are problems too",
     SetTrue<&Options::strict>, IsTrue<&Options::strict>},
    {"w", "FILE", "capture", "write pcapng to it; -: to standard output",
     SetText<&Options::write_to>, IsText<&Options::write_to>},
};

// Two letters that everybody tries.
constexpr std::pair<char, std::string_view> kLetters[] = {{'h', "help"}, {'V', "version"}};

const Flag& FlagNamed(std::string_view name) {
  return *std::ranges::find(kFlags, name, &Flag::name);
}

std::string Dashed(std::string_view name) { return StrCat(name.size() == 1 ? "-" : "--", name); }

// "--may_exist" and "-may-exist" are "--may-exist". What stands behind '=' stays; so does a file
// behind -b or -w, and a letter: it is no long flag cut short.
std::string WithDashes(const std::string& word) {
  const size_t start = word.find_first_not_of('-');
  if (start == 0 || start > 2) return word;
  const size_t end = std::min(word.find('='), word.size());
  std::string name = word.substr(start, end - start);
  std::ranges::replace(name, '_', '-');
  const bool is_meant = std::ranges::any_of(kFlags, [&](const Flag& flag) {
    return name.size() > 1 && (start == 2 ? flag.name.starts_with(name) : flag.name == name);
  });
  return is_meant ? StrCat("--", name, word.substr(end)) : word;
}

absl::Status WithHint(std::string_view message) {
  return UsageError(StrCat(message,
                           "\n'vswitchctl help' lists the flags; what belongs to another command "
                           "goes after '--'"));
}

// "--mtu=9000": settings are words without dashes.
absl::Status RefuseSettingWithDashes(const std::string& word) {
  if (!word.starts_with('-')) return absl::OkStatus();
  std::string_view text = word;
  text.remove_prefix(std::min(text.find_first_not_of('-'), text.size()));
  if (!IsSettingKey(text.substr(0, text.find('=')))) return absl::OkStatus();
  return UsageError(StrCat("'", word, "' is no flag but a setting: write '", text,
                           "' behind the names",
                           text.find('=') == text.npos ? ", with '=' and a value" : ""));
}

// What getopt_long() takes: a letter is one of `letters`, a longer name one of `names`.
struct GetOpt {
  std::string letters = "-:";  // Words that are no flags come in their order; errors are ours.
  std::vector<option> names;
};

GetOpt ForGetOpt() {
  GetOpt get;
  for (const auto& [letter, name] : kLetters) get.letters += letter;
  for (size_t i = 0; i < std::size(kFlags); ++i) {
    const Flag& flag = kFlags[i];
    if (flag.name.size() == 1) {
      get.letters += StrCat(flag.name, flag.value.empty() ? "" : ":");
    } else {
      const int takes = flag.value.empty() ? no_argument : required_argument;
      get.names.push_back({flag.name.data(), takes, nullptr, 256 + static_cast<int>(i)});
    }
  }
  get.names.push_back({});
  return get;
}

absl::Status UnknownFlag(const std::string& word) {
  const size_t start = std::min(word.find_first_not_of('-'), word.size());
  const std::string name = word.substr(start, word.find('=', start) - start);
  std::vector<std::string_view> known;
  for (const Flag& flag : kFlags) {
    if (flag.name == name && flag.value.empty()) {
      return WithHint(StrCat("'", word, "': --", name, " takes no value"));
    }
    if (flag.name.size() > 1) known.push_back(flag.name);
  }
  return WithHint(StrCat("unknown flag '", word, "'", DidYouMean(name, known)));
}

const Flag& FlagOf(int code) {
  if (code >= 256) return kFlags[code - 256];
  for (const auto& [letter, name] : kLetters) {
    if (letter == code) return FlagNamed(name);
  }
  const char letter = static_cast<char>(code);
  return FlagNamed(std::string_view(&letter, 1));
}

}  // namespace

std::string Flag::Usage() const {
  return StrCat(Dashed(name), value.empty() ? "" : name.size() == 1 ? " " : "=", value);
}

std::span<const Flag> Flags() { return kFlags; }

absl::StatusOr<std::vector<std::string>> ReadFlags(std::span<const std::string> words,
                                                   Options* options) {
  std::vector<std::string> copies = {"vswitchctl"};
  for (const std::string& word : words) {
    if (absl::Status status = RefuseSettingWithDashes(word); !status.ok()) return status;
    copies.push_back(WithDashes(word));
  }
  std::vector<char*> argv;
  for (std::string& copy : copies) argv.push_back(copy.data());
  argv.push_back(nullptr);
  const GetOpt get = ForGetOpt();
  std::vector<std::string> rest;
  opterr = 0;
  optind = 0;  // It was perhaps used before.
  while (true) {
    // A word of several letters is read in several calls.
    const int at = std::max(1, optind);
    const int code = getopt_long(static_cast<int>(copies.size()), argv.data(), get.letters.c_str(),
                                 get.names.data(), nullptr);
    if (code == -1) return rest;
    const std::string& word = copies[static_cast<size_t>(at)];
    if (code == 1) {
      rest.push_back(optarg);
    } else if (code == '?') {
      return UnknownFlag(word);
    } else if (code == ':') {
      return WithHint(StrCat("'", word, "': its value is missing"));
    } else {
      const Flag& flag = FlagOf(code);
      const std::string_view value = optarg == nullptr ? "" : optarg;
      const absl::Status status = flag.set(value, options);
      if (!status.ok()) {
        return WithHint(StrCat(Dashed(flag.name), flag.name.size() == 1 ? " " : "=", value, ": ",
                               status.message()));
      }
    }
  }
}

absl::StatusOr<FurtherCommand> ReadFurtherCommand(std::span<const std::string> words,
                                                  const Options& options) {
  FurtherCommand command;
  Options own;
  absl::StatusOr<std::vector<std::string>> rest = ReadFlags(words, &own);
  if (!rest.ok()) return rest.status();
  for (const Flag& flag : kFlags) {
    if (!flag.is_global() || !flag.is_set(own)) continue;
    return UsageError(StrCat(Dashed(flag.name),
                             " is of all commands together: write it before "
                             "the first of them"));
  }
  command.words = *std::move(rest);
  command.options = std::move(own);
  command.options.socket_path = options.socket_path;
  command.options.timeout = options.timeout;
  command.options.timeout_given = options.timeout_given;
  command.options.json = options.json;
  command.options.colour = options.colour;
  return command;
}

}  // namespace vswitch
