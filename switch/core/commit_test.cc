// Commit() leads from any desired state to any other, or nowhere.
#include <algorithm>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "switch/core/testing/controller_fixture.h"
#include "switch/model/state_file.h"

namespace vswitch::testing {
namespace {

class CommitTest : public ControllerTest {
 protected:
  bool Chance(int percent) { return Below(100) < percent; }
  int Below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }

  PortSpec RandomPort(const std::string& name) {
    PortSpec port{.name = name};
    if (name.starts_with("up")) port.type = PortType::kNetdev;
    if (name.starts_with("in") || (name == "any0" && Chance(50))) port.type = PortType::kInternal;
    if (Chance(50)) port.mtu = Chance(50) ? 1400 : 1300;
    if (Chance(30)) port.txqueuelen = 500;
    if (port.type == PortType::kTap) {
      if (Chance(50)) port.owner = 12345;
      if (Chance(30)) port.queues = 2;
    }
    return port;
  }

  Desired RandomState() {
    Desired state;
    for (const char* name : {"br0", "br1", "br2"}) {
      if (Chance(75)) state.bridges.push_back({.name = name});
    }
    std::ranges::shuffle(state.bridges, random_);
    for (const char* name : {"vm0", "vm1", "vm2", "in0", "in1", "any0", "up0", "up1"}) {
      if (state.bridges.empty() || Chance(30)) continue;
      BridgeSpec& bridge = state.bridges[Below(static_cast<int>(state.bridges.size()))];
      bridge.ports.push_back(RandomPort(name));
    }
    for (BridgeSpec& bridge : state.bridges) {
      if (Chance(50)) bridge.ageing_s = 60;
      if (Chance(20)) bridge.learning = false;
      if (Chance(30)) bridge.fdb_entries = 1024;
      if (Chance(30)) bridge.group_fwd_mask = 0x10;
      for (uint8_t station = 0; station < 4 && !bridge.ports.empty(); ++station) {
        if (Chance(50)) continue;
        const PortSpec& port = bridge.ports[Below(static_cast<int>(bridge.ports.size()))];
        bridge.static_entries.push_back(
            {.mac = Station(station), .port = port.name, .sticky = Chance(30)});
      }
    }
    return state;
  }

  // Twins are numbered anew with each attaching.
  std::set<std::string> Devices() {
    std::set<std::string> found;
    std::istringstream links(LinkNames());
    for (std::string name; links >> name;) {
      if (!name.starts_with("vsw")) found.insert(name);
    }
    return found;
  }

  bool IsUp(std::string_view name) {
    for (const BridgeStatus& bridge : controller().Show()) {
      for (const PortStatus& port : bridge.ports) {
        if (port.spec.name == name) return port.state == "up";
      }
    }
    return false;
  }

  void ExpectInForce(const Desired& state) {
    EXPECT_EQ(*LoadStateFile(state_path()), controller().desired());
    std::set<std::string> devices = {"up0", "up1", "far-up0", "far-up1"};
    for (const BridgeStatus& bridge : controller().Show()) {
      const BridgeSpec* wanted = state.FindBridge(bridge.spec.name);
      ASSERT_NE(wanted, nullptr);
      EXPECT_EQ(bridge.fdb.capacity, wanted->fdb_entries);
      EXPECT_EQ(bridge.fdb.static_entries,
                std::ranges::count(wanted->static_entries, false, &StaticEntrySpec::sticky));
      for (const PortStatus& port : bridge.ports) {
        EXPECT_NE(port.state, "missing") << port.spec.name << ": " << port.detail;
        devices.insert(port.spec.name);
        PortSpec asked = *state.FindPort(port.spec.name).port;
        EXPECT_EQ(port.spec.created, asked.type == PortType::kTap);
        asked.created = port.spec.created;
        EXPECT_EQ(port.spec, asked);
        if (asked.mtu != 0) {
          EXPECT_EQ(Find(asked.name)->mtu, asked.mtu) << asked.name;
        }
        if (asked.type == PortType::kTap) {
          EXPECT_EQ(Find(asked.name)->tun->owner, asked.owner);
          EXPECT_EQ(Find(asked.name)->tun->multi_queue, asked.queues > 1);
        }
      }
    }
    for (const BridgeSpec& bridge : state.bridges) {
      for (const StaticEntrySpec& entry : bridge.static_entries) {
        const auto row = controller().FdbGet(bridge.name, entry.mac, entry.vlan);
        // It went down for a moment, and its port has not come up since.
        if (entry.sticky && !row.ok() && !IsUp(entry.port)) continue;
        ASSERT_TRUE(row.ok()) << row.status();
        EXPECT_EQ(row->port, entry.port);
        EXPECT_EQ(row->kind, entry.sticky ? FdbEntryKind::kSticky : FdbEntryKind::kStatic);
      }
    }
    EXPECT_EQ(Devices(), devices);
  }

  void ExpectUnchangedBy(Desired next) {
    const Desired before = controller().desired();
    const std::string seen = StrCat(StateFile(), Show(), Fdb());
    const std::set<std::string> devices = Devices();
    EXPECT_FALSE(controller().Commit(std::move(next)).ok());
    EXPECT_EQ(controller().desired(), before);
    EXPECT_EQ(StrCat(StateFile(), Show(), Fdb()), seen);
    EXPECT_EQ(Devices(), devices);
  }

  std::mt19937 random_;
};

TEST_F(CommitTest, EachLeadsToTheOtherOrNowhere) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(StrCat("seed ", seed));
  random_.seed(seed);
  ASSERT_TRUE(controller().Commit(RandomState()).ok());
  for (int i = 0; i < 15 && !HasFailure(); ++i) {
    SCOPED_TRACE(StrCat("step ", i));
    const Desired next = RandomState();
    if (!next.bridges.empty() && Chance(50)) {
      Desired with_absent = next;
      with_absent.bridges.back().ports.push_back({.name = "absent", .type = PortType::kNetdev});
      ExpectUnchangedBy(with_absent);
    }
    if (Chance(50)) {
      BlockSaving();
      ExpectUnchangedBy(next);
      UnblockSaving();
    }
    const absl::Status status = controller().Commit(next);
    ASSERT_TRUE(status.ok()) << status;
    ExpectInForce(next);
  }
}

TEST_F(CommitTest, AStateThatCannotBeIsRefused) {
  Desired next;
  next.bridges.push_back({.name = "br0", .ports = {{.name = "vm0"}, {.name = "vm0"}}});
  EXPECT_TRUE(absl::IsInvalidArgument(controller().Commit(next)));
  next.bridges.clear();
  for (size_t i = 0; i <= SwitchController::kMaxBridges; ++i) {
    next.bridges.push_back({.name = StrCat("br", i)});
  }
  EXPECT_TRUE(absl::IsResourceExhausted(controller().Commit(next)));
  EXPECT_TRUE(controller().Show().empty());
}

TEST_F(CommitTest, ADeletedPortsNetdevIsAsItWas) {
  Shell("ip link set up0 down");
  ASSERT_TRUE(controller().AddBridge("br0", {}, false).ok());
  ASSERT_TRUE(
      controller().AddPort("br0", "up0", {{"type", "netdev"}, {"mtu", "3000"}}, false, {0}).ok());
  EXPECT_EQ(Find("up0")->mtu, 3000u);
  EXPECT_TRUE(Find("up0")->up());
  ASSERT_TRUE(controller().DeletePort("", "up0", false, false, {0}).ok());
  EXPECT_EQ(Find("up0")->mtu, 1500u);
  EXPECT_FALSE(Find("up0")->up());
}

TEST_F(CommitTest, ATableIsNoSmallerThanItsStaticEntries) {
  ASSERT_TRUE(controller().AddBridge("br0", {}, false).ok());
  ASSERT_TRUE(controller().AddPort("br0", "vm0", {}, false, {0}).ok());
  for (uint32_t station = 0; station < 17; ++station) {
    ASSERT_TRUE(controller().FdbAdd("br0", Station(station), "vm0", 0, false).ok());
  }
  const absl::Status status = controller().SetBridge("br0", {{"fdb_entries", "16"}});
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_EQ(status.message(),
            "bridge 'br0' has 17 static entries: give fdb_entries at least as many, or delete "
            "some");
  EXPECT_EQ(controller().Show()[0].fdb.static_entries, 17u);
}

// A port that changes its bridge keeps its device, and its guest.
TEST_F(CommitTest, APortMovesWithItsGuest) {
  Desired state;
  state.bridges.push_back({.name = "br0", .ports = {{.name = "vm0"}, {.name = "vm1"}}});
  state.bridges.push_back({.name = "br1", .ports = {{.name = "vm2"}}});
  ASSERT_TRUE(controller().Commit(state).ok());
  const UniqueFd vm0 = OpenGuest("vm0");
  const UniqueFd vm1 = OpenGuest("vm1");
  const UniqueFd vm2 = OpenGuest("vm2");
  ASSERT_TRUE(WritePacket(vm0, FrameFrom(0, kBroadcast, 1)));
  EXPECT_FALSE(ReadPacket(vm1).frame.empty());
  EXPECT_EQ(controller().FdbGet("br0", Station(0), 0)->port, "vm0");

  state.bridges[0].ports.erase(state.bridges[0].ports.begin());
  state.bridges[1].ports.push_back({.name = "vm0"});
  ASSERT_TRUE(controller().Commit(state).ok());
  EXPECT_FALSE(controller().FdbGet("br0", Station(0), 0).ok());
  ASSERT_TRUE(WritePacket(vm0, FrameFrom(0, kBroadcast, 2)));
  EXPECT_EQ(ReadPacket(vm2).frame, FrameFrom(0, kBroadcast, 2).frame);
  EXPECT_TRUE(ReadPacket(vm1, 0).frame.empty());
  EXPECT_EQ(controller().FdbGet("br1", Station(0), 0)->port, "vm0");
}

}  // namespace
}  // namespace vswitch::testing
