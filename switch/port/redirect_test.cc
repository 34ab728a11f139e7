// What happens to the programs on the devices: after a crash, beside others' filters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "switch/port/testing/child.h"
#include "switch/port/testing/guest.h"
#include "switch/port/testing/other_namespace.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

class RedirectTest : public PortTest {};

TEST_F(RedirectTest, ACrashedDaemonIsReplaced) {
  AttachedChild daemon(Spec(PortType::kTap, "vm0"));
  const UniqueFd guest = OpenAsGuest("vm0");
  daemon.Kill();
  // The guest's link stays up, its frames go nowhere: not into the host's stack either.
  EXPECT_TRUE(Find("vm0")->up());
  EXPECT_EQ(Filters("vm0"), 1);
  ASSERT_TRUE(WritePacket(guest, PlainPacket(60, 1)));

  auto port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(Filters("vm0"), 1);
  ASSERT_TRUE(WaitForLink(*port, true));
  ASSERT_TRUE(WritePacket(guest, PlainPacket(60, 2)));
  ExpectSame(PlainPacket(60, 2), ReadPacket(port->queues()[0]));
  port.reset();
  EXPECT_EQ(Filters("vm0"), -1);
}

TEST_F(RedirectTest, ATwinThatTheKernelIsAboutToRemoveIsWaitedFor) {
  const OtherNamespace other("vsw0");  // Held by somebody, but not the vsw0 that this is about.
  auto port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  KeepInFlight(port->queues()[0], 300);
  port.reset();
  EXPECT_EQ(LinkNames(), "vm0 vsw0");
  port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(LinkNames(), "vm0 vsw1");
  KeepInFlight(port->queues()[0], 4000);
  port.reset();
  const absl::Status status = AttachError(Spec(PortType::kTap, "vm0"));
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("vswitchd cannot see"));
}

TEST_F(RedirectTest, ACrashedDaemonsNetdevIsReplaced) {
  Shell("ip link add eth0 type veth peer name eth1");
  AttachedChild daemon(Spec(PortType::kNetdev, "eth0"));
  daemon.Kill();
  EXPECT_EQ(LinkNames(), "eth0 eth1");
  auto port = Attach(Spec(PortType::kNetdev, "eth0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(Filters("eth0"), 1);
  port.reset();
  EXPECT_EQ(Filters("eth0"), -1);
}

TEST_F(RedirectTest, OthersFiltersStay) {
  Shell("ip tuntap add vm0 mode tap");
  Shell("tc qdisc add dev vm0 clsact");
  Shell("tc filter add dev vm0 egress prio 7 protocol ip u32 match u32 0 0");
  auto port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(Filters("vm0"), 1);
  port.reset();
  EXPECT_EQ(Filters("vm0"), 0);  // The qdisc is there, for the filter that is not ours.
}

TEST_F(RedirectTest, AnIngressQdiscOfOthersServesAndStays) {
  Shell("ip tuntap add vm0 mode tap");
  Shell("tc qdisc add dev vm0 ingress");
  auto port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  const UniqueFd guest = OpenAsGuest("vm0");
  ASSERT_TRUE(WaitForLink(*port, true));
  ASSERT_TRUE(WritePacket(guest, PlainPacket(60)));
  ExpectSame(PlainPacket(60), ReadPacket(port->queues()[0]));
  port.reset();
  EXPECT_THAT(ShellOutput("tc qdisc show dev vm0"), ::testing::HasSubstr("qdisc ingress"));
  EXPECT_EQ(ShellOutput("tc filter show dev vm0 ingress"), "");
}

TEST_F(RedirectTest, AFilterInOurPlaceIsNamed) {
  Shell("ip tuntap add vm0 mode tap");
  Shell("tc qdisc add dev vm0 clsact");
  Shell("tc filter add dev vm0 ingress prio 1 protocol ip u32 match u32 0 0");
  const absl::Status status = AttachError(Spec(PortType::kTap, "vm0"));
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("tc filter show dev vm0"));
  EXPECT_EQ(LinkNames(), "vm0");
}

TEST_F(RedirectTest, ASuccessorsProgramStays) {
  auto port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  Shell("ip link del vswitch-twin-of-vm0");
  const auto successor = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(successor, nullptr);
  port.reset();
  EXPECT_EQ(Filters("vm0"), 1);
}

}  // namespace
}  // namespace vswitch::testing
