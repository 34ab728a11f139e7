// A port of type=internal: the TAP whose queues we hold, and its netdev here or in another
// namespace.
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

class InternalPortTest : public PortTest {
 protected:
  static PortSpec Internal(const std::string& name) {
    PortSpec spec = Spec(PortType::kInternal, name);
    spec.txqueuelen = 64;
    return spec;
  }
  // Frames that wait in our queues; the stack's own (neighbour discovery) are not counted.
  static int CountPlain(const PortDevice& port) {
    int count = 0;
    for (const UniqueFd& queue : port.queues()) {
      for (;;) {
        const Packet packet = ReadPacket(queue, 0);
        if (packet.frame.empty()) break;
        if (packet.frame == PlainPacket(60).frame) ++count;
      }
    }
    return count;
  }
};

TEST_F(InternalPortTest, ItsQueueKeepsTheLengthThatItWasGiven) {
  const auto port = Attach(Internal("p0"));
  ASSERT_NE(port, nullptr);
  for (const char* length : {"0", "5000"}) {
    Shell(std::string("ip link set p0 txqueuelen ") + length);
    port->Refresh();
    EXPECT_EQ(Find("p0")->txqueuelen, 64u);
  }
}

TEST_F(InternalPortTest, TheHostIsTheOtherEnd) {
  PortSpec spec = Internal("p0");
  spec.mtu = 9000;
  auto port = Attach(spec);
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(LinkNames(), "p0");
  EXPECT_EQ(port->mtu(), 9000u);
  EXPECT_TRUE(WaitForLink(*port, true));
  EXPECT_FALSE(port->owns_guest_tap());
  const absl::StatusOr<LinkInfo> link = Find("p0");
  EXPECT_EQ(link->flags & IFF_NOARP, 0u);
  EXPECT_EQ(link->ifindex, port->ifindex());
  // The host's own stack answers through it.
  Shell("ip addr add 10.9.0.1/24 dev p0");
  Packet arp = PlainPacket(42);
  const uint8_t request[] = {0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0, 0,
                             1,    10,   9, 0, 2, 0, 0, 0, 0, 0, 0,    10,   9, 0, 1};
  std::copy(std::begin(request), std::end(request), arp.frame.begin() + 12);
  std::fill_n(arp.frame.begin(), 6, 0xff);
  ASSERT_TRUE(WritePacket(port->queues()[0], arp));
  bool answered = false;
  for (int i = 0; i < 20 && !answered; ++i) {
    const Packet packet = ReadPacket(port->queues()[0]);
    answered = packet.frame.size() >= 42 && packet.frame[13] == 0x06 && packet.frame[21] == 2;
  }
  EXPECT_TRUE(answered);
  port.reset();
  EXPECT_EQ(LinkNames(), "");
}

TEST_F(InternalPortTest, CountsWhatAFullQueueLosesExactly) {
  Shell("sysctl -q net.ipv6.conf.default.disable_ipv6=1");
  const auto port = Attach(Internal("p0"));
  ASSERT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(SendFromHost("p0", 64 + 5), 0);
  EXPECT_EQ(port->ReadKernelDrops().ingress_queue_full, 5u);
  EXPECT_EQ(CountPlain(*port), 64);
  EXPECT_EQ(port->ReadKernelDrops().egress_queue_full, 0u);
}

TEST_F(InternalPortTest, WorksOnInAnotherNamespace) {
  Shell("sysctl -q net.ipv6.conf.default.disable_ipv6=1");
  PortSpec spec = Internal("p0");
  const auto port = Attach(spec);
  ASSERT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(SendFromHost("p0", 64 + 5), 0);  // Lost before the move: still counted after it.
  EXPECT_EQ(CountPlain(*port), 64);

  OtherNamespace other;
  other.Shell("sysctl -q net.ipv6.conf.default.disable_ipv6=1");
  Shell("ip link set p0 netns " + other.pid());
  EXPECT_EQ(LinkNames(), "");
  port->Refresh();
  EXPECT_TRUE(port->problem().ok());
  EXPECT_TRUE(port->link_up());
  other.Shell("ip link set p0 name eth0 mtu 4000 up");
  port->Refresh();
  EXPECT_EQ(port->mtu(), 4000u);
  spec.mtu = 1400;
  EXPECT_TRUE(absl::IsFailedPrecondition(port->Apply(spec)));

  other.Send("eth0", 64 + 7);
  EXPECT_EQ(port->ReadKernelDrops().ingress_queue_full, 5u + 7u);
  EXPECT_EQ(CountPlain(*port), 64);
  ASSERT_TRUE(WritePacket(port->queues()[0], PlainPacket(60)));

  other.Shell("ip link del eth0");
  port->Refresh();
  EXPECT_FALSE(port->problem().ok());
  EXPECT_FALSE(port->link_up());
  EXPECT_EQ(port->ReadKernelDrops().ingress_queue_full, 5u + 7u);
}

TEST_F(InternalPortTest, GoesWithItsNamespace) {
  const auto port = Attach(Internal("p0"));
  {
    OtherNamespace other;
    Shell("ip link set p0 netns " + other.pid());
    port->Refresh();
    EXPECT_TRUE(port->problem().ok());
  }
  for (int i = 0; i < 500 && port->problem().ok();
       ++i) {  // The kernel removes namespaces in its own time.
    usleep(10'000);
    port->Refresh();
  }
  EXPECT_FALSE(port->problem().ok());
}

TEST_F(InternalPortTest, AdoptsAPersistentTap) {
  Shell("ip tuntap add p0 mode tap multi_queue");
  auto port = Attach(Internal("p0"));
  ASSERT_NE(port, nullptr);
  EXPECT_TRUE(WaitForLink(*port, true));
  port.reset();
  EXPECT_EQ(LinkNames(), "p0");
}

TEST_F(InternalPortTest, SeveralWorkerQueues) {
  auto port = Attach(Internal("p0"), 2);
  ASSERT_NE(port, nullptr);
  ASSERT_EQ(port->queues().size(), 2u);
  ASSERT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(Find("p0")->tun->open_queues, 2u);
  // Nobody else may open a third one.
  EXPECT_EQ(InChild([] { return setuid(12345) == 0 && OpenAsGuest("p0", true) ? 0 : errno; }),
            EPERM);
  EXPECT_EQ(SendFromHost("p0", 10), 0);
  EXPECT_EQ(CountPlain(*port), 10);
  port.reset();
  EXPECT_EQ(LinkNames(), "");

  Shell("ip tuntap add p0 mode tap multi_queue");  // Open to all until we adopt it.
  port = Attach(Internal("p0"), 2);
  EXPECT_EQ(InChild([] { return setuid(12345) == 0 && OpenAsGuest("p0", true) ? 0 : errno; }),
            EPERM);
}

TEST_F(InternalPortTest, WaitsForQueuesThatTheKernelIsAboutToClose) {
  for (const int queues : {1, 2}) {
    auto port = Attach(Internal("p0"), queues);
    ASSERT_NE(port, nullptr);
    KeepInFlight(port->queues()[0], 300);
    port.reset();
    EXPECT_EQ(LinkNames(), "p0");
    port = Attach(Internal("p0"), queues);
    ASSERT_NE(port, nullptr);
    EXPECT_TRUE(WaitForLink(*port, true));
  }
}

TEST_F(InternalPortTest, ACrashedDaemonIsReplaced) {
  AttachedChild daemon(Internal("p0"));
  daemon.Kill();
  const auto port = Attach(Internal("p0"));
  ASSERT_NE(port, nullptr);
  EXPECT_TRUE(WaitForLink(*port, true));
}

}  // namespace
}  // namespace vswitch::testing
