// `transaction`: what of a request reaches the controller, and what its answers become.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "switch/model/subject.h"
#include "switch/rpc/testing/call.h"

namespace vswitch {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Line(const std::string& calls) {
  return StrCat(R"({"jsonrpc":"2.0","id":1,"method":"transaction","params":{"calls":)", calls,
                "}}");
}

json Answer(FakeController* controller, const std::string& calls) {
  return json::parse(RpcMethods(controller).HandleLine(Line(calls), kCaller));
}

constexpr char kThree[] = R"([{"method": "add_br", "params": {"name": "br0"}},
                              {"method": "add_port", "params": {"bridge": "br0", "port": "vm0"}},
                              {"method": "del_port", "params": {"port": "vm1"}}])";

TEST(Transaction, ItsCallsAreCarriedOutTogetherAndInOrder) {
  FakeController controller;
  EXPECT_EQ(Answer(&controller, kThree).at("result"), json::parse(R"({"results":[{},{},{}]})"));
  EXPECT_THAT(controller.calls,
              ElementsAre("Together {", "AddBridge br0", "AddPort br0 vm0 by 4000000001",
                          "DeletePort [] vm1", "}"));
}

TEST(Transaction, NoneIsNothing) {
  FakeController controller;
  EXPECT_EQ(Answer(&controller, "[]").at("result"), json::parse(R"({"results":[]})"));
}

TEST(Transaction, WarningsAreOfTheWhole) {
  FakeController controller;
  controller.warnings = {"mind the gap"};
  EXPECT_EQ(Answer(&controller, kThree).at("result"),
            json::parse(R"({"results":[{},{},{}],"warnings":["mind the gap"]})"));
}

TEST(Transaction, AKeptTapIsTheResultOfTheCallThatDeletedItsPort) {
  FakeController controller;
  controller.kept = KeptTap{.name = "vm1", .holder = std::nullopt};
  const json results = Answer(&controller, kThree).at("result").at("results");
  EXPECT_EQ(results[2], json::parse(R"({"kept":"vm1","holder":null})"));
}

TEST(Transaction, AKeptTapIsNotOfACallThatFoundThePortGoneOrOnlyNamesIt) {
  FakeController controller;
  controller.kept = KeptTap{.name = "vm1", .holder = std::nullopt};
  const json results = Answer(&controller, R"([
      {"method": "set_port", "params": {"port": "vm1", "settings": {"mtu": "1400"}}},
      {"method": "del_port", "params": {"port": "vm1", "if_exists": true}},
      {"method": "add_port", "params": {"bridge": "br0", "port": "vm1"}},
      {"method": "del_port", "params": {"port": "vm1"}},
      {"method": "del_port", "params": {"port": "vm1", "if_exists": true}}])")
                           .at("result")
                           .at("results");
  EXPECT_EQ(results, json::parse(R"([{},{},{},{"kept":"vm1","holder":null},{}])"));
}

TEST(Transaction, AnErrorTellsWhichCall) {
  const struct {
    const char* calls;
    int call;
    const char* error;
  } kCases[] = {
      {R"([{"method": "add_br", "params": {"name": "br0"}}, {"method": "add_brr"}])", 1,
       "unknown method 'add_brr': did you mean 'add_br'?"},
      {R"([{"method": "show"}])", 0,
       "'show' cannot be a part of a transaction: those can that change the configuration, add_br"},
      {R"([{"method": "fdb_flush", "params": {"bridge": "br0"}}])", 0, "cannot be a part"},
      {R"([{"method": "exit"}])", 0, "cannot be a part"},
      {R"([{"method": "transaction", "params": {"calls": []}}])", 0, "cannot be a part"},
      {R"([{"method": "add_br", "params": {"name": "br0"}}, {"method": "add_br"}])", 1,
       "add_br needs the parameter 'name'"},
      {R"([{"method": "add_br", "params": {"name": "a/b"}}])", 0, "bridge name 'a/b' contains"},
      {R"([{"method": "del_br", "params": {"name": "br0"}}, {"params": {}}])", 1,
       "a call without a \"method\""},
      {R"([7])", 0, "must be an array of objects"},
      {R"([{"method": "add_br", "param": {}}])", 0, "a member 'param' that cannot be"},
      {R"([{"method": 1}])", 0, "a member 'method' that cannot be"},
      {R"([{"method": "add_br", "params": 1}])", 0, "a member 'params' that cannot be"},
  };
  for (const auto& c : kCases) {
    FakeController controller;
    const json error = Answer(&controller, c.calls).at("error");
    EXPECT_THAT(error.at("message"), HasSubstr(c.error));
    EXPECT_EQ(error.at("data").at("call"), c.call) << c.calls;
    // Of what came before it nothing is done.
    if (!controller.calls.empty()) {
      EXPECT_EQ(controller.calls.back(), "} taken back") << c.calls;
    }
  }
}

TEST(Transaction, ARefusedCallEndsIt) {
  FakeController controller;
  controller.status = absl::NotFoundError("there is no bridge 'br0'");
  const json error = Answer(&controller, kThree).at("error");
  EXPECT_EQ(error, json::parse(R"({"code":5,"message":"there is no bridge 'br0'",
                                   "data":{"status":"NOT_FOUND","call":0}})"));
  EXPECT_THAT(controller.calls, ElementsAre("Together {", "AddBridge br0", "} taken back"));
}

TEST(Transaction, AnErrorInTheEndIsOfTheCallWhoseSubjectItHas) {
  FakeController controller;
  controller.together = About("vm0", absl::UnavailableError("the TAP is busy"));
  EXPECT_EQ(Answer(&controller, kThree).at("error").at("data").at("call"), 1);
  controller.together = About("br0", absl::UnavailableError("no memory"));
  EXPECT_EQ(Answer(&controller, kThree).at("error").at("data").at("call"), 0);
  controller.together = absl::UnavailableError("the disk is full");
  EXPECT_FALSE(Answer(&controller, kThree).at("error").at("data").contains("call"));
}

TEST(Transaction, AnErrorOfAStaticEntryIsOfTheCallWithItsAddress) {
  FakeController controller;
  controller.together = About("52:54:00:00:00:0a", absl::ResourceExhaustedError("no room"));
  EXPECT_EQ(Answer(&controller, R"([
      {"method": "add_br", "params": {"name": "br0"}},
      {"method": "fdb_add", "params": {"bridge": "br0", "mac": "52:54:00:00:00:0A",
                                       "port": "vm0"}},
      {"method": "fdb_add", "params": {"bridge": "br0", "mac": "52:54:00:00:00:0b",
                                       "port": "vm0"}}])")
                .at("error")
                .at("data")
                .at("call"),
            1);
  // Of a port, it is not that of a call which only has it in an entry.
  controller.together = About("vm0", absl::UnavailableError("the TAP is busy"));
  EXPECT_EQ(Answer(&controller, R"([
      {"method": "add_port", "params": {"bridge": "br0", "port": "vm0"}},
      {"method": "fdb_add", "params": {"bridge": "br0", "mac": "52:54:00:00:00:0a",
                                       "port": "vm0"}}])")
                .at("error")
                .at("data")
                .at("call"),
            0);
}

TEST(Transaction, HasAMostOfCalls) {
  FakeController controller;
  json calls = json::array();
  for (size_t i = 0; i < kMaxCallsPerTransaction; ++i) {
    calls.push_back({{"method", "add_br"}, {"params", {{"name", "br0"}}}});
  }
  EXPECT_EQ(Answer(&controller, calls.dump()).at("result").at("results").size(), calls.size());
  calls.push_back(calls[0]);
  EXPECT_THAT(Answer(&controller, calls.dump()).at("error").at("message"),
              HasSubstr("has 4097 calls: give at most 4096"));
  EXPECT_THAT(Answer(&controller, "{}").at("error").at("message"), HasSubstr("must be an array"));
}

TEST(Transaction, EachOfItsCallsIsLogged) {
  FakeController controller;
  std::vector<std::string> lines;
  const RpcMethods methods(&controller, [&](const std::string& line, bool refused) {
    lines.push_back(StrCat(refused ? "! " : "", line));
  });
  methods.HandleLine(Line(kThree), {.uid = 0, .pid = 7});
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0], StartsWith("uid 0 (pid 7): transaction {"));
  EXPECT_EQ(lines[1], R"(uid 0 (pid 7): add_br {"name":"br0"}: done)");
  EXPECT_EQ(lines[3], R"(uid 0 (pid 7): del_port {"port":"vm1"}: done)");
  controller.status = absl::NotFoundError("no");
  methods.HandleLine(Line(kThree), {.uid = 0, .pid = 7});
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_THAT(lines[4], StartsWith("! uid 0 (pid 7): transaction {"));
}

}  // namespace
}  // namespace vswitch
