#include "switch/rpc/methods.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/testing/fake_controller.h"

namespace vswitch {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Caller kCaller = {.uid = kFakeUser};

// The result as JSON text, or "code STATUS: message".
std::string Call(Controller& controller, const std::string& method, std::string_view params) {
  const RpcResult result = RpcMethods(&controller).Call(method, json::parse(params), kCaller);
  if (const auto* error = std::get_if<RpcError>(&result)) {
    return StrCat(error->code, " ", absl::StatusCodeToString(error->status), ": ", error->message);
  }
  return std::get<std::string>(result);
}

// Has all that `expected` has. There are more settings than this test knows.
void ExpectHas(const json& actual, const json& expected, const std::string& place = "") {
  if (expected.is_object()) {
    for (const auto& [name, value] : expected.items()) {
      ASSERT_TRUE(actual.contains(name)) << place << "." << name;
      ExpectHas(actual.at(name), value, StrCat(place, ".", name));
    }
  } else if (expected.is_array()) {
    ASSERT_EQ(actual.size(), expected.size()) << place;
    for (size_t i = 0; i < expected.size(); ++i) {
      ExpectHas(actual.at(i), expected.at(i), StrCat(place, "[", i, "]"));
    }
  } else {
    EXPECT_EQ(actual, expected) << place;
  }
}

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
TEST(Methods, ResultsHaveTheDocumentedFields) {
  FakeController controller;
  EXPECT_EQ(Call(controller, "version", "{}"), R"({"version":"0.1.0"})");
  EXPECT_EQ(Call(controller, "list_br", "{}"), R"({"bridges":["br0","br1"]})");
  EXPECT_EQ(Call(controller, "list_ports", R"({"bridge": "br0"})"), R"({"ports":["vm0","host0"]})");
  EXPECT_EQ(Call(controller, "list_ports", R"({"bridge": "br1"})"), R"({"ports":[]})");
  ExpectHas(
      json::parse(Call(controller, "show", "{}")),
      json::parse(
          R"({"version":"0.1.0","bridges":[{"name":"br0","detail":"","warning":"","ageing_s":300,)"
          R"("fdb_entries":65536,)"
          R"("group_fwd_mask":16384,"mtu":0,"fast_path":"on","ports":[)"
          R"({"name":"vm0","type":"tap","state":"down","detail":"no guest has it open",)"
          R"("owner":"4000000001","mtu":1500,"mac":"","queues":2,"txqueuelen":1000,)"
          R"("vlan_mode":"","tag":null,"trunks":"","learning":"on","learn_limit":0,)"
          R"("sticky":"off","locked":"off",)"
          R"("fast_path":"on","device":"web0","fast_path_reason":"","repairs":0,"learned":0},)"
          R"({"name":"host0","type":"internal","state":"up","detail":"","owner":"",)"
          R"("mtu":9000,"mac":"02:00:00:00:00:01","queues":1,"txqueuelen":1000,)"
          R"("fast_path":"off","device":"host0","fast_path_reason":"a worker serves it",)"
          R"("repairs":0,"learned":0}]},)"
          R"({"name":"br1","detail":"","ageing_s":300,"fdb_entries":65536,"group_fwd_mask":0,)"
          R"("learning":"on","learn_limit":0,"move_limit":"off",)"
          R"("fast_path":"on","ports":[]}]})"));
  EXPECT_EQ(Call(controller, "fdb_show", "{}"),
            R"({"entries":[{"bridge":"br0","mac":"52:54:00:12:34:56","vlan":7,"port":"vm0",)"
            R"("kind":"learned","age_s":12,"fast_path":true,"held":false},)"
            R"({"bridge":"br\"\\","mac":"52:54:00:12:34:57",)"
            R"("vlan":0,"port":"vm1","kind":"static","age_s":0,"fast_path":false,"held":false}]})");
  EXPECT_EQ(Call(controller, "fdb_get", R"({"bridge": "br0", "mac": "52:54:00:12:34:56"})"),
            R"({"bridge":"br0","mac":"52:54:00:12:34:56","vlan":7,"port":"vm0",)"
            R"("kind":"learned","age_s":12,"fast_path":true,"held":false})");
  EXPECT_EQ(Call(controller, "fdb_stats", R"({"bridge": "br0"})"),
            R"({"bridges":[{"name":"br0","entries":1,"static_entries":2,"capacity":3,"learned":4,)"
            R"("moved":5,"aged_out":6,"evicted":7,"learn_failed":18446744073709551615,)"
            R"("learn_limited":8,"held":9,"holds":10}]})");
  EXPECT_THAT(controller.calls,
              ElementsAre("FdbShow []", "FdbGet br0 52:54:00:12:34:56 0", "FdbStats [br0]"));
  EXPECT_EQ(Call(controller, "vlan_show", R"({"bridge": "br0"})"),
            R"({"ports":[{"port":"vm0","bridge":"br0","vlan_mode":"access","tag":10,"trunks":""},)"
            R"({"port":"vm1","bridge":"br0","vlan_mode":"trunk","tag":null,"trunks":"10,20-30"},)"
            R"({"port":"vm2","bridge":"br0","vlan_mode":"transparent","tag":null,"trunks":""}]})");
  EXPECT_EQ(controller.calls.back(), "VlanShow [br0]");
  EXPECT_EQ(Call(controller, "mirror_show", "{}"),
            R"({"mirrors":[{"name":"m1","bridge":"br0","src":["vm0","vm1"],"dir":"both",)"
            R"("vlan":7,"to":"vm2"},{"name":"m2","bridge":"br0","src":["all"],"dir":"egress",)"
            R"("vlan":null,"to":"vm2"}]})");
  EXPECT_EQ(Call(controller, "del_port", R"({"port": "vm0"})"), "{}");
  controller.kept = KeptTap{.name = "vm0"};
  EXPECT_EQ(Call(controller, "del_port", R"({"port": "vm0"})"), R"({"kept":"vm0","holder":null})");
  controller.kept->holder = TapHolder{.pid = 7, .uid = kFakeUser, .command = "qemu"};
  EXPECT_EQ(Call(controller, "del_port", R"({"port": "vm0"})"),
            R"({"kept":"vm0","holder":{"pid":7,"command":"qemu","user":"4000000001"}})");
  controller.rows.clear();
  EXPECT_EQ(Call(controller, "fdb_show", R"({"bridge": "br0"})"), R"({"entries":[]})");
}

TEST(Methods, TraceTakesAFrameOrWhatItIsMadeOf) {
  FakeController controller;
  const std::string documented =
      R"({"stages":[{"stage":"parse","decision":"two stations"},)"
      R"({"stage":"forward","decision":"sent to vm1"}],"egress":["vm1"],"drop":null})";
  EXPECT_EQ(Call(controller, "trace", R"({"port": "vm0", "frame": "52:54 0a-FF"})"), documented);
  EXPECT_EQ(Call(controller, "trace",
                 R"({"port": "vm0", "src": "52:54:00:00:00:01", "dst": "ff:ff:ff:ff:ff:ff"})"),
            documented);
  controller.trace.drop = DropReason::kSamePort;
  controller.trace.egress.clear();
  EXPECT_THAT(Call(controller, "trace",
                   R"({"port": "vm0", "src": "52:54:00:00:00:01", "dst": "52:54:00:00:00:02",
                       "vlan": 7, "ethertype": "0x0806"})"),
              HasSubstr(R"("egress":[],"drop":"same_port"})"));
  const std::string zeros(92, '0');
  EXPECT_THAT(controller.calls, ElementsAre("TraceFrame vm0 52540aff",
                                            "TraceFrame vm0 ffffffffffff52540000000188b5" + zeros,
                                            "TraceFrame vm0 52540000000252540000000181000007"
                                            "0806" +
                                                zeros.substr(8)));
}

TEST(Methods, GroupsHaveTheDocumentedFields) {
  FakeController controller;
  EXPECT_EQ(Call(controller, "mdb_show", "{}"),
            R"({"entries":[{"bridge":"br0","vlan":7,"group":"239.1.2.3",)"
            R"("ports":[{"port":"vm0","expires_s":260}],"expires_s":260}],)"
            R"("routers":[{"bridge":"br0","port":"up0","kind":"learned","vlan":7,"expires_s":255},)"
            R"({"bridge":"br0","port":"up1","kind":"set","vlan":null,"expires_s":null}],)"
            R"("queriers":[{"bridge":"br0","vlan":7,"family":"ipv4","address":"10.0.0.1",)"
            R"("port":"up0","expires_s":255}]})");
}

TEST(Methods, SpanningTreesHaveTheDocumentedFields) {
  FakeController controller;
  EXPECT_EQ(Call(controller, "rstp_show", R"({"bridge": "br0"})"),
            R"({"bridges":[{"bridge":"br0","bridge_id":"8000.02:00:00:00:00:01",)"
            R"("root_id":"1000.02:00:00:00:00:02","root_port":"vm0","root_path_cost":2000,)"
            R"("max_age_s":20,"hello_time_s":2,"forward_delay_s":15,"topology_change":false,)"
            R"("topology_changes":3,"ports":[{"port":"vm0","port_id":"8001","role":"root",)"
            R"("state":"forwarding","path_cost":2000,"edge":false,"point_to_point":true,)"
            R"("protocol":"rstp","designated_bridge":"1000.02:00:00:00:00:02",)"
            R"("designated_port":"8002","designated_cost":0,"ingress_bpdus":7,"egress_bpdus":5,)"
            R"("ignored_bpdus":0}]},{"bridge":"br1","bridge_id":"","root_id":"",)"
            R"("root_port":null,"root_path_cost":0,"max_age_s":0,"hello_time_s":0,)"
            R"("forward_delay_s":0,"topology_change":false,"topology_changes":0,"ports":[]}]})");
  EXPECT_THAT(controller.calls, ElementsAre("RstpShow [br0]"));
}

TEST(Methods, StatsHaveTheDocumentedFields) {
  FakeController controller;
  const std::string text = Call(controller, "stats", "{}");
  EXPECT_THAT(text,
              StartsWith(R"({"ports":[{"name":"vm0","bridge":"br0","ingress":{"frames":1,)"
                         R"("bytes":2,"offloaded":6,"fast_frames":0},)"
                         R"("egress":{"frames":3,"bytes":4,"fast_frames":0},)"
                         R"("flood_copies":5,"mirror_copies":8,"originated_frames":0,"moves":0,"drops":{"runt":7,)"));
  json stats = json::parse(text);
  json& drops = stats["ports"][0]["drops"];
  EXPECT_EQ(drops.size(), kDropReasonCount);
  EXPECT_EQ(drops["runt"], 7);
  EXPECT_EQ(drops["egress_queue_full"], 0);
  drops = nullptr;
  EXPECT_EQ(stats, json::parse(R"({"ports": [{"name": "vm0", "bridge": "br0",
      "ingress": {"frames": 1, "bytes": 2, "offloaded": 6, "fast_frames": 0},
      "egress": {"frames": 3, "bytes": 4, "fast_frames": 0},
      "flood_copies": 5, "mirror_copies": 8, "originated_frames": 0, "moves": 0, "drops": null}],
      "workers": [{"wakeups": 1, "batches": 2, "enobufs": 3,
      "rearms": 4, "read_errors": 5, "cq_overflows": 6, "user_ns": 7, "system_ns": 8,
      "io_wq_threads": 9, "busy_polls": 10, "busy_poll_hits": 11, "feed_overflows": 12,
      "trap_overflows": 0,
      "frames_per_wakeup": {"0": 1, "1": 2, "2": 3, "4": 0, "8": 0, "16": 0, "32": 0, "64": 0,
                            "128": 0, "256": 0, "512": 0},
      "copies_per_batch": {"0": 0, "1": 0, "2": 0, "4": 0, "8": 0, "16": 0, "32": 0, "64": 0,
                           "128": 0, "256": 0, "512": 0}}]})"));
}

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
