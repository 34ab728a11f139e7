#include "tests/harness/switch_under_test.h"

#include <gtest/gtest.h>

#include <csignal>
#include <iostream>
#include <thread>

namespace vswitch::testing {

SwitchUnderTest::SwitchUnderTest(const Options& options)
    : options_(options),
      // A copy, so that every user can run it.
      ctl_(CopyProgram(Runfile("cli/vswitchctl"), folder_), socket(), net_.fd()) {
  if (options_.start) Start();
}

SwitchUnderTest::~SwitchUnderTest() { PrintLogIfTestFailed(); }

std::unique_ptr<Process> SwitchUnderTest::Launch(const Process::Options& base) const {
  Process::Options process = base;
  if (process.argv.empty()) process.argv = {Runfile("switch/vswitchd")};
  for (const std::string& flag :
       {"--socket=" + socket(), "--state=" + state_file(), "--io_mode=" + options_.io_mode,
        "--workers=" + std::to_string(options_.workers),
        // See tests/system_test.bzl.
        std::string("--fast_path=") +
            (getenv("VSWITCH_FAST_PATH") ? getenv("VSWITCH_FAST_PATH") : "on")}) {
    process.argv.push_back(flag);
  }
  process.argv.insert(process.argv.end(), options_.flags.begin(), options_.flags.end());
  if (process.netns < 0) process.netns = net_.fd();
  return std::make_unique<Process>(process);
}

void SwitchUnderTest::Start(const std::function<void(const Process&)>& launched) {
  PrintLogIfTestFailed();
  daemon_ = Launch(options_.process);
  if (launched) launched(*daemon_);
  const bool up =
      WaitUntil([this] { return !daemon_->Running() || ctl_.Try("version").status == 0; });
  if (!up || !daemon_->Running()) {
    throw Error("vswitchd did not come up: " + daemon_->Output() + daemon_->Errors());
  }
}

void SwitchUnderTest::Kill() {
  daemon_->Signal(SIGKILL);
  daemon_->Wait();
}

int SwitchUnderTest::Terminate() {
  daemon_->Signal(SIGTERM);
  return daemon_->Wait();
}

void SwitchUnderTest::PrintLogIfTestFailed() {
  if (!daemon_ || !(::testing::Test::HasFailure() || std::uncaught_exceptions() > 0)) return;
  std::cerr << "---- log of vswitchd ----\n" << daemon_->Errors() << "---- end ----\n";
}

std::string Balance::ToString() const {
  return "ingress " + std::to_string(ingress) + " + flood copies " + std::to_string(flood_copies) +
         " + originated " + std::to_string(originated) + " = " +
         std::to_string(ingress + flood_copies + originated) + "; egress " +
         std::to_string(egress) + " + drops " + std::to_string(drops) + " = " +
         std::to_string(egress + drops);
}

Balance ReadBalance(const Json& stats) {
  Balance balance;
  for (const Json& port : stats.at("ports")) {
    balance.ingress += port.at("ingress").at("frames").get<uint64_t>();
    balance.flood_copies += port.at("flood_copies").get<uint64_t>();
    balance.originated += port.at("originated_frames").get<uint64_t>();
    balance.mirror_copies += port.at("mirror_copies").get<uint64_t>();
    balance.egress += port.at("egress").at("frames").get<uint64_t>();
    for (const auto& [reason, count] : port.at("drops").items()) {
      balance.drops += count.get<uint64_t>();
    }
  }
  return balance;
}

Json SettledStats(const Ctl& ctl) {
  Json last = ctl.Query("stats").at("ports");
  Expect("the counters stand still", [&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    Json now = ctl.Query("stats").at("ports");
    return std::exchange(last, now) == now;
  });
  return ctl.Query("stats");
}

uint64_t Drops(const Json& port_stats, const std::string& reason) {
  return port_stats.at("drops").at(reason).get<uint64_t>();
}

}  // namespace vswitch::testing
