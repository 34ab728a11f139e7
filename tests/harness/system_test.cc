#include "tests/harness/system_test.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <set>

#include "tests/tcx.h"

namespace vswitch::testing {

std::string WhyNotRunnable(const std::string& io_mode) {
  if (geteuid() != 0) return "system tests make network namespaces and TAPs: run as root";
  if (access("/dev/net/tun", F_OK) != 0) return "this machine has no /dev/net/tun";
  utsname kernel;
  int major = 0;
  int minor = 0;
  uname(&kernel);
  sscanf(kernel.release, "%d.%d", &major, &minor);
  if (io_mode == "multishot" && std::pair(major, minor) < std::pair(6, 8)) {
    return "multishot reads need kernel 6.8, this is " + std::string(kernel.release);
  }
  return "";
}

void SystemTest::SetUpSwitch(const std::string& io_mode, const std::vector<std::string>& flags) {
  if (const std::string why = WhyNotRunnable(io_mode); !why.empty()) GTEST_SKIP() << why;
  switch_ = std::make_unique<SwitchUnderTest>(
      SwitchUnderTest::Options{.io_mode = io_mode, .flags = flags});
  ctl().Ok("add-br br0");
}

std::unique_ptr<FakeGuest> SystemTest::AddGuest(const std::string& port,
                                                const std::string& settings,
                                                const FakeGuest::Options& options) {
  ctl().Ok("add-port br0 " + port + " " + settings);
  auto guest = std::make_unique<FakeGuest>(net(), port, options);
  ExpectState(port, "up");
  return guest;
}

std::vector<std::unique_ptr<FakeGuest>> SystemTest::AddGuests(int count,
                                                              const std::string& settings) {
  std::vector<std::unique_ptr<FakeGuest>> guests;
  for (int i = 0; i < count; ++i) {
    const std::string port = "vm" + std::to_string(i);
    ctl().Ok("add-port br0 " + port + " " + settings);
    guests.push_back(std::make_unique<FakeGuest>(net(), port));
  }
  // All at once: with a thousand ports, asking for each takes minutes.
  Expect("all ports are up", [&] {
    const Json shown = ctl().Query("show");
    for (const Json& port : shown.at("bridges").at(0).at("ports")) {
      if (port.at("state") != "up") return false;
    }
    return true;
  });
  return guests;
}

void SystemTest::LearnAll(const std::vector<std::unique_ptr<FakeGuest>>& guests) {
  for (size_t i = 0; i < guests.size(); ++i) {
    const MacAddress station = Station(static_cast<uint32_t>(i));
    guests[i]->Send(NumberedFrame(kBroadcast, station, 0));
    ExpectFdb(station, "vm" + std::to_string(i));
  }
  SettledStats(ctl());
  for (const auto& guest : guests) guest->DrainNumbers();
}

void SystemTest::ExpectState(const std::string& port, const std::string& state) {
  Expect(port + " is " + state, [&] { return ctl().PortState(port) == state; });
}

void SystemTest::ExpectNoPrograms() {
  EXPECT_THAT(net().Command("tc qdisc show").output,
              ::testing::Not(::testing::HasSubstr("clsact")));
  const std::set<std::string> links = net().Links();
  net().Run([&] {
    for (const std::string& link : links) {
      for (const TcDirection hook : {TcDirection::kIngress, TcDirection::kEgress}) {
        EXPECT_THAT(TcxPrograms(link, hook), ::testing::Each("vsw_idle")) << link;
      }
    }
  });
}

void SystemTest::ExpectFdb(MacAddress mac, const std::string& port, int vlan) {
  Expect("the FDB has " + mac.ToString() + " on '" + port + "'",
         [&] { return ctl().FdbPort(mac, vlan) == port; });
}

Json SystemTest::ExpectBalance() {
  const Json stats = SettledStats(ctl());
  const Balance balance = ReadBalance(stats);
  EXPECT_TRUE(balance.Holds()) << balance.ToString() << "\n" << stats.dump(1);
  return stats;
}

}  // namespace vswitch::testing
