// A change that cannot be saved changes nothing: not the state file, nor `show`, the tables, the
// kernel's devices with their settings, or where frames go.
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "switch/core/testing/controller_fixture.h"
#include "switch/model/state_file.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

class FailedSaveTest : public ControllerTest {
 protected:
  void SetUp() override {
    ControllerTest::SetUp();
    if (IsSkipped()) return;
    SwitchController& c = controller();
    ASSERT_TRUE(c.AddBridge("br0", {}, false).ok());
    ASSERT_TRUE(c.AddBridge("br1", {}, false).ok());
    ASSERT_TRUE(c.AddBridge("spare", {}, false).ok());
    for (const char* port : {"vm0", "vm1", "idle", "watch"}) {
      ASSERT_TRUE(c.AddPort("br0", port, {}, false, {0}).ok()) << port;
    }
    ASSERT_TRUE(c.AddPort("br0", "sized", {{"mtu", "9000"}, {"trunks", "10,20"}}, false, {0}).ok());
    ASSERT_TRUE(c.AddPort("br0", "in0", {{"type", "internal"}}, false, {0}).ok());
    ASSERT_TRUE(c.AddPort("br0", "up1", {{"type", "netdev"}}, false, {0}).ok());
    ASSERT_TRUE(c.FdbAdd("br0", Station(9), "in0", 0, false).ok());
    ASSERT_TRUE(c.AddMirror("br0", {.name = "m1", .sources = {"vm1"}, .to = "watch"}).ok());
    guests_.push_back(OpenGuest("vm0"));
    guests_.push_back(OpenGuest("vm1"));
    ExpectForwarding();
  }

  // A broadcast of each reaches the other, and both are learned.
  void ExpectForwarding() {
    for (const int from : {0, 1}) {
      const Packet frame = FrameFrom(from, kBroadcast, ++fill_);
      ASSERT_TRUE(WritePacket(guests_[from], frame)) << strerror(errno);
      EXPECT_EQ(ReadPacket(guests_[1 - from]).frame, frame.frame);
    }
  }

  PortTotals TotalsOf(const std::string& name) {
    for (const PortStats& port : controller().Stats().ports) {
      if (port.name == name) return port.counters;
    }
    ADD_FAILURE() << "no port " << name;
    return {};
  }

  std::vector<UniqueFd> guests_;
  uint8_t fill_ = 0;
};

struct Verb {
  const char* name;
  std::function<absl::Status(SwitchController&)> call;
};

// In an order in which each succeeds after those before it.
using C = SwitchController;
const Settings kMtu1400 = {{"mtu", "1400"}};
const Settings kNoMtu = {{"mtu", "0"}};
const Settings kHub = {{"learning", "off"}};
const Settings kSticky = {{"sticky", "on"}, {"learn_limit", "100"}};
const MirrorSpec kMirror = {.name = "m2", .sources = {"vm0"}, .to = "idle"};
const std::vector<Verb>& MutatingVerbs() {
  static const std::vector<Verb> verbs = {
      {"add-br", [](C& c) { return c.AddBridge("br2", {}, false); }},
      {"set br ageing_s",
       [](C& c) {
         return c.SetBridge("br0", {{"ageing_s", "60"}});
       }},
      {"set br group_fwd_mask",
       [](C& c) {
         return c.SetBridge("br0", {{"group_fwd_mask", "1"}});
       }},
      {"set br fdb_entries",
       [](C& c) {
         return c.SetBridge("br0", {{"fdb_entries", "64"}});
       }},
      {"add-port tap",
       [](C& c) {
         return c.AddPort("br0", "new0", {{"mtu", "1400"}}, false, {0});
       }},
      {"add-port tap queues=2",
       [](C& c) {
         return c.AddPort("br0", "new1", {{"queues", "2"}}, false, {65534});
       }},
      {"add-port internal",
       [](C& c) {
         return c.AddPort("br1", "new2", {{"type", "internal"}}, false, {0});
       }},
      {"add-port netdev",
       [](C& c) {
         return c.AddPort("br1", "up0", {{"type", "netdev"}, {"mtu", "1400"}}, false, {0});
       }},
      {"set port mtu, tap", [](C& c) { return c.SetPort("vm0", kMtu1400, {0}); }},
      {"set port mtu, internal", [](C& c) { return c.SetPort("in0", kMtu1400, {0}); }},
      {"set port mtu, netdev", [](C& c) { return c.SetPort("up1", kMtu1400, {0}); }},
      {"set port mtu again", [](C& c) { return c.SetPort("sized", kMtu1400, {0}); }},
      {"set port mtu=0", [](C& c) { return c.SetPort("sized", kNoMtu, {0}); }},
      {"set port owner",
       [](C& c) {
         return c.SetPort("idle", {{"owner", "65534"}}, {0});
       }},
      {"set port mtu and owner",
       [](C& c) {
         return c.SetPort("idle", {{"mtu", "1300"}, {"owner", "12345"}}, {0});
       }},
      {"fdb add", [](C& c) { return c.FdbAdd("br0", Station(8), "vm0", 7, false); }},
      {"fdb add, static before", [](C& c) { return c.FdbAdd("br0", Station(9), "vm0", 0, false); }},
      {"fdb add, learned before",
       [](C& c) { return c.FdbAdd("br0", Station(0), "vm1", 0, false); }},
      {"fdb add sticky, static before",
       [](C& c) { return c.FdbAdd("br0", Station(9), "vm0", 0, true); }},
      {"set br learning", [](C& c) { return c.SetBridge("br0", kHub); }},
      {"set port sticky", [](C& c) { return c.SetPort("vm0", kSticky, {0}); }},
      {"fdb del", [](C& c) { return c.FdbDelete("br0", Station(9), 0); }},
      {"set port vlan_mode",
       [](C& c) {
         return c.SetPort("idle", {{"vlan_mode", "trunk"}, {"trunks", "10"}}, {0});
       }},
      {"vlan add", [](C& c) { return c.VlanAdd("idle", "20-30", false, false); }},
      {"vlan del", [](C& c) { return c.VlanDelete("sized", "20"); }},
      {"mirror add", [](C& c) { return c.AddMirror("br0", kMirror); }},
      {"mirror del", [](C& c) { return c.DeleteMirror("br0", "m1"); }},
      {"move-port", [](C& c) { return c.MovePort("sized", "br1", {0}); }},
      {"del-port tap", [](C& c) { return c.DeletePort("br0", "vm0", false, false, {0}).status(); }},
      {"del-port internal",
       [](C& c) { return c.DeletePort("", "in0", false, false, {0}).status(); }},
      {"del-port netdev", [](C& c) { return c.DeletePort("", "up1", false, false, {0}).status(); }},
      {"del-br", [](C& c) { return c.DeleteBridge("spare", false, false); }},
  };
  return verbs;
}

TEST_F(FailedSaveTest, ChangesNothing) {
  for (const Verb& verb : MutatingVerbs()) {
    SCOPED_TRACE(verb.name);
    const std::string before = Everything();
    BlockSaving();
    const absl::Status status = verb.call(controller());
    EXPECT_THAT(std::string(status.message()), HasSubstr(state_path()));
    UnblockSaving();
    EXPECT_EQ(Everything(), before);
    ExpectForwarding();
    EXPECT_EQ(Everything(), before);
  }
}

// The table above is of verbs that would have changed something.
TEST_F(FailedSaveTest, AndOtherwiseTheyChangeSomething) {
  for (const Verb& verb : MutatingVerbs()) {
    SCOPED_TRACE(verb.name);
    const std::string before = Everything();
    const absl::Status status = verb.call(controller());
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_NE(Everything(), before);
    EXPECT_EQ(*LoadStateFile(state_path()), controller().desired());
  }
}

// An owner that cannot be set takes the MTU back, which was set before it.
TEST_F(FailedSaveTest, ARefusedSettingTakesTheOthersBack) {
  const std::string before = Everything();
  const absl::Status status =
      controller().SetPort("vm0", {{"mtu", "1400"}, {"owner", "65534"}}, {0});
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(Everything(), before);
}

// The failed change was the first to see the MTU that an administrator chose meanwhile.
TEST_F(FailedSaveTest, LeavesAnMtuThatOthersChose) {
  Shell("ip link set far-up1 mtu 2000; ip link set up1 mtu 2000");
  BlockSaving();
  EXPECT_FALSE(controller().SetPort("up1", {{"mtu", "1400"}}, {0}).ok());
  UnblockSaving();
  EXPECT_EQ(Find("up1")->mtu, 2000u);

  // The workers learn of it with its event.
  WaitForState("vm0", "up");
  const uint64_t sent = TotalsOf("up1").egress_frames;
  Packet frame = PlainPacket(2014, 1);
  kBroadcast.ToBytes(frame.frame.data());
  Station(0).ToBytes(frame.frame.data() + 6);
  ASSERT_TRUE(WritePacket(guests_[0], frame));
  EXPECT_EQ(ReadPacket(guests_[1]).frame, frame.frame);
  PortTotals up1 = TotalsOf("up1");
  for (int i = 0; i < 200 && up1.egress_frames == sent; ++i) {
    usleep(10'000);
    up1 = TotalsOf("up1");
  }
  EXPECT_EQ(up1.egress_frames, sent + 1);

  ASSERT_TRUE(controller().DeletePort("", "up1", false, false, {0}).ok());
  EXPECT_EQ(Find("up1")->mtu, 2000u);
}

}  // namespace
}  // namespace vswitch::testing
