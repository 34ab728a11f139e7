#include "cli/format.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace vswitch {
namespace {

TEST(TerminalSafeTest, EscapesWhatMovesACursorAndKeepsTheRest) {
  struct {
    std::string_view text, safe;
  } const kCases[] = {
      {"vm0", "vm0"},
      {"", ""},
      {"\x1b[2J", "\\x1b[2J"},
      {"a\x7f", "a\\x7f"},
      {"a\nb", "a\\x0ab"},
      {std::string_view("\0", 1), "\\x00"},
      {"\xc2\x9b"
       "31m",
       "\\x9b31m"},  // CSI as one C1 character.
      {"M\xc3\xbcller", "M\xc3\xbcller"},
      {"\xc2\xa0", "\xc2\xa0"},  // The first character behind the C1 controls.
      {"end\xc2", "end\xc2"},
  };
  for (const auto& c : kCases) EXPECT_EQ(TerminalSafe(c.text), c.safe);
  EXPECT_EQ(TerminalSafe("a\nb\r", /*keep_newlines=*/true), "a\nb\\x0d");
}

TEST(ShellQuoteTest, QuotesOnlyWhatAShellWouldRead) {
  struct {
    std::string_view word, quoted;
  } const kCases[] = {
      {"tap,id=vm0,ifname=vm0", "tap,id=vm0,ifname=vm0"},
      {"mac=52:54:00:12:ab:cd", "mac=52:54:00:12:ab:cd"},
      {"", "''"},
      {"a b", "'a b'"},
      {"$HOME", "'$HOME'"},
      {"it's", "'it'\\''s'"},
      {"a;b", "'a;b'"},
      {"~", "'~'"},
      {"*", "'*'"},
  };
  for (const auto& c : kCases) EXPECT_EQ(ShellQuote(c.word), c.quoted);
}

// The property that matters, asked of a real shell.
TEST(ShellLineTest, AShellReadsTheSameWordsBack) {
  const std::vector<std::string> words = {"-netdev", "tap,id=a", "b c", "$(false)", "it's", "`x`",
                                          "\\",      "\"",       "#",   "!",        "{a,b}"};
  const std::string command = "printf '%s\\n' " + ShellLine(words);
  FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  for (int c; (c = fgetc(pipe)) != EOF;) output.push_back(static_cast<char>(c));
  ASSERT_EQ(pclose(pipe), 0);
  std::string expected;
  for (const std::string& word : words) expected += word + "\n";
  EXPECT_EQ(output, expected);
}

TEST(TableTest, AlignsWordsLeftAndNumbersRight) {
  Table table({"PORT", "FRAMES", "DETAIL"});
  table.AddRow({"vm0", "7", "no guest"});
  table.AddRow({"a-long-name", "1234567", ""});
  table.AddRow({"x", "", "up"});
  EXPECT_EQ(table.ToString("  "),
            "  PORT          FRAMES  DETAIL\n"
            "  vm0                7  no guest\n"
            "  a-long-name  1234567\n"
            "  x                  -  up\n");
}

TEST(TableTest, AColumnWithOneWordIsFlushLeft) {
  Table table({"N", "END"});
  table.AddRow({"1", "a"});
  table.AddRow({"0x10", "b"});
  EXPECT_EQ(table.ToString(),
            "N     END\n"
            "1     a\n"
            "0x10  b\n");
}

TEST(TableTest, WithoutRowsThereIsTheHeading) {
  const Table table({"A", "LONG"});
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.ToString(), "A  LONG\n");
}

TEST(TableTest, ColumnsAreAsWideAsATerminalShowsThem) {
  Table table({"OWNER", "DETAIL"});
  table.AddRow({"M\xc3\xbcller", "umlaut"});
  table.AddRow({"e\xcc\x81ve", "joined"});
  table.AddRow({"\xe7\x8e\x8b", "wide"});
  table.AddRow({"\xff\xfe", "none"});
  EXPECT_EQ(table.ToString(),
            "OWNER   DETAIL\n"
            "M\xc3\xbcller  umlaut\n"
            "e\xcc\x81ve     joined\n"
            "\xe7\x8e\x8b      wide\n"
            "\xff\xfe      none\n");
}

TEST(TableTest, ColoursChangeNoColumn) {
  Table table({"PORT", "STATE", "DETAIL"});
  table.AddRow({"vm0", "up", ""});
  table.StyleLast(1, StateStyle("up"));
  table.AddRow({"vm1", "broken", "why"});
  table.StyleLast(1, StateStyle("broken"));
  EXPECT_EQ(Painted(table.ToString(), /*in_colour=*/false),
            "PORT  STATE   DETAIL\n"
            "vm0   up\n"
            "vm1   broken  why\n");
  EXPECT_EQ(Painted(table.ToString(), /*in_colour=*/true),
            "PORT  STATE   DETAIL\n"
            "vm0   \x1b[32mup\x1b[0m\n"
            "vm1   \x1b[31mbroken\x1b[0m  why\n");
}

TEST(TableTest, CellsCannotHarmATerminal) {
  Table table({"PORT"});
  table.AddRow({"\x1b]0;owned\x07"});
  EXPECT_EQ(table.ToString(), "PORT\n\\x1b]0;owned\\x07\n");
  // A mark is no exception.
  EXPECT_EQ(TerminalSafe(Marked(Style::kBad, "x")), "\\x014x\\x010");
}

}  // namespace
}  // namespace vswitch
