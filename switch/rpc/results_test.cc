// The documented fields of what methods answer (docs/control-protocol.md).
#include "gmock/gmock.h"
#include "switch/rpc/testing/call.h"

namespace vswitch {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Results, ResultsHaveTheDocumentedFields) {
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

TEST(Results, TraceTakesAFrameOrWhatItIsMadeOf) {
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

TEST(Results, GroupsHaveTheDocumentedFields) {
  FakeController controller;
  EXPECT_EQ(Call(controller, "mdb_show", "{}"),
            R"({"entries":[{"bridge":"br0","vlan":7,"group":"239.1.2.3",)"
            R"("ports":[{"port":"vm0","expires_s":260}],"expires_s":260}],)"
            R"("routers":[{"bridge":"br0","port":"up0","kind":"learned","vlan":7,"expires_s":255},)"
            R"({"bridge":"br0","port":"up1","kind":"set","vlan":null,"expires_s":null},)"
            R"({"bridge":"br0","port":"vm0","kind":"overflowed","vlan":null,"expires_s":9}],)"
            R"("queriers":[{"bridge":"br0","vlan":7,"family":"ipv4","address":"10.0.0.1",)"
            R"("port":"up0","expires_s":255}]})");
}

TEST(Results, SpanningTreesHaveTheDocumentedFields) {
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

TEST(Results, StatsHaveTheDocumentedFields) {
  FakeController controller;
  const std::string text = Call(controller, "stats", "{}");
  EXPECT_THAT(text,
              StartsWith(R"({"ports":[{"name":"vm0","bridge":"br0","ingress":{"frames":1,)"
                         R"("bytes":2,"offloaded":6,"fast_frames":0},)"
                         R"("egress":{"frames":3,"bytes":4,"fast_frames":0},)"
                         R"("flood_copies":5,"mirror_copies":8,"originated_frames":0,"moves":0,)"
                         R"("drops":{"runt":7,)"));
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
      "trap_overflows": 0, "frames": 8, "copies": 16,
      "frames_per_wakeup": {"0": 1, "1": 2, "2": 3, "4": 0, "8": 0, "16": 0, "32": 0, "64": 0,
                            "128": 0, "256": 0, "512": 0},
      "copies_per_batch": {"0": 0, "1": 0, "2": 0, "4": 0, "8": 0, "16": 0, "32": 0, "64": 0,
                           "128": 0, "256": 0, "512": 0}}]})"));
}

}  // namespace
}  // namespace vswitch
