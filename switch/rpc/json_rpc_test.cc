#include "switch/rpc/json_rpc.h"

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The methods of the specification's examples, and a record of what was called.
class Example {
 public:
  RpcResult Call(const std::string& method, const json& params) {
    calls.push_back(method);
    if (method == "subtract") {
      if (params.is_array())
        return DumpJson(json(params.at(0).get<int>() - params.at(1).get<int>()));
      return DumpJson(json(params.at("minuend").get<int>() - params.at("subtrahend").get<int>()));
    }
    if (method == "sum") {
      int sum = 0;
      for (const json& term : params) sum += term.get<int>();
      return DumpJson(json(sum));
    }
    if (method == "get_data") return std::string(R"(["hello",5])");
    if (method == "update" || method == "notify_hello" || method == "notify_sum") {
      return std::string("{}");
    }
    if (method == "fail") return MethodError(absl::NotFoundError("no port '\xff\n'"));
    return ProtocolError(kMethodNotFound, "Method not found");
  }
  std::string Handle(std::string_view line, const RpcLimits& limits = {}) {
    return HandleRpcLine(
        line, [this](const std::string& m, const json& p) { return Call(m, p); }, limits);
  }

  std::vector<std::string> calls;
};

// One reply with the code in place of the error object, whose texts the specification leaves to us.
json BareReply(json reply) {
  if (reply.contains("error")) {
    EXPECT_TRUE(reply["error"]["message"].is_string());
    EXPECT_TRUE(reply["error"]["data"]["status"].is_string());
    reply["error"] = json(reply["error"]["code"]);
  }
  return reply;
}

json Bare(const std::string& text) {
  if (text.empty()) return nullptr;
  json value = json::parse(text);
  if (!value.is_array()) return BareReply(value);
  for (json& reply : value) reply = BareReply(reply);
  return value;
}

struct Case {
  std::string_view line;
  std::string_view reply;  // With the code in place of each error object; empty: none.
};

void Check(const Case& c) {
  Example example;
  const std::string reply = example.Handle(c.line);
  EXPECT_EQ(reply.find('\n'), std::string::npos);
  EXPECT_EQ(Bare(reply), c.reply.empty() ? json(nullptr) : json::parse(c.reply))
      << c.line << " -> " << reply;
}

// Section 7 of the specification, in its order.
TEST(JsonRpc, ExamplesOfTheSpecification) {
  const Case kCases[] = {
      {R"({"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1})",
       R"({"jsonrpc": "2.0", "result": 19, "id": 1})"},
      {R"({"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2})",
       R"({"jsonrpc": "2.0", "result": -19, "id": 2})"},
      {R"({"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42},
           "id": 3})",
       R"({"jsonrpc": "2.0", "result": 19, "id": 3})"},
      {R"({"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23},
           "id": 4})",
       R"({"jsonrpc": "2.0", "result": 19, "id": 4})"},
      {R"({"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]})", ""},
      {R"({"jsonrpc": "2.0", "method": "foobar"})", ""},
      {R"({"jsonrpc": "2.0", "method": "foobar", "id": "1"})",
       R"({"jsonrpc": "2.0", "error": -32601, "id": "1"})"},
      {R"({"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz])",
       R"({"jsonrpc": "2.0", "error": -32700, "id": null})"},
      {R"({"jsonrpc": "2.0", "method": 1, "params": "bar"})",
       R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
      {R"([{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
           {"jsonrpc": "2.0", "method"])",
       R"({"jsonrpc": "2.0", "error": -32700, "id": null})"},
      {R"([])", R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
      {R"([1])", R"([{"jsonrpc": "2.0", "error": -32600, "id": null}])"},
      {R"([1,2,3])", R"([{"jsonrpc": "2.0", "error": -32600, "id": null},
                         {"jsonrpc": "2.0", "error": -32600, "id": null},
                         {"jsonrpc": "2.0", "error": -32600, "id": null}])"},
      {R"([{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
           {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
           {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
           {"foo": "boo"},
           {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
           {"jsonrpc": "2.0", "method": "get_data", "id": "9"}])",
       R"([{"jsonrpc": "2.0", "result": 7, "id": "1"},
           {"jsonrpc": "2.0", "result": 19, "id": "2"},
           {"jsonrpc": "2.0", "error": -32600, "id": null},
           {"jsonrpc": "2.0", "error": -32601, "id": "5"},
           {"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}])"},
      {R"([{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
           {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}])",
       ""},
  };
  for (const Case& c : kCases) Check(c);
}

TEST(JsonRpc, MalformedRequests) {
  const Case kCases[] = {
      {R"(null)", R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
      {R"("x")", R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
      {R"({})", R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
      {R"({"method": "update", "id": 1})", R"({"jsonrpc": "2.0", "error": -32600, "id": 1})"},
      {R"({"jsonrpc": 2.0, "method": "update", "id": 1})",
       R"({"jsonrpc": "2.0", "error": -32600, "id": 1})"},
      {R"({"jsonrpc": "1.0", "method": "update", "id": 1})",
       R"({"jsonrpc": "2.0", "error": -32600, "id": 1})"},
      {R"({"jsonrpc": "2.0", "method": null, "id": 1})",
       R"({"jsonrpc": "2.0", "error": -32600, "id": 1})"},
      {R"({"jsonrpc": "2.0", "method": "update", "params": null, "id": 1})",
       R"({"jsonrpc": "2.0", "error": -32600, "id": 1})"},
      {R"({"jsonrpc": "2.0", "method": "update", "params": 7, "id": 1})",
       R"({"jsonrpc": "2.0", "error": -32600, "id": 1})"},
      {R"({"jsonrpc": "2.0", "method": "update", "id": 1.5})",
       R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
      {R"({"jsonrpc": "2.0", "method": "update", "id": 18446744073709551616})",
       R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
      {R"({"jsonrpc": "2.0", "method": "update", "id": [1]})",
       R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
      {R"({"jsonrpc": "2.0", "method": "update", "id": true})",
       R"({"jsonrpc": "2.0", "error": -32600, "id": null})"},
      {R"([[{"jsonrpc": "2.0", "method": "update", "id": 1}]])",
       R"([{"jsonrpc": "2.0", "error": -32600, "id": null}])"},
      {R"({"jsonrpc": "2.0", "method": "update", "method": "fail", "id": 1})",
       R"({"jsonrpc": "2.0", "error": -32700, "id": null})"},
      {"", R"({"jsonrpc": "2.0", "error": -32700, "id": null})"},
      {"{\"jsonrpc\": \"2.0\", \"method\": \"\xff\", \"id\": 1}",
       R"({"jsonrpc": "2.0", "error": -32700, "id": null})"},
      {R"({"jsonrpc": "2.0", "method": "update", "id": 1e999})",
       R"({"jsonrpc": "2.0", "error": -32700, "id": null})"},
  };
  for (const Case& c : kCases) Check(c);
}

TEST(JsonRpc, IdsComeBackAsTheyWere) {
  for (const std::string_view id :
       {R"("")", R"("a\"\u00e9")", "0", "-9223372036854775808", "18446744073709551615", "null"}) {
    const std::string line = StrCat(R"({"jsonrpc": "2.0", "method": "update", "id": )", id, "}");
    Check({line, StrCat(R"({"jsonrpc": "2.0", "result": {}, "id": )", id, "}")});
  }
}

TEST(JsonRpc, NotificationsAreCarriedOut) {
  Example example;
  EXPECT_EQ(example.Handle(R"({"jsonrpc": "2.0", "method": "fail"})"), "");
  EXPECT_EQ(example.Handle(R"([{"jsonrpc": "2.0", "method": "update"}])"), "");
  EXPECT_THAT(example.calls, ElementsAre("fail", "update"));
}

TEST(JsonRpc, MethodErrorsCarryCodeNameAndText) {
  Example example;
  // The message's stray byte becomes U+FFFD, its newline is escaped.
  EXPECT_EQ(example.Handle(R"({"jsonrpc": "2.0", "method": "fail", "id": 1})"),
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":5,\"message\":\"no port "
            "'\xef\xbf\xbd\\n'\",\"data\":{\"status\":\"NOT_FOUND\"}}}");
}

TEST(JsonRpc, ParseErrorsTellThePlace) {
  Example example;
  EXPECT_THAT(example.Handle("{\"jsonrpc\": }"), HasSubstr("line 1, column 13"));
}

TEST(JsonRpc, BatchIsLimited) {
  const std::string one = R"({"jsonrpc": "2.0", "method": "update", "id": 1})";
  const auto batch = [&](size_t size) {
    std::string text = "[" + one;
    for (size_t i = 1; i < size; ++i) text += "," + one;
    return text + "]";
  };
  Example example;
  EXPECT_EQ(json::parse(example.Handle(batch(kMaxCallsPerBatch))).size(), kMaxCallsPerBatch);
  EXPECT_EQ(example.calls.size(), kMaxCallsPerBatch);

  example.calls.clear();
  EXPECT_EQ(Bare(example.Handle(batch(kMaxCallsPerBatch + 1))),
            json::parse(R"({"jsonrpc": "2.0", "error": -32600, "id": null})"));
  EXPECT_TRUE(example.calls.empty());
}

TEST(JsonRpc, BatchStopsWhenItsReplyIsTooLong) {
  Example example;
  const std::string one = R"({"jsonrpc": "2.0", "method": "get_data", "id": 1})";
  const std::string line = "[" + one + "," + one + "," + one + "]";
  const json reply = Bare(example.Handle(line, {.max_batch_reply_bytes = 60}));
  ASSERT_EQ(reply.size(), 3u);
  EXPECT_TRUE(reply[1].contains("result"));
  EXPECT_EQ(reply[2]["error"], static_cast<int>(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(example.calls.size(), 2u);
}

// Whatever the bytes: no crash, and the reply is one line of JSON-RPC or nothing.
TEST(JsonRpc, RandomMutationsAreAnswered) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(StrCat("seed ", seed));
  std::mt19937 random(seed);
  const auto below = [&](size_t limit) { return random() % limit; };
  const std::string seeds[] = {
      R"({"jsonrpc":"2.0","method":"update","params":{"a":"b","c":[1,2.5e3,null]},"id":"x"})",
      R"([{"jsonrpc":"2.0","method":"get_data","id":-7},{"jsonrpc":"2.0","method":"update"}])",
      R"({"jsonrpc":"2.0","method":"fail","id":18446744073709551615})",
  };
  const std::string_view pieces[] = {
      "{",       "}",     "[", "]",    "\"",       ":",    ",",    "\\u",
      "\\ud800", "1e999", "-", "\xff", "\xc0\xaf", "null", "true", "[[[[[[[[[[[[[[[[["};
  size_t results = 0;
  size_t errors = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string line = seeds[below(std::size(seeds))];
    for (size_t edits = below(4); edits > 0; --edits) {
      const size_t at = below(line.size() + 1);
      switch (below(4)) {
        case 0:
          line.erase(at, 1 + below(8));
          break;
        case 1:
          line.insert(at, pieces[below(std::size(pieces))]);
          break;
        case 2:
          if (at < line.size()) line[at] = static_cast<char>(below(256));
          break;
        case 3:
          line.insert(at, line.substr(below(line.size() + 1), below(20)));
          break;
      }
    }
    Example example;
    const std::string reply = example.Handle(line);
    if (reply.empty()) continue;
    ASSERT_EQ(reply.find('\n'), std::string::npos) << line;
    const json value = json::parse(reply, nullptr, false);
    ASSERT_FALSE(value.is_discarded()) << line << " -> " << reply;
    for (const json& one : value.is_array() ? value : json::array({value})) {
      ASSERT_EQ(one.at("jsonrpc"), "2.0");
      ASSERT_TRUE(one.contains("id"));
      ASSERT_NE(one.contains("result"), one.contains("error"));
      ++(one.contains("result") ? results : errors);
    }
  }
  EXPECT_GT(results, 1000u);
  EXPECT_GT(errors, 1000u);
}

}  // namespace
}  // namespace vswitch
