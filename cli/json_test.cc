#include "cli/json.h"

#include <gtest/gtest.h>

#include <string>

namespace vswitch {
namespace {

TEST(ParseJsonTest, RefusesWhatIsNotOneValue) {
  for (const std::string_view text :
       {"", "{", "{}{}", "nul", "[1,]", "{\"a\":1,}", "\"\xff\"", "\"\xc0\x80\"", "{} x"}) {
    EXPECT_FALSE(ParseJson(text).has_value()) << text;
  }
  EXPECT_EQ(ParseJson(" {\"a\":[1,\"b\",null]} ").value().dump(), "{\"a\":[1,\"b\",null]}");
}

TEST(ParseJsonTest, LimitsDepth) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ParseJson(nested(kMaxReplyDepth)).has_value());
  EXPECT_FALSE(ParseJson(nested(kMaxReplyDepth + 2)).has_value());
  EXPECT_FALSE(ParseJson(nested(200'000)).has_value());
  EXPECT_FALSE(ParseJson(std::string(200'000, '[')).has_value());
}

TEST(JsonTest, KeepsTheOrderOfKeys) {
  EXPECT_EQ(ToLine(ParseJson("{\"b\":1,\"a\":2}").value()), "{\"b\":1,\"a\":2}");
}

TEST(JsonTest, ALineIsAsciiWithoutControlCharacters) {
  EXPECT_EQ(ToLine(Json("\x1b\n\x7f\xc2\x9b")), "\"\\u001b\\n\\u007f\\u009b\"");
  EXPECT_EQ(ToLine(Json("not UTF-8: \xff")), "\"not UTF-8: \\ufffd\"");
}

TEST(JsonTest, FieldsOfTheWrongTypeAreTakenForMissing) {
  const Json object = ParseJson(
                          "{\"text\":\"a\",\"list\":[1],\"big\":4294967296,\"n\":9000,"
                          "\"negative\":-1,\"float\":1.5,\"yes\":true,\"null\":null}")
                          .value();
  EXPECT_EQ(TextField(object, "text"), "a");
  EXPECT_EQ(TextField(object, "n"), "9000");
  EXPECT_EQ(TextField(object, "yes"), "true");
  EXPECT_EQ(TextField(object, "null"), "");
  EXPECT_EQ(TextField(object, "absent"), "");
  EXPECT_EQ(TextField(Json(3), "text"), "");
  EXPECT_EQ(ListField(object, "list").size(), 1u);
  EXPECT_EQ(ListField(object, "text").size(), 0u);
  EXPECT_EQ(ListField(Json("x"), "list").size(), 0u);
  EXPECT_EQ(UintField(object, "n", 7), 9000u);
  for (const char* key : {"big", "negative", "float", "text", "absent"}) {
    EXPECT_EQ(UintField(object, key, 7), 7u) << key;
  }
}

TEST(JsonTest, FindsByNameAmongOddElements) {
  const Json list = ParseJson("[1,{\"name\":2},{},{\"name\":\"vm0\",\"x\":1}]").value();
  ASSERT_NE(FindByName(list, "vm0"), nullptr);
  EXPECT_EQ(UintField(*FindByName(list, "vm0"), "x", 0), 1u);
  EXPECT_EQ(FindByName(list, "2"), nullptr);
}

}  // namespace
}  // namespace vswitch
