// Devices that are renamed, and names that are not a device's first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "switch/port/testing/child.h"
#include "switch/port/testing/guest.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

class PortMarkTest : public PortTest {};

PortSpec Tap(const std::string& name) { return Spec(PortType::kTap, name); }

TEST_F(PortMarkTest, ATapIsFoundUnderAnyName) {
  AttachedChild killed(Tap("vm0"));
  const UniqueFd guest = OpenAsGuest("vm0");
  Shell("ip link set vm0 name web2");
  killed.Kill();
  Shell("ip tuntap add vm0 mode tap");
  {
    const auto port = Attach(Tap("vm0"));
    ASSERT_NE(port, nullptr);
    EXPECT_EQ(LinkNames(), "vm0 vsw0 web2");
    EXPECT_EQ(port->ifindex(), Find("web2")->ifindex);
    ASSERT_TRUE(WaitForLink(*port, true));
    ASSERT_TRUE(WritePacket(guest, PlainPacket(60, 1)));
    ExpectSame(PlainPacket(60, 1), ReadPacket(port->queues()[0]));
    // Another port cannot have it.
    const absl::Status status = AttachError(Tap("web2"));
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("altname vswitch-port-vm0"));
  }
  // An orderly end leaves the mark, a port that is deleted does not.
  EXPECT_EQ(Find("vswitch-port-vm0")->name, "web2");
  const auto port = Attach(Tap("vm0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(*port->Forget(/*force=*/true), false);
}

TEST_F(PortMarkTest, ATapOfOthersIsMarkedWhileItIsAPort) {
  Shell("ip tuntap add vm0 mode tap");
  const std::string before = ShellOutput("ip link show vm0 | grep altname");
  auto port = Attach(Tap("vm0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(Find("vswitch-port-vm0")->name, "vm0");
  EXPECT_EQ(*port->Forget(/*force=*/true), false);
  port.reset();
  EXPECT_EQ(ShellOutput("ip link show vm0 | grep altname"), before);
}

TEST_F(PortMarkTest, ANetdevIsFoundUnderAnyNameAndLeftWithoutAMark) {
  Shell("ip link add eth0 type veth peer name eth1");
  AttachedChild killed(Spec(PortType::kNetdev, "eth0"));
  Shell("ip link set eth0 name wan0");
  killed.Kill();
  auto port = Attach(Spec(PortType::kNetdev, "eth0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(Programs("wan0"), "vsw_redirect");
  port.reset();
  EXPECT_EQ(Programs("wan0"), "");
  EXPECT_TRUE(absl::IsNotFound(Find("vswitch-port-eth0").status()));
}

TEST_F(PortMarkTest, AnAlternativeNameIsNoPortsName) {
  Shell("ip tuntap add vm0 mode tap && ip link property add dev vm0 altname web");
  const absl::Status status = AttachError(Tap("web"));
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("'web' is another name of the device 'vm0'"));
}

}  // namespace
}  // namespace vswitch::testing
