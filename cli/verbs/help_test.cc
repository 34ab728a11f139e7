// Help, checked for every verb of the table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/arguments.h"
#include "cli/json.h"
#include "cli/verbs/verbs.h"
#include "switch/base/str_cat.h"
#include "switch/model/setting_table.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Nobody listens there: help needs no daemon.
const Options kOptions = {.socket_path = "/dev/null/none"};

std::string HelpText(const std::vector<std::string>& words) {
  const Outcome outcome = RunVerb(kOptions, Host(), words, std::nullopt);
  EXPECT_EQ(outcome.exit_code, ExitCode::kDone) << outcome.err;
  return outcome.out;
}

std::vector<std::string> Words(std::string_view text) {
  return absl::StrSplit(std::string(text), absl::ByAnyChar(" \n"), absl::SkipEmpty());
}

// The words of an example behind "vswitchctl", without flags, up to "--" and what follows it.
struct Example {
  std::vector<std::string> words;
  std::optional<std::vector<std::string>> command;
};

Example ReadExample(std::string_view text) {
  Example example;
  const std::string from_name(text.substr(text.find("vswitchctl")));
  for (const std::string& word : Words(from_name.substr(0, from_name.find(')')))) {
    if (example.command.has_value()) {
      example.command->push_back(word);
    } else if (word == "--") {
      example.command.emplace();
    } else if (!word.starts_with("--")) {
      example.words.push_back(word);
    }
  }
  example.words.erase(example.words.begin());
  return example;
}

TEST(HelpTest, EveryVerbHasAnExampleThatItsOwnSignatureAccepts) {
  for (const Verb& verb : Verbs()) {
    ASSERT_THAT(std::string(verb.example), HasSubstr("vswitchctl")) << verb.name;
    const Example example = ReadExample(verb.example);
    const absl::StatusOr<const Verb*> found = FindVerb(example.words);
    ASSERT_TRUE(found.ok()) << verb.example << ": " << found.status();
    EXPECT_EQ((*found)->name, verb.name) << verb.example;
    const Signature signature = ParseSignature(verb.signature);
    const size_t name_words = Words(verb.name).size();
    const auto arguments = ParseArguments(signature, std::span(example.words).subspan(name_words));
    EXPECT_TRUE(arguments.ok()) << verb.example << ": " << arguments.status();
    EXPECT_EQ(example.command.has_value(), signature.takes_command) << verb.example;
  }
}

TEST(HelpTest, OfEachVerbShowsUsageSummaryAndExample) {
  for (const Verb& verb : Verbs()) {
    std::vector<std::string> words = {"help"};
    for (const std::string& word : Words(verb.name)) words.push_back(word);
    const std::string text = HelpText(words);
    for (const std::string_view part : {verb.name, verb.signature, verb.summary, verb.example}) {
      EXPECT_THAT(text, HasSubstr(std::string(part))) << verb.name;
    }
    EXPECT_FALSE(verb.summary.empty()) << verb.name;
  }
}

TEST(HelpTest, OverviewHasEveryVerbFlagAndExitCode) {
  const std::string text = HelpText({"help"});
  for (const Verb& verb : Verbs()) {
    EXPECT_THAT(text, HasSubstr("\n  " + std::string(verb.name)));
    EXPECT_THAT(text, HasSubstr(std::string(verb.summary)));
  }
  for (const Flag& flag : Flags()) {
    EXPECT_THAT(text, HasSubstr("\n  " + flag.Usage() + "  ")) << flag.name;
  }
  for (int code = 0; code <= 7; ++code) {
    EXPECT_THAT(text, HasSubstr("\n  " + std::to_string(code) + "  "));
  }
}

TEST(HelpTest, NoLineIsTooLongForATerminal) {
  std::vector<std::string> texts = {HelpText({"help"})};
  for (const Verb& verb : Verbs()) {
    std::vector<std::string> words = Words(verb.name);
    words.insert(words.begin(), "help");
    texts.push_back(HelpText(words));
  }
  for (const std::string& text : texts) {
    for (const absl::string_view line : absl::StrSplit(text, '\n'))
      EXPECT_LE(line.size(), 100u) << line;
  }
}

TEST(HelpTest, OfAGroupShowsAllOfIt) {
  const std::string text = HelpText({"help", "fdb"});
  for (const char* name : {"fdb show:", "fdb get:", "fdb add:", "fdb del:", "fdb flush:"}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
}

// The text without its line breaks and columns.
std::string Unfolded(const std::string& text) { return absl::StrJoin(Words(text), " "); }

TEST(HelpTest, ExplainsEverySetting) {
  const std::string bridge = Unfolded(HelpText({"help", "add-br"}));
  EXPECT_THAT(bridge, Not(HasSubstr("default: )")));
  for (const auto& key : BridgeKeys()) {
    const std::string by_default =
        key.default_words.empty() ? key.Format({}) : std::string(key.default_words);
    EXPECT_THAT(bridge, HasSubstr(StrCat(" ", key.name, "=", key.placeholder, " ", key.help, " (",
                                         key.value.allowed, "; default: ",
                                         by_default.empty() ? "none" : by_default, ")")));
  }
  const std::string port = Unfolded(HelpText({"help", "add-port"}));
  for (const auto& key : PortKeys()) {
    EXPECT_THAT(port, HasSubstr(StrCat(" ", key.name, "=", key.placeholder, " ")));
    EXPECT_THAT(port, HasSubstr(StrCat(key.help, " (", key.value.allowed, "; default: ")));
  }
  EXPECT_THAT(port, Not(HasSubstr("default: )")));
  EXPECT_THAT(port, HasSubstr("; default: the caller)"));
  EXPECT_THAT(Unfolded(HelpText({"help", "set", "port"})),
              HasSubstr("All but type, queues and txqueuelen can be changed."));
}

TEST(HelpTest, AsJson) {
  Options options = kOptions;
  options.json = true;
  const std::vector<std::string> words = {"help"};
  const Outcome outcome = RunVerb(options, Host(), words, std::nullopt);
  const Json verbs = ListField(ParseJson(outcome.out).value(), "verbs");
  ASSERT_EQ(verbs.size(), Verbs().size());
  EXPECT_EQ(TextField(verbs[0], "name"), "add-br");
  EXPECT_EQ(TextField(verbs[0], "arguments"), "[--may-exist] BR [key=value...]");
}

// What help says of a flag's verbs is what their signatures have.
TEST(FlagsTableTest, NamesTheVerbsThatTakeEachFlag) {
  for (const Flag& flag : Flags()) {
    std::string takers;
    for (const Verb& verb : Verbs()) {
      const Signature signature = ParseSignature(verb.signature);
      if (std::ranges::find(signature.flags, flag.name) == signature.flags.end()) continue;
      takers += StrCat(takers.empty() ? "" : ", ", verb.name);
    }
    EXPECT_EQ(takers, flag.verbs) << flag.name;
  }
}

TEST(VerbsTableTest, NamesDifferAndWordsAreLowerCase) {
  std::set<std::string_view> names;
  for (const Verb& verb : Verbs()) {
    EXPECT_TRUE(names.insert(verb.name).second) << verb.name;
    EXPECT_EQ(verb.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz- "), std::string_view::npos);
  }
}

}  // namespace
}  // namespace vswitch
