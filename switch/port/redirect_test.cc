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
  EXPECT_EQ(Programs("vm0"), "vsw_redirect vsw_guard");
  ASSERT_TRUE(WritePacket(guest, PlainPacket(60, 1)));

  auto port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(Programs("vm0"), "vsw_redirect vsw_guard");
  ASSERT_TRUE(WaitForLink(*port, true));
  ASSERT_TRUE(WritePacket(guest, PlainPacket(60, 2)));
  ExpectSame(PlainPacket(60, 2), ReadPacket(port->queues()[0]));
  port.reset();
  EXPECT_EQ(Programs("vm0"), "vsw_idle vsw_idle");
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
  EXPECT_EQ(Programs("eth0"), "vsw_redirect");
  port.reset();
  EXPECT_EQ(Programs("eth0"), "");
}

// What an operator has put there, before or after the port.
TEST_F(RedirectTest, OthersQdiscsAndFiltersStay) {
  constexpr const char* kTheirs[] = {
      "tc qdisc add dev vm0 ingress",
      "tc qdisc add dev vm0 clsact",
      "tc qdisc add dev vm0 clsact; "
      "tc filter add dev vm0 ingress prio 1 protocol ip u32 match u32 0 0 flowid 1:1;"
      "tc filter add dev vm0 egress prio 7 protocol ip u32 match u32 0 0",
      "tc qdisc add dev vm0 root tbf rate 1gbit burst 1m limit 1m",
  };
  for (const char* theirs : kTheirs) {
    for (const bool first : {true, false}) {
      SCOPED_TRACE(theirs);
      Shell("ip tuntap add vm0 mode tap");
      if (first) Shell(theirs);
      auto port = Attach(Spec(PortType::kTap, "vm0"));
      ASSERT_NE(port, nullptr);
      if (!first) Shell(theirs);
      const std::string shown =
          ShellOutput("tc qdisc show dev vm0; tc filter show dev vm0 ingress");
      const UniqueFd guest = OpenAsGuest("vm0");
      ASSERT_TRUE(WaitForLink(*port, true));
      ASSERT_TRUE(WritePacket(guest, PlainPacket(60)));
      ExpectSame(PlainPacket(60), ReadPacket(port->queues()[0]));
      ASSERT_TRUE(WritePacket(port->queues()[0], PlainPacket(60)));
      ExpectSame(PlainPacket(60), ReadPacket(guest));
      ASSERT_TRUE(port->Mend().ok());
      const bool filters = shown.find("u32") != std::string::npos;
      EXPECT_EQ(port->note().find("see no frame") != std::string::npos, filters) << port->note();
      port.reset();
      EXPECT_EQ(ShellOutput("tc qdisc show dev vm0; tc filter show dev vm0 ingress"), shown);
      EXPECT_EQ(Programs("vm0"), "");
      Shell("ip link del vm0");
    }
  }
}

TEST_F(RedirectTest, ASuccessorsProgramStays) {
  auto port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  Shell("ip link del vswitch-twin-of-vm0");
  const auto successor = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(successor, nullptr);
  port.reset();
  EXPECT_EQ(Programs("vm0"), "vsw_redirect vsw_guard");
}

}  // namespace
}  // namespace vswitch::testing
