// What is checked: each family is there once with its help and type; values are exact; names that
// people choose cannot break a line. Whether a real parser takes it all, and whether the numbers
// are those of the JSON reports: tests/system/metrics_test.
#include "switch/metrics/exposition.h"

#include <gmock/gmock.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/testing/fake_controller.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Text(const Snapshot& snapshot) {
  return MetricsText(snapshot, {.cpu_seconds = 1.5, .start_seconds = 1e9 + 0.25});
}

Snapshot FakeSnapshot() {
  FakeController controller;
  return TakeSnapshot(controller);
}

TEST(ExpositionTest, CountersHaveTheirValuesAndLabels) {
  const std::string text = Text(FakeSnapshot());
  const std::string vm0 = R"({bridge="br0",port="vm0"} )";
  for (const std::string& line :
       {StrCat("vswitch_port_receive_packets_total", vm0, 1),
        StrCat("vswitch_port_receive_bytes_total", vm0, 2),
        StrCat("vswitch_port_transmit_packets_total", vm0, 3),
        StrCat("vswitch_port_transmit_bytes_total", vm0, 4),
        StrCat("vswitch_port_flood_copies_total", vm0, 5),
        StrCat("vswitch_port_receive_offloaded_packets_total", vm0, 6),
        std::string(R"(vswitch_port_drops_total{bridge="br0",port="vm0",reason="runt"} 7)"),
        std::string(R"(vswitch_port_drops_total{bridge="br0",port="vm0",reason="locked"} 0)"),
        std::string(R"(vswitch_port_info{bridge="br0",port="vm0",type="tap",device="web0"} 1)"),
        std::string(R"(vswitch_port_up{bridge="br0",port="vm0"} 0)"),
        std::string(R"(vswitch_port_up{bridge="br0",port="host0"} 1)"),
        std::string(R"(vswitch_ports{bridge="br0",state="down"} 1)"),
        std::string(R"(vswitch_ports{bridge="br1",state="up"} 0)"),
        std::string(R"(vswitch_worker_cq_overflows_total{worker="0"} 6)"),
        std::string(R"(vswitch_worker_cpu_seconds_total{worker="0",mode="system"} 8e-09)"),
        std::string("process_cpu_seconds_total 1.5"),
        std::string("process_start_time_seconds 1000000000.25")}) {
    EXPECT_THAT(text, HasSubstr(StrCat("\n", line, "\n")));
  }
}

TEST(ExpositionTest, HistogramsCountUpAndKnowTheirSum) {
  const std::string text = Text(FakeSnapshot());
  const std::string name = "\nvswitch_worker_frames_per_wakeup";
  for (const auto& [bound, count] : std::map<std::string, int>{
           {"0", 1}, {"1", 3}, {"3", 6}, {"7", 6}, {"511", 6}, {"+Inf", 6}}) {
    EXPECT_THAT(text,
                HasSubstr(StrCat(name, "_bucket{worker=\"0\",le=\"", bound, "\"} ", count, "\n")));
  }
  EXPECT_THAT(text, HasSubstr(StrCat(name, "_count{worker=\"0\"} 6\n")));
  EXPECT_THAT(text, HasSubstr(StrCat(name, "_sum{worker=\"0\"} 8\n")));
}

TEST(ExpositionTest, EachFamilyIsThereOnceWithHelpAndType) {
  std::istringstream text(Text(FakeSnapshot()));
  std::multiset<std::string> helps;
  std::multiset<std::string> types;
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string hash, kind, name, first;
    words >> hash >> kind >> name >> first;
    if (hash != "#") continue;
    EXPECT_FALSE(first.empty()) << line;
    (kind == "HELP" ? helps : types).insert(name);
    if (kind != "TYPE") continue;
    EXPECT_EQ(first == "counter", name.ends_with("_total")) << line;
  }
  EXPECT_EQ(helps, types);
  EXPECT_EQ(std::set<std::string>(helps.begin(), helps.end()).size(), helps.size());
  EXPECT_GT(helps.size(), 40u);
}

TEST(ExpositionTest, LargeCountsAreExact) {
  Snapshot snapshot = FakeSnapshot();
  snapshot.stats.ports.at(0).counters.ingress_bytes = 9'007'199'254'740'991;  // 2^53 - 1
  EXPECT_THAT(Text(snapshot), HasSubstr("_bytes_total{bridge=\"br0\",port=\"vm0\"} "
                                        "9007199254740991\n"));
}

TEST(ExpositionTest, NamesCannotBreakALine) {
  Snapshot snapshot = FakeSnapshot();
  snapshot.stats.ports.at(0).name = "a\"} 1\\";
  snapshot.bridges.at(0).ports.at(0).device = "x\ny\xff";
  const std::string text = Text(snapshot);
  EXPECT_THAT(text, HasSubstr(R"(port="a\"} 1\\"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(device="x\\x0ay\\xff"} 1)"));
  EXPECT_THAT(text, Not(HasSubstr("\xff")));
}

}  // namespace
}  // namespace vswitch
