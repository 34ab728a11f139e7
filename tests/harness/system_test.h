// Fixtures of the system tests: a switch with bridge br0 and, where asked for, guests on it.
//
//   SystemTest   I/O mode "auto"
//   EachIoMode   the same test body in each I/O mode; instantiate with VSWITCH_EACH_IO_MODE(Suite)
//
// A machine that cannot run them skips with the reason, and tools/test counts that.
#ifndef VSWITCH_TESTS_HARNESS_SYSTEM_TEST_H_
#define VSWITCH_TESTS_HARNESS_SYSTEM_TEST_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/harness/fake_guest.h"
#include "tests/harness/switch_under_test.h"

namespace vswitch::testing {

// Why no system test can run here; empty when they can.
std::string WhyNotRunnable(const std::string& io_mode);

class SystemTest : public ::testing::Test {
 protected:
  void SetUp() override { SetUpSwitch("auto"); }
  void SetUpSwitch(const std::string& io_mode, const std::vector<std::string>& flags = {});

  SwitchUnderTest& vswitch() { return *switch_; }
  const NetNamespace& net() const { return switch_->net(); }
  const Ctl& ctl() const { return switch_->ctl(); }

  // Adds tap ports vm0, vm1, ... with `settings` to br0, opens each and waits until all are up.
  // Guest i is to send as Station(i).
  std::vector<std::unique_ptr<FakeGuest>> AddGuests(int count, const std::string& settings = "");
  std::unique_ptr<FakeGuest> AddGuest(const std::string& port, const std::string& settings = "",
                                      const FakeGuest::Options& options = {});
  // Lets guest i send as Station(i), so that the FDB knows all; every queue is empty afterwards.
  void LearnAll(const std::vector<std::unique_ptr<FakeGuest>>& guests);

  void ExpectState(const std::string& port, const std::string& state);

  // For a switch that has ended: none of its programs does anything, on no device.
  void ExpectNoPrograms();

  // Waits until `port` knows `mac` (or, if empty, no port does).
  void ExpectFdb(MacAddress mac, const std::string& port, int vlan = 0);

  // Calls `drain` again and again while `sending` says so, and once more when nothing moves any
  // more: a sender may be done while frames are still on their way.
  template <typename Sending, typename Drain>
  void DrainWhile(Sending sending, Drain drain) {
    for (bool last_round = false; !last_round;) {
      last_round = !sending();
      if (last_round) SettledStats(ctl());
      drain();
    }
  }

  // The invariant of the counters, once nothing moves any more. Returns that `stats` reply.
  Json ExpectBalance();

 private:
  std::unique_ptr<SwitchUnderTest> switch_;
};

class EachIoMode : public SystemTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override { SetUpSwitch(GetParam()); }
};

#define VSWITCH_EACH_IO_MODE(Suite)                                                   \
  INSTANTIATE_TEST_SUITE_P(EachIoMode, Suite, ::testing::Values("multishot", "poll"), \
                           [](const auto& param_info) { return std::string(param_info.param); })

}  // namespace vswitch::testing

#endif  // VSWITCH_TESTS_HARNESS_SYSTEM_TEST_H_
