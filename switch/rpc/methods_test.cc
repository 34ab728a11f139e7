#include "switch/rpc/methods.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "switch/rpc/testing/call.h"

namespace vswitch {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Methods, ReachTheController) {
  const struct {
    const char* method;
    const char* params;
    const char* call;
  } kCases[] = {
      {"add_br", R"({"name": "br0"})", "AddBridge br0"},
      {"add_br", R"({"name": "br0", "settings": {"ageing_s": "60"}, "may_exist": true})",
       "AddBridge br0 ageing_s=60 may_exist"},
      {"add_br", R"({"name": "br0", "settings": {}, "may_exist": false})", "AddBridge br0"},
      {"del_br", R"({"name": "br0"})", "DeleteBridge br0"},
      {"del_br", R"({"name": "br0", "if_exists": true})", "DeleteBridge br0 if_exists"},
      {"set_br", R"({"name": "br0", "settings": {"ageing_s": "60"}})", "SetBridge br0 ageing_s=60"},
      {"add_port", R"({"bridge": "br0", "port": "vm0"})", "AddPort br0 vm0 by 4000000001"},
      {"add_port",
       R"({"bridge": "br0", "port": "vm0", "settings": {"mtu": "9000", "queues": "2"},
           "may_exist": true})",
       "AddPort br0 vm0 mtu=9000 queues=2 may_exist by 4000000001"},
      {"del_port", R"({"port": "vm0"})", "DeletePort [] vm0"},
      {"del_port", R"({"bridge": "br0", "port": "vm0", "if_exists": true})",
       "DeletePort [br0] vm0 if_exists"},
      {"del_port", R"({"port": "vm0", "force": true})", "DeletePort [] vm0 force"},
      {"move_port", R"({"port": "vm0", "bridge": "br1"})", "MovePort vm0 to br1"},
      {"set_port", R"({"port": "vm0", "settings": {"mtu": "0"}})",
       "SetPort vm0 mtu=0 by 4000000001"},
      {"fdb_add", R"({"bridge": "br0", "mac": "52:54:00:12:34:56", "port": "vm0"})",
       "FdbAdd br0 52:54:00:12:34:56 vm0 0"},
      {"fdb_add", R"({"bridge": "br0", "mac": "52-54-00-AB-CD-EF", "port": "vm0", "vlan": 4094})",
       "FdbAdd br0 52:54:00:ab:cd:ef vm0 4094"},
      {"fdb_del", R"({"bridge": "br0", "mac": "52:54:00:12:34:56", "vlan": 1})",
       "FdbDelete br0 52:54:00:12:34:56 1"},
      {"fdb_flush", R"({"bridge": "br0"})", "FdbFlush br0 [] all"},
      {"vlan_add", R"({"port": "vm0", "vid": "10", "pvid": true, "untagged": true})",
       "VlanAdd vm0 10 pvid untagged"},
      {"vlan_add", R"({"port": "vm0", "vid": "20-30"})", "VlanAdd vm0 20-30"},
      {"vlan_del", R"({"port": "vm0", "vid": "10"})", "VlanDelete vm0 10"},
      {"fdb_flush", R"({"bridge": "br0", "port": "vm0", "vlan": 0})", "FdbFlush br0 [vm0] 0"},
      {"mdb_flush", R"({"bridge": "br0"})", "MdbFlush br0"},
      {"fdb_flush", R"({"bridge": "br0", "mac": "52:54:00:12:34:56"})",
       "FdbFlush br0 [] all 52:54:00:12:34:56"},
      {"fdb_add", R"({"bridge": "br0", "mac": "52:54:00:12:34:56", "port": "vm0", "sticky": true})",
       "FdbAdd br0 52:54:00:12:34:56 vm0 0 sticky"},
      {"mirror_add",
       R"({"bridge": "br0", "name": "m1",
           "settings": {"src": "vm0,vm1", "to": "vm2", "dir": ""}})",
       "AddMirror br0 m1 [ vm0 vm1 ] to vm2 both"},
      {"mirror_add",
       R"({"bridge": "br0", "name": "m1",
           "settings": {"src": "all", "to": "vm2", "dir": "ingress", "vlan": "7"}})",
       "AddMirror br0 m1 [ all ] to vm2 vlan 7"},
      {"mirror_del", R"({"bridge": "br0", "name": "m1"})", "DeleteMirror br0 m1"},
      {"exit", R"({})", "RequestExit"},
      {"exit", R"(null)", "RequestExit"},
      {"exit", R"([])", "RequestExit"},
      {"exit", R"({"keep_forwarding": true})", "RequestExit keep_forwarding"},
  };
  for (const auto& c : kCases) {
    FakeController controller;
    EXPECT_EQ(Call(controller, c.method, c.params), "{}") << c.method << c.params;
    EXPECT_THAT(controller.calls, ElementsAre(c.call)) << c.method << c.params;
  }
}

// Scripts rely on every one of these names.
TEST(Methods, BadRequestsNeverReachTheController) {
  const struct {
    const char* method;
    const char* params;
    const char* error;
  } kCases[] = {
      {"trace", R"({"port": "vm0"})",
       "3 INVALID_ARGUMENT: give either the frame, or its src and dst"},
      {"trace", R"({"port": "vm0", "frame": "52540"})",
       "3 INVALID_ARGUMENT: the frame has an odd number of hex digits: a byte is two"},
      {"trace", R"({"port": "vm0", "frame": "52xx"})",
       "3 INVALID_ARGUMENT: the frame has 'x' where a hex digit belongs, at position 3"},
      {"trace", R"({"port": "vm0", "src": "52:54:00:00:00:01"})",
       "3 INVALID_ARGUMENT: a frame has a src and a dst: give both"},
      {"trace", R"({"port": "vm0", "frame": "00", "vlan": 1})",
       "3 INVALID_ARGUMENT: a frame that is given whole has its vlan and ethertype"},
      {"trace", R"({"port": "vm0", "src": "52:54:00:00:00:01", "dst": "52:54:00:00:00:02",
                    "ethertype": "0x10000"})",
       "3 INVALID_ARGUMENT: ethertype '0x10000' is none: give a number up to 0xffff, as in "
       "0x0806"},
      {"add_brr", "{}", "-32601 UNIMPLEMENTED: unknown method 'add_brr': did you mean 'add_br'?"},
      {"ADD-BR", "{}", "-32601 UNIMPLEMENTED: unknown method 'ADD-BR': did you mean 'add_br'?"},
      {"rpc.discover", "{}", "-32601 UNIMPLEMENTED: unknown method 'rpc.discover'"},
      {"add_br", "{}", "-32602 INVALID_ARGUMENT: add_br needs the parameter 'name'"},
      {"add_br", R"(["br0"])",
       "-32602 INVALID_ARGUMENT: add_br: give the parameters by name; it takes name, settings, "
       "may_exist"},
      {"add_br", R"({"nam": "br0"})",
       "-32602 INVALID_ARGUMENT: add_br has no parameter 'nam': did you mean 'name'? It takes "
       "name, settings, may_exist"},
      {"show", R"({"bridge": "br0"})",
       "-32602 INVALID_ARGUMENT: show has no parameter 'bridge'; it takes none"},
      {"add_br", R"({"name": 7})", "-32602 INVALID_ARGUMENT: parameter 'name' must be a string"},
      {"add_br", R"({"name": null})", "-32602 INVALID_ARGUMENT: parameter 'name' must be a string"},
      {"add_br", R"({"name": "br0", "may_exist": "yes"})",
       "-32602 INVALID_ARGUMENT: parameter 'may_exist' must be true or false"},
      {"add_br", R"({"name": "br0", "settings": ["ageing_s=60"]})",
       "-32602 INVALID_ARGUMENT: parameter 'settings' must be an object of strings"},
      {"add_br", R"({"name": "br0", "settings": {"ageing_s": 60}})", "write \"60\""},
      {"add_br", R"({"name": "br0", "settings": {"ageing_s": {"a": 1}}})",
       "the value of 'ageing_s' is none"},
      {"set_br", R"({"name": "br0"})",
       "-32602 INVALID_ARGUMENT: set_br needs the parameter 'settings'"},
      {"add_br", R"({"name": "a/b"})", "3 INVALID_ARGUMENT: bridge name 'a/b' contains '/'"},
      {"add_br", R"({"name": ""})", "3 INVALID_ARGUMENT: bridge name is empty"},
      {"del_port", R"({"port": "vm%d"})", "3 INVALID_ARGUMENT: port name 'vm%d' contains '%'"},
      {"del_port", R"({"bridge": "", "port": "vm0"})", "3 INVALID_ARGUMENT: bridge name is empty"},
      {"fdb_get", R"({"bridge": "br0", "mac": "52:54"})",
       "3 INVALID_ARGUMENT: '52:54' is no MAC address: give six octets, as in 52:54:00:12:34:56"},
      {"fdb_get", R"({"bridge": "br0", "mac": 1})",
       "-32602 INVALID_ARGUMENT: parameter 'mac' must be a string"},
      {"fdb_flush", R"({"bridge": "br0", "vlan": 4095})",
       "3 INVALID_ARGUMENT: VLAN 4095 does not exist: give 0 (untagged) to 4094"},
      {"fdb_flush", R"({"bridge": "br0", "vlan": 65536})", "3 INVALID_ARGUMENT: VLAN 65536"},
      {"fdb_flush", R"({"bridge": "br0", "vlan": -1})", "3 INVALID_ARGUMENT: VLAN -1"},
      {"fdb_flush", R"({"bridge": "br0", "vlan": "1"})",
       "-32602 INVALID_ARGUMENT: parameter 'vlan' must be a whole number"},
      {"fdb_flush", R"({"bridge": "br0", "vlan": 1.0})",
       "-32602 INVALID_ARGUMENT: parameter 'vlan' must be a whole number"},
      {"list_ports", R"({"bridge": "br2"})",
       "5 NOT_FOUND: there is no bridge 'br2': did you mean 'br0'?"},
  };
  for (const auto& c : kCases) {
    FakeController controller;
    EXPECT_THAT(Call(controller, c.method, c.params), HasSubstr(c.error)) << c.method << c.params;
    EXPECT_THAT(controller.calls, ElementsAre());
  }
}

TEST(Methods, ControllersErrorsAreTheAnswer) {
  const struct {
    const char* method;
    const char* params;
  } kCases[] = {
      {"add_br", R"({"name": "br0"})"},
      {"del_br", R"({"name": "br0"})"},
      {"set_br", R"({"name": "br0", "settings": {}})"},
      {"add_port", R"({"bridge": "br0", "port": "vm0"})"},
      {"del_port", R"({"port": "vm0"})"},
      {"set_port", R"({"port": "vm0", "settings": {}})"},
      {"fdb_show", R"({})"},
      {"fdb_get", R"({"bridge": "br0", "mac": "52:54:00:12:34:56"})"},
      {"fdb_add", R"({"bridge": "br0", "mac": "52:54:00:12:34:56", "port": "vm0"})"},
      {"fdb_del", R"({"bridge": "br0", "mac": "52:54:00:12:34:56"})"},
      {"fdb_flush", R"({"bridge": "br0"})"},
      {"fdb_stats", R"({})"},
      {"vlan_show", R"({})"},
      {"vlan_add", R"({"port": "vm0", "vid": "10"})"},
      {"vlan_del", R"({"port": "vm0", "vid": "10"})"},
      {"rstp_show", R"({})"},
  };
  for (const auto& c : kCases) {
    FakeController controller;
    controller.status = absl::AlreadyExistsError("it is there");
    EXPECT_EQ(Call(controller, c.method, c.params), "6 ALREADY_EXISTS: it is there") << c.method;
  }
}

TEST(Methods, HandleLineIsJsonRpc) {
  FakeController controller;
  const RpcMethods methods(&controller);
  EXPECT_EQ(
      methods.HandleLine(R"({"jsonrpc":"2.0","id":1,"method":"add_port","params":{"bridge":"br0",)"
                         R"("port":"vm0","settings":{"mtu":"9000"}}})",
                         {.uid = 7}),
      R"({"jsonrpc":"2.0","id":1,"result":{}})");
  EXPECT_THAT(controller.calls, ElementsAre("AddPort br0 vm0 mtu=9000 by 7"));
}

TEST(Methods, OnlyRootAsksForAnotherUser) {
  const auto add_port = [](uid_t caller, const std::string& user, FakeController* controller) {
    return RpcMethods(controller)
        .HandleLine(R"({"jsonrpc":"2.0","id":1,"method":"add_port","params":{"bridge":"br0",)"
                    R"("port":"vm0","as_user":")" +
                        user + R"("}})",
                    {.uid = caller});
  };
  FakeController controller;
  add_port(0, "1000", &controller);
  EXPECT_THAT(controller.calls, ElementsAre("AddPort br0 vm0 by 1000"));
  EXPECT_THAT(add_port(7, "1000", &controller), HasSubstr("only root"));
  EXPECT_THAT(add_port(7, "7", &controller), HasSubstr("only root"));
  EXPECT_THAT(add_port(0, "bob", &controller), HasSubstr("no user's number"));
  EXPECT_THAT(add_port(0, "-1", &controller), HasSubstr("no user's number"));
  EXPECT_EQ(controller.calls.size(), 1u);
}

TEST(Methods, WarningsAreAMemberOfTheResult) {
  FakeController controller;
  const char* params = R"({"bridge": "br0", "port": "vm0"})";
  controller.warnings = {"one \"thing\"", "another"};
  EXPECT_EQ(Call(controller, "add_port", params), R"({"warnings":["one \"thing\"","another"]})");
  controller.status = absl::NotFoundError("no");
  EXPECT_EQ(Call(controller, "add_port", params), "5 NOT_FOUND: no");
}

TEST(Methods, ChangesAreLoggedWithWhoAsked) {
  FakeController controller;
  std::vector<std::string> lines;
  const RpcMethods methods(&controller, [&](const std::string& line, bool refused) {
    lines.push_back(StrCat(refused ? "! " : "", line));
  });
  const auto call = [&](const char* method, const std::string& params) {
    methods.Call(method, json::parse(params), {.uid = 1000, .pid = 77});
  };
  call("add_br", R"({"name": "br0"})");
  call("exit", "{}");
  controller.status = absl::InvalidArgumentError("no\nline");
  call("set_port",
       StrCat(R"({"port": "vm0", "settings": {"mtu": ")", std::string(400, 'x'), "\"}}"));
  // What only looks, and what never reached the controller.
  for (const char* method : {"show", "stats", "fdb_show", "log_show"}) call(method, "{}");
  call("add_br", "{}");
  call("nonsense", "{}");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], R"(uid 1000 (pid 77): add_br {"name":"br0"}: done)");
  EXPECT_EQ(lines[1], "uid 1000 (pid 77): exit: done");
  EXPECT_THAT(lines[2],
              ::testing::StartsWith(
                  R"(! uid 1000 (pid 77): set_port {"port":"vm0","settings":{"mtu":"xxx)"));
  EXPECT_THAT(lines[2], ::testing::EndsWith(R"(...: refused: no\x0aline)"));
  EXPECT_LT(lines[2].size(), 400u);
}

TEST(Methods, TheLogLevelIsSetAndShown) {
  FakeController controller;
  EXPECT_EQ(Call(controller, "log_set", R"({"level": "warning"})"), "{}");
  EXPECT_EQ(Call(controller, "log_show", "{}"), R"({"level":"warning"})");
  EXPECT_EQ(Call(controller, "log_set", R"({"level": "info"})"), "{}");
  EXPECT_THAT(
      Call(controller, "log_set", R"({"level": "loud"})"),
      HasSubstr("3 INVALID_ARGUMENT: 'loud' is no log level; give error, warning, info or "));
  EXPECT_THAT(Call(controller, "log_set", R"({"level": 1})"), HasSubstr("must be a string"));
}

}  // namespace
}  // namespace vswitch
