// The program in the kernel and the daemon's side of it, frame by frame: nothing is sent, the
// program is called (BPF_PROG_TEST_RUN), and what it redirects goes nowhere.
#ifndef VSWITCH_SWITCH_FAST_PATH_TESTING_FAST_PATH_FIXTURE_H_
#define VSWITCH_SWITCH_FAST_PATH_TESTING_FAST_PATH_FIXTURE_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "switch/base/now_tick.h"
#include "switch/fast_path/fast_path.h"
#include "switch/fast_path/flow_order.h"
#include "switch/fast_path/station_cache.h"
#include "tests/frame_builder.h"

namespace vswitch::testing {

// Ports 0, 1 and 2 of one bridge, port 3 of another.
class FastPathTest : public ::testing::Test {
 protected:
  static constexpr int kPorts = 4;
  static constexpr uint32_t kBridge = 7;
  static constexpr uint32_t kAgeing = 300;
  static constexpr char kSwitch[] = "0123456789abcdef";
  // That a twin's queue holds.
  static constexpr uint32_t kQueueFrames = 8;

  void SetUp() override;
  void Configure(int port, uint32_t flags, bool is_new = false);
  static std::string NameOf(int port) { return "d" + std::to_string(port); }

  // Returns what the program says.
  uint32_t Run(int port, std::vector<uint8_t> frame, uint32_t gso_size = 0) {
    return RunProgram(fast_path_->program_fd(), port, std::move(frame), gso_size);
  }
  uint32_t RunProgram(int program, int port, std::vector<uint8_t> frame, uint32_t gso_size = 0);
  // Whether the frame took the fast path. The worker reads and writes at once what was handed up,
  // unless told otherwise.
  bool IsFast(int port, const std::vector<uint8_t>& frame, bool serve = true);
  // The first of a flow that was on the slow path asks for it.
  bool BecomesFast(int port, const std::vector<uint8_t>& frame) {
    return IsFast(port, frame) || IsFast(port, frame);
  }
  void Serve(int port, uint32_t frames);

  void Want(MacAddress station, PortId port, VlanId vlan = 0, bool is_static = false);
  void Want(int number, PortId port, VlanId vlan = 0, bool is_static = false) {
    Want(Station(number), port, vlan, is_static);
  }
  void Settle();

  std::unique_ptr<FastPath> fast_path_;
  std::unique_ptr<StationCache> cache_;
  std::unique_ptr<FlowOrder> order_;
  std::vector<uint32_t> devices_;
  std::vector<uint32_t> twins_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_SWITCH_FAST_PATH_TESTING_FAST_PATH_FIXTURE_H_
