#include "cli/shell_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "cli/format.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

TEST(ShellWordsTest, AsAShellReadsThem) {
  const struct {
    std::string_view line;
    std::vector<std::string> words;
  } kCases[] = {
      {"", {}},
      {" \t ", {}},
      {"add-br br0", {"add-br", "br0"}},
      {"\tadd-br  br0 \r", {"add-br", "br0"}},
      {"# all of it", {}},
      {"add-br br0 # the rest", {"add-br", "br0"}},
      {"a#b c\\#d '#e'", {"a#b", "c#d", "#e"}},
      {"'a b' \"c d\" e\\ f", {"a b", "c d", "e f"}},
      {"a'b'\"c\"d", {"abcd"}},
      {"'' \"\"", {"", ""}},
      {"'a\\' \"a\\\"b\\\\c\\d\" '\"'", {"a\\", "a\"b\\c\\d", "\""}},
      {"$HOME * `x` ;", {"$HOME", "*", "`x`", ";"}},
      {"M\xc3\xbcller", {"M\xc3\xbcller"}},
  };
  for (const auto& c : kCases) {
    const auto words = ShellWords(c.line);
    ASSERT_TRUE(words.ok()) << c.line << words.status();
    EXPECT_EQ(*words, c.words) << c.line;
  }
}

TEST(ShellWordsTest, WhatIsCutShortIsAnError) {
  const std::pair<std::string_view, const char*> kCases[] = {{"a 'b", "a ' is not closed"},
                                                             {"\"a\\\"", "a \" is not closed"},
                                                             {"a\\", "a \\ is the last"}};
  for (const auto& [line, message] : kCases) {
    const auto words = ShellWords(line);
    ASSERT_FALSE(words.ok()) << line;
    EXPECT_THAT(std::string(words.status().message()), HasSubstr(message)) << line;
  }
}

TEST(ShellWordsTest, ReadsBackWhatShellLineWrites) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> words(random() % 4);
    for (std::string& word : words) {
      for (size_t i = random() % 6; i > 0; --i) word += " '\"\\#$a\n\t\xc3"[random() % 10];
    }
    const std::string line = ShellLine(words);
    const auto read = ShellWords(line);
    ASSERT_TRUE(read.ok()) << line;
    EXPECT_EQ(*read, words) << line;
  }
}

}  // namespace
}  // namespace vswitch
