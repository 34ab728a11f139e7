// The metrics of a switch that works: a real client library reads them, they are the numbers of
// `stats`, `show` and `fdb stats`, and the dashboard and docs/metrics.md name what is there.
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/harness/files.h"
#include "tests/harness/http.h"
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kPort = 9477;

class MetricsTest : public SystemTest {
 protected:
  void SetUp() override { SetUpSwitch("auto", {"--metrics=127.0.0.1:" + std::to_string(kPort)}); }

  // As read_metrics.py tells it.
  Json Read() {
    const HttpResult result = HttpGet(net(), kPort, "/metrics");
    if (result.status != 200) throw Error("status " + std::to_string(result.status));
    EXPECT_THAT(result.headers, HasSubstr("Content-Type: text/plain; version=0.0.4"));
    const std::string path = vswitch().folder() / "metrics.txt";
    std::ofstream(path) << result.body;
    const CommandResult read =
        RunCommand({.argv = {"python3", Runfile("tests/system/read_metrics.py"), path}});
    if (read.status != 0) throw Error("no exposition: " + read.errors);
    return Json::parse(read.output);
  }

  // Traffic with all that counts: known unicast, floods, drops, a super-frame's worth of bytes.
  void MakeTraffic() {
    guests_ = AddGuests(3);
    LearnAll(guests_);
    for (uint64_t i = 0; i < 50; ++i) {
      guests_[0]->Send(NumberedFrame(Station(1), Station(0), i, 60 + i));
    }
    guests_[1]->Send(NumberedFrame(kBroadcast, Station(1), 1));
    guests_[1]->Send(NumberedFrame(kBroadcast, kBroadcast, 1));  // source_group
    guests_[2]->Send(NumberedFrame(Station(2), Station(2), 1));  // same_port
    SettledStats(ctl());
  }

  std::vector<std::unique_ptr<FakeGuest>> guests_;
};

// The one sample of that name whose labels are these.
double Value(const Json& metrics, const std::string& name, const Json& labels) {
  for (const Json& sample : metrics.at("samples").at(name)) {
    if (sample.at("labels") == labels) return sample.at("value");
  }
  throw Error("no " + name + labels.dump());
}

// What of `stats` is shown where. Only the counters of `ports`: workers go on counting.
void ExpectSamePorts(const Json& metrics, const Json& ports) {
  for (const Json& port : ports) {
    const Json labels = {{"bridge", port.at("bridge")}, {"port", port.at("name")}};
    const auto expect = [&](const std::string& name, const Json& value) {
      EXPECT_EQ(Value(metrics, "vswitch_port_" + name + "_total", labels), value.get<double>())
          << name << labels;
    };
    const Json& ingress = port.at("ingress");
    const Json& egress = port.at("egress");
    expect("receive_packets", ingress.at("frames"));
    expect("receive_bytes", ingress.at("bytes"));
    expect("receive_offloaded_packets", ingress.at("offloaded"));
    expect("fast_path_receive_packets", ingress.at("fast_frames"));
    expect("transmit_packets", egress.at("frames"));
    expect("transmit_bytes", egress.at("bytes"));
    expect("fast_path_transmit_packets", egress.at("fast_frames"));
    for (const char* same : {"flood_copies", "mirror_copies"}) expect(same, port.at(same));
    expect("originated_packets", port.at("originated_frames"));
    expect("fdb_moves", port.at("moves"));
    for (const auto& [reason, count] : port.at("drops").items()) {
      Json with_reason = labels;
      with_reason["reason"] = reason;
      EXPECT_EQ(Value(metrics, "vswitch_port_drops_total", with_reason), count.get<double>());
    }
  }
}

// The sum of all that `stats` counts of a port.
uint64_t CountedIn(const Json& part) {
  if (part.is_number()) return part;
  uint64_t sum = 0;
  for (const Json& each : part) {
    if (each.is_number() || each.is_structured()) sum += CountedIn(each);
  }
  return sum;
}

// The numbers of the first table of `vswitchctl stats`, in the order of the JSON members.
std::vector<std::string> CliCells(const Ctl& ctl) {
  std::istringstream text(ctl.Ok("stats"));
  std::vector<std::string> cells;
  std::string line;
  std::getline(text, line);  // The headings.
  while (std::getline(text, line) && !line.empty()) {
    for (std::string& word : Words(line)) cells.push_back(std::move(word));
  }
  return cells;
}

std::vector<std::string> JsonCells(const std::string& text) {
  std::vector<std::string> cells;
  const auto stats = nlohmann::ordered_json::parse(text);
  for (const auto& port : stats.at("ports")) {
    for (const auto& [key, value] : port.items()) {
      if (key == "drops") continue;
      if (!value.is_object()) {
        cells.push_back(value.is_string() ? value.get<std::string>() : value.dump());
        continue;
      }
      for (const auto& [name, number] : value.items()) cells.push_back(number.dump());
    }
  }
  return cells;
}

TEST_F(MetricsTest, CommandLineJsonAndMetricsShowTheSameNumbers) {
  MakeTraffic();
  const Json ports = SettledStats(ctl()).at("ports");
  EXPECT_GT(ports.at(0).at("ingress").at("frames"), 50);
  EXPECT_GT(Drops(ports.at(1), "source_group"), 0u);
  // What was scraped a moment ago may be shown again.
  const Json labels = {{"bridge", "br0"}, {"port", "vm0"}};
  Json metrics;
  Expect("the traffic is in the metrics", [&] {
    metrics = Read();
    return Value(metrics, "vswitch_port_receive_packets_total", labels) ==
           ports.at(0).at("ingress").at("frames");
  });
  ExpectSamePorts(metrics, ports);
  EXPECT_EQ(CliCells(ctl()), JsonCells(ctl().Ok("--json stats")));

  const Json table = ctl().Query("fdb stats").at("bridges").at(0);
  const Json bridge = {{"bridge", "br0"}};
  for (const auto& [member, metric] :
       std::map<std::string, std::string>{{"entries", "entries"},
                                          {"static_entries", "static_entries"},
                                          {"capacity", "capacity_entries"},
                                          {"held", "held_entries"},
                                          {"learned", "learned_total"},
                                          {"moved", "moves_total"},
                                          {"aged_out", "aged_out_total"},
                                          {"evicted", "evictions_total"},
                                          {"learn_failed", "learn_failures_total"},
                                          {"learn_limited", "learn_limited_total"},
                                          {"holds", "holds_total"}}) {
    EXPECT_EQ(Value(metrics, "vswitch_fdb_" + metric, bridge), table.at(member).get<double>());
  }
  EXPECT_EQ(Value(metrics, "vswitch_port_fdb_entries", labels), ctl().Port("vm0").at("learned"));
  EXPECT_EQ(Value(metrics, "vswitch_port_up", labels), 1);
}

TEST_F(MetricsTest, WorkersGoOnCountingAndNeverBack) {
  const Json worker = {{"worker", "0"}};
  const Json first = Read();
  MakeTraffic();
  const Json stats = ctl().Query("stats").at("workers").at(0);
  Json later;
  Expect("the frames are in the metrics", [&] {
    later = Read();
    return Value(later, "vswitch_worker_frames_total", worker) >= stats.at("frames");
  });
  for (const auto& [name, type] : first.at("families").items()) {
    if (type != "counter" || !name.starts_with("vswitch_worker_")) continue;
    const Json& before = first.at("samples").at(name);
    const Json& after = later.at("samples").at(name);
    for (size_t i = 0; i < before.size(); ++i) EXPECT_GE(after[i]["value"], before[i]["value"]);
  }
  EXPECT_EQ(Value(later, "vswitch_worker_frames_per_wakeup_sum", worker),
            Value(later, "vswitch_worker_frames_total", worker));
  EXPECT_EQ(Value(later, "vswitch_worker_frames_per_wakeup_count", worker),
            Value(later, "vswitch_worker_wakeups_total", worker));
  EXPECT_EQ(Value(later, "vswitch_worker_copies_per_batch_count", worker),
            Value(later, "vswitch_worker_batches_total", worker));
}

// What is shown after a reset, also of a port that has another bridge since.
TEST_F(MetricsTest, CountersThatWereResetCountFromZeroEverywhere) {
  MakeTraffic();
  EXPECT_GT(SettledStats(ctl()).at("ports").at(0).at("ingress").at("frames"), 50);
  ctl().Ok("stats --reset");
  for (const Json& port : ctl().Query("stats").at("ports")) {
    EXPECT_EQ(CountedIn(port), 0) << port;
  }
  EXPECT_GT(ctl().Query("fdb stats").at("bridges").at(0).at("learned"), 0);

  ctl().Ok("add-br br1");
  ctl().Ok("move-port vm0 br1");
  for (const Json& port : SettledStats(ctl()).at("ports")) EXPECT_EQ(CountedIn(port), 0) << port;
  for (uint64_t i = 0; i < 3; ++i) guests_[0]->Send(NumberedFrame(Station(1), Station(0), i));
  Json ports;
  Expect("three are counted", [&] {
    ports = SettledStats(ctl()).at("ports");
    return ports.back().at("ingress").at("frames") == 3;
  });
  EXPECT_EQ(ports.back().at("name"), "vm0");
  EXPECT_EQ(CountedIn(ports.at(0)), 0);
  const Json labels = {{"bridge", "br1"}, {"port", "vm0"}};
  Json metrics;
  Expect("the metrics have them", [&] {
    metrics = Read();
    return metrics.at("samples").at("vswitch_port_info").size() == ports.size() &&
           Value(metrics, "vswitch_port_receive_packets_total", labels) == 3;
  });
  ExpectSamePorts(metrics, ports);
}

TEST_F(MetricsTest, ThePageOfMetricsNamesAllOfThem) {
  AddGuests(1);
  std::map<std::string, std::string> documented;
  std::istringstream page(ReadFile(Runfile("docs/metrics.md")));
  const std::regex row(R"(^\| `(\w+)` \| (\w+) \|.*)");
  for (std::string line; std::getline(page, line);) {
    if (std::smatch match; std::regex_match(line, match, row)) documented[match[1]] = match[2];
  }
  EXPECT_EQ(Json(documented), Read().at("families"));
}

// Of panels and of variables.
void CollectExpressions(const Json& part, std::vector<std::string>* expressions) {
  for (const auto& [key, value] : part.items()) {
    if (part.is_object() && (key == "expr" || key == "definition")) expressions->push_back(value);
    if (value.is_structured()) CollectExpressions(value, expressions);
  }
}

std::vector<std::string> Matches(const std::string& text, const std::string& pattern) {
  std::vector<std::string> matches;
  const std::regex regex(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) {
    matches.push_back((*it)[1]);
  }
  return matches;
}

TEST_F(MetricsTest, TheDashboardAsksForNothingThatIsNotThere) {
  AddGuests(1);
  const Json samples = Read().at("samples");
  std::vector<std::string> expressions;
  CollectExpressions(Json::parse(ReadFile(Runfile("packaging/grafana/vswitch.json"))),
                     &expressions);
  EXPECT_GT(expressions.size(), 20u);
  for (const std::string& expression : expressions) {
    std::set<std::string> labels = {"instance"};  // Prometheus's own.
    const std::vector<std::string> names = Matches(expression, R"(\b((?:vswitch|process)_\w+))");
    EXPECT_FALSE(names.empty()) << expression;
    for (const std::string& name : names) {
      ASSERT_TRUE(samples.contains(name)) << name << " in " << expression;
      for (const auto& [label, value] : samples.at(name).at(0).at("labels").items()) {
        labels.insert(label);
      }
    }
    for (const std::string& label : Matches(expression, R"re((\w+)(?:=~|!~|!=|=)")re")) {
      EXPECT_TRUE(labels.contains(label)) << label << " in " << expression;
    }
  }
}

TEST_F(MetricsTest, NothingElseIsServedAndNobodyElseIsAnswered) {
  EXPECT_EQ(HttpGet(net(), kPort, "/").status, 404);
  EXPECT_EQ(HttpGet(net(), kPort, "/metrics/../../etc/passwd").status, 404);
  EXPECT_EQ(HttpGet(net(), kPort, "/metrics", "rebound.example").status, 421);
  EXPECT_EQ(HttpGet(net(), kPort, "/metrics", "127.0.0.1:9477").status, 200);
}

TEST_F(MetricsTest, ScrapersAndTrafficDoNotHinderEachOtherNorTheEnd) {
  guests_ = AddGuests(2);
  LearnAll(guests_);
  std::atomic<int> scrapes = 0;
  {
    const Loop one([&] { scrapes += HttpGet(net(), kPort, "/metrics").status == 200; });
    const Loop other([&] { scrapes += HttpGet(net(), kPort, "/metrics").status == 200; });
    for (uint64_t i = 0; i < 500; ++i) {
      guests_[0]->Send(NumberedFrame(Station(1), Station(0), i));
      EXPECT_THAT(guests_[1]->ReceiveUntil(i), ElementsAre());
    }
    Expect("both were answered", [&] { return scrapes > 20; });
  }
  ExpectBalance();
  const Loop still([&] {
    try {
      HttpGet(net(), kPort, "/metrics");
    } catch (const Error&) {  // It has ended.
    }
  });
  EXPECT_EQ(vswitch().Terminate(), 0);
}

TEST_F(SystemTest, AddressesThatCannotBeServedAreRefusedBeforeAnythingIsDone) {
  struct Case {
    std::string address;
    int exit_code;  // 2: wrong for ever, so that no service is started again.
    std::string says;
  };
  ASSERT_EQ(vswitch().Terminate(), 0);
  const std::string socket = vswitch().socket();
  for (const std::string flag : {"--metrics", "--web"}) {
    for (const Case& each :
         std::vector<Case>{{"0.0.0.0:9477", 2, "can be reached from other machines"},
                           {"9477", 2, "give 127.0.0.1:PORT"},
                           {"127.0.0.1", 2, "give 127.0.0.1:PORT"},
                           {"127.0.0.1:99999", 2, "the port must be 1 to 65535"},
                           {"unix:page.sock", 2, "must be the absolute path"},
                           {"unix:" + socket, 1, "serves " + socket}}) {
      const auto daemon =
          vswitch().Launch({.argv = {Runfile("switch/vswitchd"), flag + "=" + each.address}});
      EXPECT_EQ(daemon->Wait(), each.exit_code) << flag << "=" << each.address;
      EXPECT_THAT(daemon->Errors(), HasSubstr(flag + ": "));
      EXPECT_THAT(daemon->Errors(), HasSubstr(each.says));
    }
  }
}

// As the dynamic linker finds it: a file that is no library.
TEST_F(SystemTest, ALibraryThatCannotBeLoadedIsToldBeforeADeviceIsMade) {
  ctl().Ok("add-port br0 vm0");
  ASSERT_EQ(vswitch().Terminate(), 0);
  net().Ip("link del vm0");
  const std::string library = vswitch().folder() / "libmicrohttpd.so.12";
  std::ofstream(library).close();
  const auto daemon =
      vswitch().Launch({.argv = {Runfile("switch/vswitchd"), "--web=127.0.0.1:9478"},
                        .environment = {{"LD_LIBRARY_PATH", vswitch().folder().path()}}});
  EXPECT_EQ(daemon->Wait(), 1);
  EXPECT_THAT(daemon->Errors(), HasSubstr("vswitchd: --web: cannot load libmicrohttpd.so.12"));
  EXPECT_THAT(daemon->Errors(), HasSubstr(library));
  EXPECT_THAT(daemon->Errors(), HasSubstr("; reinstall the package"));
  EXPECT_THAT(daemon->Errors(), Not(HasSubstr("serves the")));
  EXPECT_FALSE(net().HasLink("vm0"));
}

TEST_F(SystemTest, MetricsOfAUnixSocketAreForRootAndItsGroup) {
  ASSERT_EQ(vswitch().Terminate(), 0);
  const std::string path = vswitch().folder() / "metrics.sock";
  const auto daemon =
      vswitch().Launch({.argv = {Runfile("switch/vswitchd"), "--metrics=unix:" + path}});
  Expect("the daemon answers", [&] { return ctl().Try("version").status == 0; });
  EXPECT_THAT(HttpGet(path, "/metrics").body, HasSubstr("vswitch_build_info{"));
  const CommandResult stat = RunCommand({.argv = {"stat", "-c", "%a %U", path}});
  EXPECT_EQ(stat.output, "660 root\n");
  daemon->Signal(SIGTERM);
  EXPECT_EQ(daemon->Wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace vswitch::testing
