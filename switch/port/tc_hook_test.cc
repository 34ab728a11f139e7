// Programs in their places: who may be there beside them, what becomes of them, and what the guard
// keeps out.
#include "switch/port/tc_hook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "switch/port/redirect.h"
#include "switch/port/testing/guest.h"
#include "switch/port/testing/other_namespace.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"
#include "tests/tcx.h"
#include "tests/without_tcx.h"

namespace vswitch::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TcHookTest : public PortTest {
 protected:
  void SetUp() override {
    PortTest::SetUp();
    if (IsSkipped()) return;
    if (!HasTcx()) GTEST_SKIP() << "needs tcx hooks, of kernel 6.6";
    Shell("ip tuntap add vm0 mode tap");
    device_ = *Find("vm0");
  }

  static uint32_t Program(const LinkInfo& device) {
    return TcHook::ProgramOn(device, TcDirection::kEgress);
  }

  LinkInfo device_;
};

TEST_F(TcHookTest, ReplacesWhatAnEarlierOneLeft) {
  auto first = AttachGuard(device_, TcHook::Place::kTcx);
  ASSERT_TRUE(first.ok()) << first.status();
  const uint32_t left = Program(device_);
  EXPECT_NE(left, 0u);
  EXPECT_TRUE(first->CanBeTakenOver());
  first->Keep();
  { const TcHook gone = *std::move(first); }
  EXPECT_EQ(Program(device_), left);

  auto second = AttachGuard(device_, TcHook::Place::kTcx);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(Program(device_), left);
  EXPECT_THAT(TcxPrograms("vm0", TcDirection::kEgress), ElementsAre("vsw_guard"));
  EXPECT_TRUE(second->InPlace());

  LeaveIdle(*std::move(second));
  EXPECT_THAT(TcxPrograms("vm0", TcDirection::kEgress), ElementsAre("vsw_idle"));
  EXPECT_TRUE(TcHook::RemoveLeftOver(device_).ok());
  EXPECT_THAT(TcxPrograms("vm0", TcDirection::kEgress), IsEmpty());
}

TEST_F(TcHookTest, GoesWithItsObjectUnlessReplaced) {
  auto hook = AttachGuard(device_, TcHook::Place::kTcx);
  ASSERT_TRUE(hook.ok()) << hook.status();
  { const TcHook gone = *std::move(hook); }
  EXPECT_THAT(TcxPrograms("vm0", TcDirection::kEgress), IsEmpty());

  hook = AttachGuard(device_, TcHook::Place::kTcx);
  ASSERT_TRUE(ReplaceTcx("vm0", TcDirection::kEgress));
  EXPECT_FALSE(hook->InPlace());
  { const TcHook gone = *std::move(hook); }
  EXPECT_THAT(TcxPrograms("vm0", TcDirection::kEgress), ElementsAre("theirs"));

  // Before the other's, which stays.
  hook = AttachGuard(device_, TcHook::Place::kTcx);
  EXPECT_THAT(TcxPrograms("vm0", TcDirection::kEgress), ElementsAre("vsw_guard", "theirs"));
  EXPECT_TRUE(TcHook::RemoveLeftOver(device_).ok());
  EXPECT_THAT(TcxPrograms("vm0", TcDirection::kEgress), ElementsAre("theirs"));
}

// An earlier release had a filter there, and a daemon of it may have been killed.
TEST_F(TcHookTest, TakesTheOtherPlacesProgramAway) {
  auto before = AttachGuard(device_, TcHook::Place::kClsact);
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_TRUE(before->InPlace());
  EXPECT_FALSE(before->CanBeTakenOver());
  before->Keep();
  const auto after = AttachGuard(device_, TcHook::Place::kTcx);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(ShellOutput("tc filter show dev vm0 egress; tc qdisc show dev vm0 | grep clsact"), "");
}

// What takes the programs off vm0, both its hooks.
TEST_F(TcHookTest, IsMendedWhereNoEventTells) {
  using Deed = bool (*)(const std::string&, TcDirection);
  for (const Deed deed : {Deed(ClearTcx), Deed(ReplaceTcx)}) {
    for (const TcDirection hook : {TcDirection::kIngress, TcDirection::kEgress}) {
      auto port = Attach(Spec(PortType::kTap, "vm0"));
      ASSERT_NE(port, nullptr);
      EXPECT_TRUE(port->hooks_in_place());
      ASSERT_TRUE(deed("vm0", hook));
      EXPECT_FALSE(port->hooks_in_place());
      EXPECT_THAT(*port->Mend(), HasSubstr("a program was taken off vm0"));
      EXPECT_TRUE(port->hooks_in_place());
      EXPECT_EQ(*port->Mend(), "");
      EXPECT_EQ(Programs("vm0"), "vsw_redirect vsw_guard");
      port.reset();
      ASSERT_TRUE(ClearTcx("vm0", hook));
    }
  }
}

// From clsact to tcx, where nothing of it then stays.
TEST_F(TcHookTest, OfAPortInHasteIsSettledLater) {
  for (const char* theirs : {"true", "tc qdisc add dev vm0 clsact"}) {
    SCOPED_TRACE(theirs);
    Shell(theirs);
    absl::StatusOr<std::unique_ptr<PortDevice>> port =
        PortDevice::Attach({.spec = Spec(PortType::kTap, "vm0"), .in_haste = true});
    ASSERT_TRUE(port.ok()) << port.status();
    EXPECT_EQ((*port)->is_settled(), theirs != std::string("true"));
    EXPECT_EQ(Programs("vm0"), "vsw_redirect vsw_guard");
    (*port)->Settle();
    EXPECT_TRUE((*port)->is_settled());
    EXPECT_THAT(TcxPrograms("vm0", TcDirection::kIngress), ElementsAre("vsw_redirect"));
    EXPECT_THAT(TcxPrograms("vm0", TcDirection::kEgress), ElementsAre("vsw_guard"));
    EXPECT_EQ(ShellOutput("tc qdisc show dev vm0 | grep -c clsact"),
              theirs == std::string("true") ? "0\n" : "1\n");
    EXPECT_EQ(*(*port)->Mend(), "");
  }
}

TEST_F(TcHookTest, ADeviceThatMovesAwayIsFreeThere) {
  // First: it would inherit the twin's queue.
  const OtherNamespace other;
  auto port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  const UniqueFd guest = OpenAsGuest("vm0");
  Shell("ip link set vm0 netns " + other.pid());
  port.reset();
  other.Shell("ip link set vm0 up");
  // What is sent there arrives, and what the guest sends is received there.
  other.Send("vm0", 1);
  EXPECT_FALSE(ReadPacket(guest).frame.empty());
  other.Shell("tc qdisc add dev vm0 clsact");
  other.Shell("tc filter add dev vm0 ingress protocol all u32 match u32 0 0 flowid 1:1");
  ASSERT_TRUE(WritePacket(guest, PlainPacket(60)));
  other.Shell("tc -s qdisc show dev vm0 | grep -A1 clsact | grep -q 'Sent [1-9]'");

  other.Shell("ip link set vm0 netns " + std::to_string(getpid()));
  port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(Programs("vm0"), "vsw_redirect vsw_guard");
  ASSERT_TRUE(WaitForLink(*port, true));
  ASSERT_TRUE(WritePacket(guest, PlainPacket(60, 7)));
  ExpectSame(PlainPacket(60, 7), ReadPacket(port->queues()[0]));
}

// ---- The guard, in either place ----

class GuardTest : public TcHookTest {
 protected:
  // Every way in which the host sends: a program, ARP, and IPv6 after a late sysctl.
  static void SendAll(const std::string& netdev) {
    ASSERT_EQ(SendFromHost(netdev, 3), 0);
    Shell("ip link set " + netdev + " arp on");
    Shell("ip addr add 10.99.0.1/24 dev " + netdev);
    Shell("ping -c 1 -W 1 10.99.0.2 >/dev/null || true");
    Shell("ip addr del 10.99.0.1/24 dev " + netdev);
    Shell("echo 0 > /proc/sys/net/ipv6/conf/" + netdev + "/disable_ipv6");
    Shell("ip link set " + netdev + " arp off");
    Shell("sleep 1.5");
  }

  void ExpectKeepsTheHostOut() {
    const auto port = Attach(Spec(PortType::kTap, "vm0"));
    ASSERT_NE(port, nullptr);
    const UniqueFd guest = OpenAsGuest("vm0");
    ASSERT_TRUE(WaitForLink(*port, true));
    SendAll("vm0");
    SendAll(port->ephemeral_link()->name);
    EXPECT_TRUE(ReadPacket(guest, 100).frame.empty());
    EXPECT_TRUE(ReadPacket(port->queues()[0], 100).frame.empty());
    const KernelDrops drops = port->ReadKernelDrops();
    EXPECT_EQ(drops.ingress_queue_full, 0u);
    EXPECT_EQ(drops.egress_queue_full, 0u);
    // And nobody else.
    ASSERT_TRUE(WritePacket(guest, TcpSuperPacket(20000)));
    ExpectSame(TcpSuperPacket(20000), ReadPacket(port->queues()[0]));
    ASSERT_TRUE(WritePacket(port->queues()[0], PlainPacket(60)));
    ExpectSame(PlainPacket(60), ReadPacket(guest));
  }
};

TEST_F(GuardTest, KeepsTheHostOut) { ExpectKeepsTheHostOut(); }

TEST_F(GuardTest, KeepsTheHostOutWithoutTcx) {
  WithoutTcx([this] { ExpectKeepsTheHostOut(); });
}

// What would be sent is seen without it.
TEST_F(GuardTest, TheHostDoesSend) {
  const UniqueFd guest = OpenAsGuest("vm0");
  Shell("ip link set vm0 up arp off");
  Shell("sleep 0.2");
  SendAll("vm0");
  int frames = 0;
  while (!ReadPacket(guest, 100).frame.empty()) ++frames;
  EXPECT_GT(frames, 5);
}

TEST_F(TcHookTest, WithoutTcxThereAreFilters) {
  WithoutTcx([this] {
    auto port = Attach(Spec(PortType::kTap, "vm0"));
    ASSERT_NE(port, nullptr);
    EXPECT_EQ(Programs("vm0"), "vsw_redirect vsw_guard");
    EXPECT_THAT(TcxPrograms("vm0", TcDirection::kIngress), IsEmpty());
    EXPECT_TRUE(port->hooks_in_place());
    for (const char* deed : {"tc qdisc del dev vm0 clsact", "tc filter del dev vm0 egress"}) {
      Shell(deed);
      EXPECT_THAT(*port->Mend(), HasSubstr("a program was taken off vm0"));
      EXPECT_EQ(Programs("vm0"), "vsw_redirect vsw_guard");
    }
    port.reset();
    EXPECT_EQ(Programs("vm0"), "");
    EXPECT_EQ(ShellOutput("tc qdisc show dev vm0 | grep clsact"), "");

    // One of others has no hook for the guard, and serves for the rest.
    Shell("tc qdisc add dev vm0 ingress");
    port = Attach(Spec(PortType::kTap, "vm0"));
    ASSERT_NE(port, nullptr);
    EXPECT_EQ(ShellOutput("tc filter show dev vm0 ingress | grep -c handle"), "1\n");
    port.reset();
    EXPECT_THAT(ShellOutput("tc qdisc show dev vm0"), HasSubstr("qdisc ingress"));

    Shell("tc qdisc del dev vm0 ingress; tc qdisc add dev vm0 clsact");
    Shell("tc filter add dev vm0 ingress prio 1 protocol ip u32 match u32 0 0");
    const absl::Status status = AttachError(Spec(PortType::kTap, "vm0"));
    EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("tc filter show dev vm0"));
    EXPECT_EQ(LinkNames(), "vm0");
  });
}

}  // namespace
}  // namespace vswitch::testing
