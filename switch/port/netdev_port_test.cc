// A port of type=netdev on one end of a veth pair; the other end plays the wire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "switch/port/testing/guest.h"
#include "switch/port/testing/other_namespace.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class NetdevPortTest : public PortTest {
 protected:
  void SetUp() override {
    PortTest::SetUp();
    if (IsSkipped()) return;
    Shell("sysctl -q net.ipv6.conf.default.disable_ipv6=1");
    Shell("ip link add eth0 type veth peer name wire");
    Shell("ip link set wire up");
  }
};

TEST_F(NetdevPortTest, FramesCrossBothWays) {
  // A second switch port on the wire's end: both ends can be driven by fd.
  const auto port = Attach(Spec(PortType::kNetdev, "eth0"));
  const auto wire = Attach(Spec(PortType::kNetdev, "wire"));
  ASSERT_TRUE(port != nullptr && wire != nullptr);
  EXPECT_EQ(port->mtu(), 1500u);
  ASSERT_TRUE(WaitForLink(*port, true) && WaitForLink(*wire, true));
  for (const Packet& packet : {PlainPacket(60, 3), PlainPacket(1514, 4), TcpSuperPacket(65160)}) {
    SCOPED_TRACE(packet.frame.size());
    ASSERT_TRUE(WritePacket(wire->queues()[0], packet));
    ExpectSame(packet, ReadPacket(port->queues()[0]));
    ASSERT_TRUE(WritePacket(port->queues()[0], packet));
    ExpectSame(packet, ReadPacket(wire->queues()[0]));
  }
}

TEST_F(NetdevPortTest, LeavesTheDeviceAsItWas) {
  PortSpec spec = Spec(PortType::kNetdev, "eth0");
  spec.mtu = 3000;
  auto port = Attach(spec);
  ASSERT_NE(port, nullptr);
  EXPECT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(port->mtu(), 3000u);
  EXPECT_EQ(Programs("eth0"), "vsw_redirect");
  EXPECT_THAT(ShellOutput("ip -d link show eth0"), HasSubstr("promiscuity 1"));
  port.reset();
  EXPECT_EQ(Programs("eth0"), "");
  EXPECT_EQ(LinkNames(), "eth0 wire");
  const std::string shown = ShellOutput("ip -d link show eth0");
  EXPECT_THAT(shown, HasSubstr("promiscuity 0"));
  EXPECT_THAT(shown, HasSubstr("mtu 1500"));
  EXPECT_FALSE(Find("eth0")->up());

  Shell("ip link set eth0 up promisc on");
  port = Attach(Spec(PortType::kNetdev, "eth0"));
  port.reset();
  EXPECT_TRUE(Find("eth0")->up());
  EXPECT_THAT(ShellOutput("ip -d link show eth0"), HasSubstr("promiscuity 1"));
}

TEST_F(NetdevPortTest, DestroyedTogetherWithOthersItLeavesTheSame) {
  Shell("ip link set eth0 group 7");
  std::vector<std::unique_ptr<PortDevice>> ports;
  for (const char* name : {"vm0", "vm1"}) ports.push_back(Attach(Spec(PortType::kTap, name)));
  PortSpec uplink = Spec(PortType::kNetdev, "eth0");
  uplink.mtu = 3000;
  ports.push_back(Attach(uplink));
  ports.push_back(Attach(Spec(PortType::kInternal, "in0")));
  ports.push_back(Attach(Spec(PortType::kInternal, "in1")));
  ports.push_back(Attach(Spec(PortType::kTap, "gone")));
  for (const auto& port : ports) ASSERT_NE(port, nullptr);
  Shell("ip link del vsw0");  // The twin of vm0.
  Shell("ip link del gone");
  Shell("ip link del in1");
  PortDevice::DestroyTogether(std::move(ports));
  EXPECT_EQ(LinkNames(), "eth0 in0 vm0 vm1 vswi0 wire");
  EXPECT_EQ(Programs("eth0"), "");
  for (const char* name : {"vm0", "vm1", "vswi0"}) EXPECT_EQ(Programs(name), "vsw_idle vsw_idle");
  EXPECT_FALSE(Find("vm1")->up());
  EXPECT_FALSE(Find("vswi0")->up());
  EXPECT_THAT(ShellOutput("ip -d link show eth0"), HasSubstr("group 7"));
  EXPECT_EQ(Find("eth0")->mtu, 1500u);
  EXPECT_FALSE(Find("eth0")->up());
  EXPECT_THAT(ShellOutput("ip -d link show vm1"), HasSubstr("group default"));
  PortDevice::DestroyTogether({});
}

TEST_F(NetdevPortTest, LinkFollowsTheWire) {
  const auto port = Attach(Spec(PortType::kNetdev, "eth0"));
  EXPECT_TRUE(WaitForLink(*port, true));
  Shell("ip link set wire down");
  EXPECT_TRUE(WaitForLink(*port, false));
  EXPECT_EQ(port->down_detail(), "it has no carrier");
  Shell("ip link set eth0 down");
  port->Refresh();
  EXPECT_EQ(port->down_detail(), "it is set down: 'ip link set eth0 up' sets it up");
  Shell("ip link set eth0 up");
  Shell("ip link set wire up");
  EXPECT_TRUE(WaitForLink(*port, true));
  Shell("ip link del wire");
  port->Refresh();
  EXPECT_FALSE(port->problem().ok());
}

TEST_F(NetdevPortTest, CountsWhatOurFullQueueLosesExactly) {
  PortSpec spec = Spec(PortType::kNetdev, "eth0");
  spec.txqueuelen = 64;
  const auto port = Attach(spec);
  ASSERT_TRUE(WaitForLink(*port, true));
  for (int i = 0; i < 500 && !Find("wire")->running(); ++i) usleep(10'000);
  // veth hands frames over in a softirq; wait until it has.
  EXPECT_EQ(SendFromHost("wire", 64 + 11), 0);
  uint64_t lost = 0;
  for (int i = 0; i < 200 && lost < 11; ++i) {
    usleep(5'000);
    lost = port->ReadKernelDrops().ingress_queue_full;
  }
  EXPECT_EQ(lost, 11u);
  EXPECT_EQ(port->ReadKernelDrops().egress_queue_full, 0u);
}

TEST_F(NetdevPortTest, HasNoOwner) {
  PortSpec spec = Spec(PortType::kNetdev, "eth0");
  const auto port = Attach(spec);
  spec.owner = 1;
  spec.mtu = 2000;
  EXPECT_TRUE(absl::IsInvalidArgument(port->Apply(spec)));
  EXPECT_EQ(Find("eth0")->mtu, 1500u);  // All or nothing.
  EXPECT_EQ(*port->Forget(/*force=*/true), false);
  spec.owner = 0;
  EXPECT_EQ(port->Apply(spec), absl::OkStatus());
  EXPECT_EQ(Find("eth0")->mtu, 2000u);
  EXPECT_EQ(port->max_frame_bytes(), 2014u);
}

}  // namespace
}  // namespace vswitch::testing
