// Several changes as one, on real devices.
#include <string>

#include "gmock/gmock.h"
#include "switch/core/testing/controller_fixture.h"
#include "switch/model/state_file.h"
#include "switch/model/subject.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

class TogetherTest : public ControllerTest {
 protected:
  using C = SwitchController;

  absl::StatusOr<KeptTaps> Together(std::initializer_list<std::function<absl::Status(C&)>> all) {
    return controller().Together([&] {
      for (const auto& change : all) {
        if (const absl::Status status = change(controller()); !status.ok()) return status;
      }
      return absl::OkStatus();
    });
  }
  static std::function<absl::Status(C&)> AddBridge(std::string name) {
    return [=](C& c) { return c.AddBridge(name, {}, false); };
  }
  static std::function<absl::Status(C&)> AddPort(std::string bridge, std::string name,
                                                 Settings settings = {}, bool may_exist = false) {
    return [=](C& c) { return c.AddPort(bridge, name, settings, may_exist, {0}); };
  }
  static std::function<absl::Status(C&)> DeletePort(std::string name, bool force = false) {
    return [=](C& c) { return c.DeletePort("", name, false, force, {0}).status(); };
  }
};

TEST_F(TogetherTest, EachSeesWhatThoseBeforeItHaveComeTo) {
  const auto done = Together(
      {AddBridge("br0"), AddBridge("br1"), AddPort("br0", "vm0"),
       AddPort("br0", "vm0", {{"mtu", "0"}}, /*may_exist=*/true),
       [](C& c) {
         return c.SetPort("vm0", {{"mtu", "1400"}, {"bpdu_guard", "on"}}, {0});
       },
       [](C& c) { return c.VlanAdd("vm0", "10", true, true); },
       [](C& c) { return c.FdbAdd("br0", Station(1), "vm0", 10, false); },
       [](C& c) { return c.FdbDelete("br0", Station(1), 10); },
       [](C& c) { return c.FdbAdd("br0", Station(2), "vm0", 10, true); }, AddPort("br0", "vm1"),
       [](C& c) { return c.AddMirror("br0", {.name = "m1", .sources = {"vm0"}, .to = "vm1"}); },
       [](C& c) { return c.DeleteMirror("br0", "m1"); },
       [](C& c) { return c.MovePort("vm1", "br1", {0}); }, AddPort("br1", "gone"),
       DeletePort("gone"), AddBridge("br2"),
       [](C& c) { return c.DeleteBridge("br2", false, false); }});
  ASSERT_TRUE(done.ok()) << done.status();
  const Desired& desired = controller().desired();
  ASSERT_EQ(desired.bridges.size(), 2u);
  EXPECT_EQ(desired.FindPort("vm0").port->mtu, 1400u);
  EXPECT_EQ(desired.FindPort("vm0").port->tag, 10);
  EXPECT_EQ(desired.FindPort("vm1").bridge->name, "br1");
  EXPECT_EQ(desired.bridges[0].static_entries.size(), 1u);
  EXPECT_EQ(*LoadStateFile(state_path()), desired);
  EXPECT_EQ(Find("vm0")->mtu, 1400u);
  EXPECT_TRUE(Find("vm1").ok());
  EXPECT_FALSE(Find("gone").ok());
}

TEST_F(TogetherTest, OneThatIsRefusedLeavesNothingOfTheOthers) {
  ASSERT_TRUE(Together({AddBridge("br0"), AddPort("br0", "vm0")}).ok());
  const std::string before = Everything();
  const auto done =
      Together({AddBridge("br1"), AddPort("br1", "vm1"), DeletePort("vm0"), AddPort("br9", "vm2")});
  EXPECT_THAT(std::string(done.status().message()), HasSubstr("there is no bridge 'br9'"));
  EXPECT_EQ(Everything(), before);
  // Nothing of it hangs over.
  EXPECT_TRUE(Together({AddBridge("br1")}).ok());
  EXPECT_EQ(controller().desired().bridges.size(), 2u);
}

TEST_F(TogetherTest, ADeviceThatCannotBeHadTakesAllBackAndIsNamed) {
  const std::string before = Everything();
  const auto done =
      Together({AddBridge("br0"), AddPort("br0", "vm0"), AddPort("br0", "vm1"), [](C& c) {
                  Shell("ip tuntap add vm1 mode tun");
                  return c.AddPort("br0", "vm2", {}, false, {0});
                }});
  EXPECT_FALSE(done.ok());
  EXPECT_EQ(SubjectOf(done.status()), "vm1") << done.status();
  Shell("ip link del vm1");
  EXPECT_EQ(Everything(), before);
}

TEST_F(TogetherTest, ATapThatAGuestHoldsIsKeptAndTold) {
  ASSERT_TRUE(Together({AddBridge("br0"), AddPort("br0", "vm0"), AddPort("br0", "vm1")}).ok());
  const UniqueFd held = OpenGuest("vm0");
  const UniqueFd forced = OpenGuest("vm1");
  const auto kept = Together({DeletePort("vm0"), DeletePort("vm1", /*force=*/true)});
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ(kept->begin()->first, "vm0");
  EXPECT_TRUE(Find("vm0").ok());
  EXPECT_FALSE(Find("vm1").ok());
}

// What was forced was the first of the two deletions.
TEST_F(TogetherTest, ForceIsOverWhenThePortComesBack) {
  ASSERT_TRUE(Together({AddBridge("br0"), AddPort("br0", "vm0"), AddPort("br0", "vm1")}).ok());
  const UniqueFd vm0 = OpenGuest("vm0");
  const UniqueFd vm1 = OpenGuest("vm1");
  const auto kept =
      Together({DeletePort("vm0", /*force=*/true), AddPort("br0", "vm0"), DeletePort("vm0"),
                DeletePort("vm1"), AddPort("br0", "vm1"), DeletePort("vm1", /*force=*/true)});
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ(kept->begin()->first, "vm0");
  EXPECT_TRUE(Find("vm0").ok());
  EXPECT_FALSE(Find("vm1").ok());
}

// Deleted and added again with other settings, it keeps its device and its guest.
TEST_F(TogetherTest, APortThatComesBackWasNeverGone) {
  ASSERT_TRUE(Together({AddBridge("br0"), AddPort("br0", "vm0"), AddPort("br0", "vm1")}).ok());
  const UniqueFd vm0 = OpenGuest("vm0");
  const UniqueFd vm1 = OpenGuest("vm1");
  const int ifindex = Find("vm0")->ifindex;
  const auto kept = Together({DeletePort("vm0"), AddPort("br0", "vm0", {{"mtu", "1400"}})});
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_TRUE(kept->empty());
  EXPECT_EQ(Find("vm0")->ifindex, ifindex);
  ASSERT_TRUE(WritePacket(vm0, FrameFrom(0, kBroadcast, 1)));
  EXPECT_EQ(ReadPacket(vm1).frame, FrameFrom(0, kBroadcast, 1).frame);
}

TEST_F(TogetherTest, ADiskThatIsFullChangesNothing) {
  ASSERT_TRUE(Together({AddBridge("br0"), AddPort("br0", "vm0")}).ok());
  const std::string before = Everything();
  BlockSaving();
  const auto done = Together({AddBridge("br1"), AddPort("br1", "vm1"), DeletePort("vm0")});
  UnblockSaving();
  EXPECT_THAT(std::string(done.status().message()), HasSubstr(state_path()));
  EXPECT_EQ(SubjectOf(done.status()), "");
  EXPECT_EQ(Everything(), before);
}

}  // namespace
}  // namespace vswitch::testing
