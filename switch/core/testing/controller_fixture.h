// A SwitchController on real devices, in a network namespace of its own with two veth pairs,
// up0/far-up0 and up1/far-up1, and everything that can be seen of it from outside, as text.
#ifndef VSWITCH_SWITCH_CORE_TESTING_CONTROLLER_FIXTURE_H_
#define VSWITCH_SWITCH_CORE_TESTING_CONTROLLER_FIXTURE_H_

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "switch/base/str_cat.h"
#include "switch/core/switch_controller.h"
#include "switch/port/testing/guest.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"
#include "tests/frame_builder.h"
#include "tests/temp_folder.h"

namespace vswitch::testing {

inline Packet FrameFrom(uint32_t station, MacAddress destination, uint8_t fill) {
  Packet packet = PlainPacket(60, fill);
  destination.ToBytes(packet.frame.data());
  Station(station).ToBytes(packet.frame.data() + 6);
  return packet;
}

class ControllerTest : public PortTest {
 protected:
  void SetUp() override {
    PortTest::SetUp();
    if (IsSkipped()) return;
    // No device says anything that the test did not ask for.
    Shell("echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6 > /dev/null");
    for (const char* uplink : {"up0", "up1"}) {
      Shell(StrCat("ip link add ", uplink, " type veth peer name far-", uplink));
      Shell(StrCat("ip link set ", uplink, " up; ip link set far-", uplink, " up"));
    }
    auto controller =
        SwitchController::Start({.state_path = state_path(), .worker = {.io_mode = IoMode::kPoll}});
    ASSERT_TRUE(controller.ok()) << controller.status();
    controller_ = *std::move(controller);
  }

  SwitchController& controller() { return *controller_; }
  std::string state_path() const { return folder_ / "state.json"; }

  // The state file's folder has something in the way of the next save, which leaves the file itself
  // alone. (Root writes past any mode.)
  void BlockSaving() { ASSERT_EQ(mkdir((state_path() + ".tmp").c_str(), 0700), 0); }
  void UnblockSaving() { ASSERT_EQ(rmdir((state_path() + ".tmp").c_str()), 0); }

  std::string Show() {
    std::string text;
    for (const BridgeStatus& bridge : controller().Show()) {
      text += StrCat("bridge ", bridge.spec.name, " ageing ", bridge.spec.ageing_s, " fdb ",
                     bridge.fdb.capacity, " mask ", bridge.spec.group_fwd_mask, "\n");
      for (const PortStatus& port : bridge.ports) {
        text += StrCat("  port ", port.spec.name, " ", PortTypeName(port.spec.type), " ",
                       port.state, " (", port.detail, ") mtu ", port.mtu, " owner ",
                       port.spec.owner, " created ", port.spec.created ? 1 : 0, "\n");
      }
    }
    return text;
  }

  std::string Fdb() {
    std::set<std::string> rows;
    const auto all = controller().FdbShow("");
    for (const FdbRow& row : *all) {
      rows.insert(StrCat(row.bridge, " ", row.mac.ToString(), " vlan ", row.vlan, " ", row.port,
                         row.kind == FdbEntryKind::kStatic   ? " static\n"
                         : row.kind == FdbEntryKind::kSticky ? " sticky\n"
                                                             : " learned\n"));
    }
    std::string text;
    for (const std::string& row : rows) text += row;
    return text;
  }

  std::string StateFile() const {
    std::stringstream text;
    text << std::ifstream(state_path()).rdbuf();
    return text.str();
  }

  // Carriers left out: the kernel tells late of them.
  std::string Everything() {
    return StrCat(
        StateFile(), "\n", Show(), Fdb(),
        ShellOutput("ip -d link show | sed -E 's/NO-CARRIER,|,LOWER_UP| state [A-Z]+//g'"),
        ShellOutput("tc qdisc show"));
  }

  // The devices' events, as the daemon's loop would bring them.
  void WaitForState(const std::string& port, const std::string& state) {
    for (int i = 0; i < 500; ++i) {
      controller().OnLinkEvent({.kind = LinkEvent::Kind::kResync});
      if (Show().find(StrCat(" port ", port, " tap ", state)) != std::string::npos) return;
      usleep(10'000);
    }
    FAIL() << port << " is not " << state << ":\n" << Show();
  }

  UniqueFd OpenGuest(const std::string& port) {
    UniqueFd guest = OpenAsGuest(port);
    EXPECT_TRUE(guest) << port << ": " << strerror(errno);
    WaitForState(port, "up");
    return guest;
  }

  TempFolder folder_;
  std::unique_ptr<SwitchController> controller_;
};

}  // namespace vswitch::testing

#endif  // VSWITCH_SWITCH_CORE_TESTING_CONTROLLER_FIXTURE_H_
