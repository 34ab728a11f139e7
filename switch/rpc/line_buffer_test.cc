#include "switch/rpc/line_buffer.h"

#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;

constexpr char kTooLong[] = "<too long>";

std::vector<std::string> TakeAll(LineBuffer& buffer) {
  std::vector<std::string> lines;
  while (buffer.HasLine()) {
    const auto line = buffer.Next();
    if (!line.has_value()) {
      ADD_FAILURE() << "HasLine() without a line";
      return lines;
    }
    lines.push_back(line->too_long ? kTooLong : std::string(line->text));
  }
  EXPECT_FALSE(buffer.Next().has_value());
  return lines;
}

TEST(LineBuffer, CutsLines) {
  LineBuffer buffer(10);
  EXPECT_FALSE(buffer.HasLine());
  buffer.Append("one\ntwo\n\nthr");
  EXPECT_THAT(TakeAll(buffer), ElementsAre("one", "two", ""));
  buffer.Append("ee\n");
  EXPECT_THAT(TakeAll(buffer), ElementsAre("three"));
}

TEST(LineBuffer, LimitIsTheLongestLineAllowed) {
  LineBuffer buffer(5);
  buffer.Append("12345\n123456\nok\n");
  EXPECT_THAT(TakeAll(buffer), ElementsAre("12345", kTooLong, "ok"));
}

TEST(LineBuffer, TooLongLineIsReportedAtOnceAndSkippedToItsEnd) {
  LineBuffer buffer(5);
  buffer.Append("123456");
  EXPECT_THAT(TakeAll(buffer), ElementsAre(kTooLong));
  for (int i = 0; i < 1000; ++i) {
    buffer.Append("xxxxxxxxxx");
    EXPECT_THAT(TakeAll(buffer), ElementsAre());
  }
  buffer.Append("x\nnext\n");
  EXPECT_THAT(TakeAll(buffer), ElementsAre("next"));
}

TEST(LineBuffer, FinishEndsTheLastLine) {
  LineBuffer buffer(5);
  buffer.Finish();
  EXPECT_THAT(TakeAll(buffer), ElementsAre());
  buffer.Append("a\nb");
  buffer.Finish();
  EXPECT_THAT(TakeAll(buffer), ElementsAre("a", "b"));
  buffer.Append("c\n");
  buffer.Finish();
  EXPECT_THAT(TakeAll(buffer), ElementsAre("c"));
  buffer.Append("1234567");
  buffer.Finish();
  EXPECT_THAT(TakeAll(buffer), ElementsAre(kTooLong));
}

// Property: the lines do not depend on the pieces in which they come, nor on when they are taken.
TEST(LineBuffer, AnyPieces) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string stream;
    std::vector<std::string> expected;
    for (size_t line = random() % 20; line > 0; --line) {
      const std::string text(random() % 12, static_cast<char>('a' + random() % 26));
      stream += text + "\n";
      expected.push_back(text.size() > 8 ? kTooLong : text);
    }
    LineBuffer buffer(8);
    std::vector<std::string> lines;
    for (size_t at = 0; at < stream.size();) {
      const size_t size = 1 + random() % 15;
      buffer.Append(std::string_view(stream).substr(at, size));
      at += size;
      if (random() % 2 == 0) {
        for (const std::string& line : TakeAll(buffer)) lines.push_back(line);
      }
    }
    for (const std::string& line : TakeAll(buffer)) lines.push_back(line);
    ASSERT_EQ(lines, expected) << stream;
  }
}

// A line that trickles in byte by byte, at the limit, is not searched again and again.
TEST(LineBuffer, TrickleIsLinear) {
  LineBuffer buffer(1024 * 1024);
  for (int i = 0; i < 1024 * 1024; ++i) buffer.Append("x");
  buffer.Append("\n");
  EXPECT_EQ(TakeAll(buffer).at(0).size(), 1024u * 1024u);
}

}  // namespace
}  // namespace vswitch
