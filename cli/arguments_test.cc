#include "cli/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/exit_code.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(ParseSignatureTest, ReadsEveryKindOfWord) {
  const Signature signature =
      ParseSignature("[--may-exist] [BR] PORT [vlan=N] key=value... -- COMMAND [ARG...]");
  EXPECT_THAT(signature.required, ElementsAre("PORT"));
  EXPECT_EQ(signature.optional, 1u);
  EXPECT_THAT(signature.keys, ElementsAre("vlan"));
  EXPECT_THAT(signature.flags, ElementsAre("may-exist"));
  EXPECT_TRUE(signature.any_setting);
  EXPECT_TRUE(signature.needs_setting);
  EXPECT_TRUE(signature.takes_command);
  EXPECT_FALSE(signature.any_number_more);
  EXPECT_TRUE(ParseSignature("[VERB...]").any_number_more);
  EXPECT_FALSE(ParseSignature("[key=value...]").needs_setting);
  EXPECT_FALSE(ParseSignature("PORT").takes_command);
}

absl::StatusOr<Arguments> Parse(std::string_view signature, std::vector<std::string> words) {
  return ParseArguments(ParseSignature(signature), words);
}

TEST(ParseArgumentsTest, SeparatesNamesAndSettings) {
  const auto arguments =
      Parse("BR PORT [key=value...]", {"br0", "type=tap", "vm0", "owner=", "x=a=b"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_THAT(arguments->positional, ElementsAre("br0", "vm0"));
  EXPECT_THAT(arguments->settings,
              ElementsAre(Pair("type", "tap"), Pair("owner", ""), Pair("x", "a=b")));
  EXPECT_EQ(arguments->Setting("x"), "a=b");
  EXPECT_EQ(arguments->Setting("y"), std::nullopt);
}

TEST(ParseArgumentsTest, OptionalNamesMayBeLeftOut) {
  EXPECT_THAT(Parse("[BR] PORT", {"vm0"})->positional, ElementsAre("vm0"));
  EXPECT_THAT(Parse("[BR] PORT", {"br0", "vm0"})->positional, ElementsAre("br0", "vm0"));
  EXPECT_THAT(Parse("[BR]", {})->positional, IsEmpty());
  EXPECT_THAT(Parse("[VERB...]", {"a", "b", "c"})->positional, ElementsAre("a", "b", "c"));
}

TEST(ParseArgumentsTest, Mistakes) {
  struct {
    std::string_view signature;
    std::vector<std::string> words;
    std::string message;
  } const kCases[] = {
      {"BR PORT", {}, "BR is missing"},
      {"BR PORT", {"br0"}, "PORT is missing"},
      {"BR PORT [key=value...]", {"br0", "type=tap"}, "PORT is missing"},
      {"[BR] PORT", {}, "PORT is missing"},
      {"BR", {"br0", "br1"}, "'br1' is one argument too many"},
      {"", {"x"}, "'x' is one argument too many"},
      {"BR", {""}, "an argument is empty"},
      {"BR [key=value...]", {"br0", "mtu"}, "'mtu' is no key=value"},
      {"BR [key=value...]", {"br0", "=5"}, "'=5' has no key"},
      {"BR [key=value...]", {"br0", "a=1", "a=2"}, "a= is there twice"},
      {"BR key=value...", {"br0"}, "a key=value is missing"},
      {"BR", {"br0", "mtu=5"}, "no key=value is expected here"},
      {"BR [vlan=N] [port=PORT]", {"br0", "vlam=5"}, "unknown key 'vlam' (known: vlan, port)"},
      {"BR [vlan=N]", {"br0", "vlam=5"}, "did you mean 'vlan'?"},
  };
  for (const auto& c : kCases) {
    const auto arguments = Parse(c.signature, c.words);
    EXPECT_EQ(ExitCodeOf(arguments.status()), ExitCode::kUsage) << c.message;
    EXPECT_THAT(std::string(arguments.status().message()), HasSubstr(c.message));
  }
}

TEST(ParseArgumentsTest, KnownKeysMayStandBesideAnyKey) {
  const auto arguments = Parse("PORT [type=TYPE] [key=value...]", {"vm0", "type=tap", "new=1"});
  ASSERT_TRUE(arguments.ok()) << arguments.status();
  EXPECT_EQ(arguments->settings.size(), 2u);
}

}  // namespace
}  // namespace vswitch
