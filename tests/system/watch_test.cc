// What operators look at frames with, on real TAPs: traces and captures.
#include <signal.h>
#include <unistd.h>

#include <map>
#include <sstream>

#include "tests/harness/files.h"
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class WatchTest : public SystemTest {
 protected:
  void SetUp() override {
    SystemTest::SetUp();
    guests_ = AddGuests(3);
    LearnAll(guests_);
  }

  // A program's words behind `vswitchctl`, which runs on its own.
  std::unique_ptr<Process> Launch(const std::string& line) {
    std::vector<std::string> argv = {Runfile("cli/vswitchctl"), "--socket=" + vswitch().socket()};
    for (std::string& word : Words(line)) argv.push_back(std::move(word));
    return std::make_unique<Process>(Process::Options{.argv = argv, .netns = net().fd()});
  }
  // The same, when it captures.
  std::unique_ptr<Process> Capture(const std::string& port, const std::string& line) {
    auto process = Launch(line);
    Expect("captures", [&] { return IsCaptured(port) || !process->Running(); });
    return process;
  }
  bool IsCaptured(const std::string& port) const {
    return ctl().Port(port).at("fast_path_reason") == "the port is being captured";
  }
  void Send(int from, MacAddress to, uint64_t number = 1, size_t length = 60) {
    guests_[from]->Send(NumberedFrame(to, Station(from), number, length));
  }
  static std::vector<Json> JsonLines(const std::string& text) {
    std::vector<Json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
    return lines;
  }

  std::vector<std::unique_ptr<FakeGuest>> guests_;
};

TEST_F(WatchTest, ATraceTellsWhatThenHappensAndLeavesNothing) {
  const std::string from = " src=" + Station(0).ToString();
  const auto before = SettledStats(ctl()).at("ports");
  Json trace = ctl().Query("trace vm0" + from + " dst=" + Station(1).ToString());
  EXPECT_EQ(trace.at("egress"), Json({"vm1"}));
  EXPECT_EQ(trace.at("drop"), nullptr);
  std::map<std::string, std::string> stages;
  for (const Json& stage : trace.at("stages")) stages[stage.at("stage")] = stage.at("decision");
  EXPECT_THAT(stages["look_up"], HasSubstr("is at vm1"));
  EXPECT_THAT(stages["forward"], HasSubstr("sent to vm1"));
  EXPECT_TRUE(stages.contains("fast_path"));
  // A station that nobody knows, also as a source: it stays unknown.
  trace = ctl().Query("trace vm0 src=" + Station(77).ToString() + " dst=" + Station(78).ToString());
  EXPECT_EQ(trace.at("egress"), Json({"vm1", "vm2"}));
  EXPECT_EQ(ctl().FdbPort(Station(77)), "");
  trace = ctl().Query("trace vm0" + from + " dst=" + Station(0).ToString());
  EXPECT_EQ(trace.at("drop"), "same_port");
  trace = ctl().Query("trace vm0 0180c2000000020000000001004200000000");
  EXPECT_EQ(trace.at("drop"), "link_local_reserved");
  EXPECT_EQ(SettledStats(ctl()).at("ports"), before);

  EXPECT_EQ(ctl().Try("trace vm9 0180c2000000020000000001004200000000").status, 5);
  EXPECT_THAT(ctl().Try("trace vm0 0180c2").errors, HasSubstr("a frame of 3 bytes"));
  EXPECT_THAT(ctl().Try("trace vm0 01x0").errors, HasSubstr("at position 3"));
  ExpectBalance();
}

TEST_F(WatchTest, ACaptureShowsBothDirectionsAndWhyAFrameIsDropped) {
  auto capture = Capture("vm0", "--json capture vm0 vm1 drops=on count=3");
  EXPECT_TRUE(IsCaptured("vm1"));
  EXPECT_FALSE(IsCaptured("vm2"));
  Send(0, Station(1));
  guests_[1]->ReceiveUntil(1);
  Send(0, Station(0));
  EXPECT_EQ(capture->Wait(), 0) << capture->Errors();
  const std::vector<Json> lines = JsonLines(capture->Output());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].at("port"), "vm0");
  EXPECT_EQ(lines[0].at("direction"), "in");
  EXPECT_EQ(lines[0].at("drop"), nullptr);
  EXPECT_EQ(lines[1].at("port"), "vm1");
  EXPECT_EQ(lines[1].at("direction"), "out");
  EXPECT_EQ(lines[1].at("frame"), lines[0].at("frame"));
  EXPECT_THAT(lines[0].at("frame").get<std::string>(), StartsWith("020000000001020000000000"));
  EXPECT_EQ(lines[2].at("drop"), "same_port");
  ExpectBalance();
}

TEST_F(WatchTest, TcpdumpReadsACaptureWhileItRuns) {
  const std::string ctl_line =
      Runfile("cli/vswitchctl") + " --socket=" + vswitch().socket() + " capture vm0 ";
  const Process pipe({.argv = {"sh", "-c",
                               ctl_line + "-w - count=2 ether dst " + Station(1).ToString() +
                                   " | tcpdump -Z root -l -nn -e -r -"},
                      .netns = net().fd()});
  Expect("captures", [&] { return IsCaptured("vm0"); });
  Send(0, Station(2));
  Send(0, Station(1), 1);
  // It is there before the next comes.
  Expect("tcpdump prints it", [&] { return pipe.Output().find("length 60") != std::string::npos; });
  EXPECT_THAT(pipe.Output(), HasSubstr("02:00:00:00:00:00 > 02:00:00:00:00:01"));
  Send(0, Station(1), 2);
  Expect("ends", [&] { return !IsCaptured("vm0"); });

  // And from a file, with what is not of one packet.
  const std::string path = vswitch().folder() / "capture.pcapng";
  auto capture = Capture("vm0", "capture vm0 vm1 -w " + path);
  Expect("begins", [&] { return ReadFile(path).find("vm1") != std::string::npos; });
  const size_t head = ReadFile(path).size();
  Send(0, Station(1), 3);
  guests_[1]->ReceiveUntil(3);
  // Two packets of 60 bytes, at least.
  Expect("written", [&] { return ReadFile(path).size() > head + 2 * 60; });
  capture->Signal(SIGINT);
  EXPECT_EQ(capture->Wait(), 0);
  EXPECT_THAT(capture->Errors(), HasSubstr("2 packets captured"));
  const CommandResult read = RunCommand({.argv = {"tcpdump", "-Z", "root", "-nn", "-r", path}});
  EXPECT_EQ(read.status, 0) << read.errors;
  EXPECT_GE(std::ranges::count(read.output, '\n'), 2) << read.output;
}

TEST_F(WatchTest, ACaptureEndsWithItsClientAndPortsBecomeFastAgain) {
  auto capture = Capture("vm0", "capture vm0");
  EXPECT_EQ(ctl().Port("vm0").at("fast_path"), "off");
  capture->Signal(SIGKILL);
  Expect("ends", [&] { return !IsCaptured("vm0"); });
  EXPECT_EQ(ctl().Port("vm1").at("fast_path"), ctl().Port("vm0").at("fast_path"));
  // A port that is deleted, and the last one.
  capture = Capture("vm1", "capture vm1 vm2");
  ctl().Ok("--force del-port vm1");
  Send(2, Station(0));
  Expect("shown", [&] { return capture->Output().find("vm2 In") != std::string::npos; });
  ctl().Ok("--force del-port vm2");
  EXPECT_EQ(capture->Wait(), 1);
  EXPECT_THAT(capture->Errors(), HasSubstr("were deleted"));
  // A daemon that ends.
  capture = Capture("vm0", "capture vm0");
  vswitch().Kill();
  EXPECT_EQ(capture->Wait(), 3);
}

TEST_F(WatchTest, FramesKeepTheirOrderWhenACaptureComesAndGoes) {
  std::vector<uint64_t> numbers;
  uint64_t sent = 0;
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i) Send(0, Station(1), ++sent);
    for (const uint64_t number : guests_[1]->DrainNumbers()) numbers.push_back(number);
  };
  for (int round = 0; round < 5; ++round) {
    send(200);
    auto capture = Launch("capture vm1 -w /dev/null");
    Expect("captures", [&] {
      send(20);
      return IsCaptured("vm1");
    });
    send(200);
    capture->Signal(SIGTERM);
    Expect("ends", [&] {
      send(20);
      return !IsCaptured("vm1");
    });
    EXPECT_EQ(capture->Wait(), 0);
  }
  SettledStats(ctl());
  send(0);
  for (size_t i = 1; i < numbers.size(); ++i) ASSERT_LT(numbers[i - 1], numbers[i]);
  EXPECT_EQ(numbers.size(), sent);
  ExpectBalance();
}

TEST_F(WatchTest, AReaderThatSleepsLosesFramesAndNobodyElseDoes) {
  const std::string path = vswitch().folder() / "slow.pcapng";
  auto capture = Capture("vm0", "capture vm0 -w " + path);
  capture->Signal(SIGSTOP);
  constexpr uint64_t kFrames = 5'000;
  std::vector<uint64_t> received;
  for (uint64_t number = 1; number <= kFrames; ++number) {
    Send(0, Station(1), number, 1'500);
    if (number % 100 != 0) continue;
    for (const uint64_t one : guests_[1]->ReceiveUntil(number)) received.push_back(one);
    received.push_back(number);
  }
  EXPECT_EQ(received.size(), kFrames);
  capture->Signal(SIGCONT);
  Send(0, Station(1), kFrames + 1);
  Expect("reads on", [&] { return ReadFile(path).size() > 2'000'000; });
  guests_[1]->ReceiveUntil(kFrames + 1);
  capture->Signal(SIGINT);
  EXPECT_EQ(capture->Wait(), 0);
  uint64_t captured = 0;
  uint64_t lost = 0;
  ASSERT_EQ(
      sscanf(capture->Errors().c_str(), "%lu packets captured\n%lu packets lost", &captured, &lost),
      2)
      << capture->Errors();
  EXPECT_GT(lost, 1'000u);
  EXPECT_GE(captured + lost, kFrames);
  ExpectBalance();
}

TEST_F(WatchTest, WhatCannotBeCapturedIsRefused) {
  EXPECT_EQ(ctl().Try("capture vm9").status, 5);
  CommandResult result = ctl().Try("capture vm0 tcp porrt 80");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.errors, HasSubstr("the filter 'tcp porrt 80' does not compile: "));
  EXPECT_THAT(result.errors, HasSubstr("begins with 'tcp', the first word that names no port"));
  EXPECT_EQ(ctl().Try("capture vm0 count=0").status, 2);
  EXPECT_EQ(ctl().Try("capture vm0 drops=yes").status, 2);
  EXPECT_EQ(ctl().Try("--json capture vm0 -w x").status, 2);
  EXPECT_THAT(ctl().Try("capture vm0 -w /no/such/folder/x").errors, HasSubstr("cannot write"));
  EXPECT_EQ(ctl().Try("show -w x").status, 2);
  EXPECT_EQ(ctl().Try("capture vm0 vm0").status, 1);
  std::vector<std::unique_ptr<Process>> captures;
  for (int i = 0; i < 8; ++i) {
    const std::string path = vswitch().folder() / std::to_string(i);
    captures.push_back(Launch("capture vm0 -w " + path));
    Expect("captures", [&] { return access(path.c_str(), F_OK) == 0 && !ReadFile(path).empty(); });
  }
  EXPECT_THAT(ctl().Try("capture vm0 count=1").errors, HasSubstr("end one first"));
}

}  // namespace
}  // namespace vswitch::testing
