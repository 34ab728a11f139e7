#include "switch/model/strict_json.h"

#include <nlohmann/json.hpp>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vswitch {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string Repeat(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(StrictJson, AgreesWithThePlainParserOnGoodText) {
  for (const std::string_view text :
       {R"({})", R"([])", R"(0)", R"("x")", R"(null)", R"( [1, -2, 3.5, "a\u00e9\n", true, {}] )",
        R"({"a": {"b": [[], [1], {"c": null}]}, "d": [{"a": 1}, {"a": 2}], "": false})",
        R"([18446744073709551615, -9223372036854775808, 18446744073709551616])"}) {
    const absl::StatusOr<json> value = ParseStrictJson(text);
    ASSERT_TRUE(value.ok()) << text << ": " << value.status();
    EXPECT_EQ(*value, json::parse(text)) << text;
  }
}

TEST(StrictJson, RefusesBadTextAndTellsWhere) {
  const struct {
    std::string text;
    const char* message;
  } kCases[] = {
      {"", "line 1, column 1"},
      {"{\n\"a\": tru }", "line 2, column 9"},
      {"{\"a\": 1", "unexpected end of input"},
      {"{\"a\": 1} {}", "line 1, column 10"},
      {"{\"a\": 1,}", "line 1, column 9"},
      {"[1 2]", "line 1, column 4"},
      {"// comment\n{}", "line 1, column 1"},
      {"\"\xff\"", "ill-formed UTF-8"},
      {"\"\xed\xa0\x80\"", "ill-formed UTF-8"},  // A surrogate.
      {"\"\xc0\xaf\"", "ill-formed UTF-8"},      // An overlong '/'.
      {"\"a\tb\"", "control character"},
      {"1e999", "number overflow"},
      {"-", "line 1, column 2"},
      {"NaN", "line 1, column 1"},
      {std::string("{}\0garbage", 10), "NUL byte at byte 2"},
      {std::string("\"a\0b\"", 5), "NUL byte at byte 2"},
      {R"({"method": 1, "method": 2})", "key 'method' appears twice"},
      {R"([{"a": {"x": 1, "x": 1}}])", "key 'x' appears twice"},
  };
  for (const auto& c : kCases) {
    const absl::StatusOr<json> value = ParseStrictJson(c.text);
    ASSERT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_THAT(std::string(value.status().message()), HasSubstr(c.message)) << c.text;
  }
}

TEST(StrictJson, DepthIsLimited) {
  const auto nested = [](size_t depth) { return Repeat("[", depth) + Repeat("]", depth); };
  EXPECT_TRUE(ParseStrictJson(nested(kMaxJsonDepth)).ok());
  EXPECT_THAT(std::string(ParseStrictJson(nested(kMaxJsonDepth + 1)).status().message()),
              HasSubstr("nested deeper than 16 levels"));
  EXPECT_FALSE(ParseStrictJson(Repeat("[", 1'000'000)).ok());
  EXPECT_FALSE(ParseStrictJson(Repeat("{\"a\":", 1'000'000)).ok());
  // Brackets in strings and neighbours are no depth.
  EXPECT_TRUE(ParseStrictJson("[\"" + Repeat("[", 100) + "\"]").ok());
  EXPECT_TRUE(ParseStrictJson("[" + Repeat("[],", 1000) + "[]]").ok());
}

TEST(StrictJson, ErrorsAreShortAndPrintable) {
  const std::string message(
      ParseStrictJson("\"" + std::string(1'000'000, 'x') + "\x1b").status().message());
  EXPECT_LT(message.size(), 1000u);
  for (const char c : message) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
}

}  // namespace
}  // namespace vswitch
