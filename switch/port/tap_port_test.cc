// A port of type=tap from both ends: the guest's fd, opened by name as QEMU does, and the twin's.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "switch/port/testing/child.h"
#include "switch/port/testing/guest.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kSomebody = 12345;

class TapPortTest : public PortTest {};

PortSpec Tap(const std::string& name) { return Spec(PortType::kTap, name); }

TEST_F(TapPortTest, FramesCrossBothWays) {
  const auto port = Attach(Tap("vm0"));
  ASSERT_NE(port, nullptr);
  const UniqueFd guest = OpenAsGuest("vm0", false, kAllOffloads);
  ASSERT_TRUE(guest) << strerror(errno);
  ASSERT_TRUE(WaitForLink(*port, true));
  for (const size_t size : {14, 15, 60, 1514, 9014, 65535, 65549}) {
    SCOPED_TRACE(size);
    ASSERT_TRUE(WritePacket(guest, PlainPacket(size, 0xa5))) << strerror(errno);
    ExpectSame(PlainPacket(size, 0xa5), ReadPacket(port->queues()[0]));
    ASSERT_TRUE(WritePacket(port->queues()[0], PlainPacket(size, 0x5a))) << strerror(errno);
    ExpectSame(PlainPacket(size, 0x5a), ReadPacket(guest));
  }
}

TEST_F(TapPortTest, OffloadMetadataCrossesBothWays) {
  const auto port = Attach(Tap("vm0"));
  ASSERT_NE(port, nullptr);
  const UniqueFd guest = OpenAsGuest("vm0", false, kAllOffloads);
  ASSERT_TRUE(guest) << strerror(errno);
  ASSERT_TRUE(WaitForLink(*port, true));
  for (const size_t payload : {1449, 9000, 65160, 65481}) {
    SCOPED_TRACE(payload);
    const Packet packet = TcpSuperPacket(payload);
    ASSERT_TRUE(WritePacket(guest, packet)) << strerror(errno);
    ExpectSame(packet, ReadPacket(port->queues()[0]));
    ASSERT_TRUE(WritePacket(port->queues()[0], packet)) << strerror(errno);
    ExpectSame(packet, ReadPacket(guest));
  }
}

TEST_F(TapPortTest, TheKernelSegmentsForAGuestWithoutOffloads) {
  const auto port = Attach(Tap("vm0"));
  ASSERT_NE(port, nullptr);
  const UniqueFd guest = OpenAsGuest("vm0");
  ASSERT_TRUE(WaitForLink(*port, true));
  ASSERT_TRUE(WritePacket(port->queues()[0], TcpSuperPacket(3000)));
  for (const size_t payload : {1448, 1448, 104}) {
    const Packet segment = ReadPacket(guest);
    EXPECT_EQ(segment.frame.size(), 54 + payload);
    EXPECT_EQ(segment.header.flags & 1, 0);  // The checksum is done.
    EXPECT_EQ(segment.header.gso_type, 0);
  }
}

TEST_F(TapPortTest, NoGuestAndSetDownAreTwoCauses) {
  const auto port = Attach(Tap("vm0"));
  ASSERT_NE(port, nullptr);
  EXPECT_FALSE(port->link_up());
  EXPECT_EQ(port->down_detail(), "no guest has the TAP open");
  const UniqueFd guest = OpenAsGuest("vm0");
  ASSERT_TRUE(WaitForLink(*port, true));
  Shell("ip link set vm0 down");
  ASSERT_TRUE(WaitForLink(*port, false));
  EXPECT_EQ(port->down_detail(), "it is set down: 'ip link set vm0 up' sets it up");
}

TEST_F(TapPortTest, TagsStayInFrames) {
  const auto port = Attach(Tap("vm0"));
  ASSERT_NE(port, nullptr);
  const UniqueFd guest = OpenAsGuest("vm0", false, kAllOffloads);
  ASSERT_TRUE(WaitForLink(*port, true));
  Packet tagged = PlainPacket(64, 1);
  const uint8_t tags[] = {0x81, 0, 0x60, 5, 0x81, 0, 0, 6};
  std::copy(std::begin(tags), std::end(tags), tagged.frame.begin() + 12);
  ASSERT_TRUE(WritePacket(guest, tagged));
  ExpectSame(tagged, ReadPacket(port->queues()[0]));
  ASSERT_TRUE(WritePacket(port->queues()[0], tagged));
  ExpectSame(tagged, ReadPacket(guest));
}

TEST_F(TapPortTest, MakesATapThatItsOwnerAloneMayOpen) {
  PortSpec spec = Tap("vm0");
  spec.owner = kSomebody;
  spec.mtu = 9000;
  spec.txqueuelen = 256;
  const auto port = Attach(spec);
  ASSERT_NE(port, nullptr);
  EXPECT_TRUE(port->owns_guest_tap());
  EXPECT_EQ(port->mtu(), 9000u);
  EXPECT_TRUE(port->problem().ok());
  const absl::StatusOr<LinkInfo> link = Find("vm0");
  ASSERT_TRUE(link.ok()) << link.status();
  EXPECT_EQ(link->ifindex, port->ifindex());
  EXPECT_TRUE(link->tun->persistent);
  EXPECT_FALSE(link->tun->multi_queue);
  EXPECT_EQ(link->tun->owner, kSomebody);
  EXPECT_TRUE(link->up());
  EXPECT_NE(link->flags & IFF_NOARP, 0u);
  const std::string shown = ShellOutput("ip -d link show vm0; sysctl net.ipv6.conf.vm0");
  EXPECT_THAT(shown, HasSubstr("qdisc noqueue"));
  EXPECT_THAT(shown, HasSubstr("qlen 256"));
  EXPECT_THAT(shown, HasSubstr("vm0.disable_ipv6 = 1"));

  const auto open_as = [](uid_t user) {
    return InChild([user] {
      return setuid(user) == 0 && OpenAsGuest("vm0", false, kAllOffloads) ? 0 : errno;
    });
  };
  EXPECT_EQ(open_as(kSomebody), 0);
  EXPECT_EQ(open_as(kSomebody + 1), EPERM);
  spec.owner = kSomebody + 1;
  EXPECT_EQ(port->Apply(spec), absl::OkStatus());
  EXPECT_EQ(open_as(kSomebody), EPERM);
  EXPECT_EQ(open_as(kSomebody + 1), 0);
}

TEST_F(TapPortTest, TheTwinIsQuietAndNamed) {
  const auto port = Attach(Tap("vm0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(LinkNames(), "vm0 vsw0");
  const std::string shown =
      ShellOutput("ip -d link show vswitch-twin-of-vm0; sysctl net.ipv6.conf.vsw0");
  EXPECT_THAT(shown, HasSubstr("alias vswitch twin of vm0"));
  EXPECT_THAT(shown, HasSubstr("qdisc noqueue"));
  EXPECT_THAT(shown, HasSubstr("NOARP"));
  EXPECT_THAT(shown, HasSubstr("persist off"));
  EXPECT_THAT(shown, HasSubstr("mtu 65521"));
  EXPECT_THAT(shown, HasSubstr("vsw0.disable_ipv6 = 1"));
}

TEST_F(TapPortTest, DestructionLeavesTheTapDownAndBare) {
  auto port = Attach(Tap("vm0"));
  ASSERT_NE(port, nullptr);
  const UniqueFd guest = OpenAsGuest("vm0");
  EXPECT_EQ(Programs("vm0"), "vsw_redirect vsw_guard");
  port.reset();
  EXPECT_EQ(LinkNames(), "vm0");
  EXPECT_EQ(Programs("vm0"), "vsw_idle vsw_idle");
  EXPECT_FALSE(Find("vm0")->up());
  EXPECT_EQ(Find("vm0")->tun->open_queues, 1u);  // The guest has noticed nothing.

  PortSpec again = Tap("vm0");
  again.created = true;
  port = Attach(again);
  ASSERT_NE(port, nullptr);
  EXPECT_TRUE(port->owns_guest_tap());
  ASSERT_TRUE(WaitForLink(*port, true));
  ASSERT_TRUE(WritePacket(guest, PlainPacket(60)));
  ExpectSame(PlainPacket(60), ReadPacket(port->queues()[0]));
  EXPECT_EQ(*port->Forget(/*force=*/false), true);
  EXPECT_EQ(LinkNames(), "vm0 vsw0");
  EXPECT_EQ(*port->Forget(/*force=*/true), false);
  port.reset();
  EXPECT_EQ(LinkNames(), "");
}

TEST_F(TapPortTest, AdoptsATapOfOthersAndLeavesItToThem) {
  Shell("ip tuntap add vm0 mode tap user 12345 vnet_hdr");
  const UniqueFd guest = OpenAsGuest("vm0");  // A guest is running already.
  PortSpec spec = Tap("vm0");
  spec.owner = 777;
  auto port = Attach(spec);
  ASSERT_NE(port, nullptr);
  EXPECT_FALSE(port->owns_guest_tap());
  EXPECT_EQ(Find("vm0")->tun->owner, kSomebody);
  ASSERT_TRUE(WaitForLink(*port, true));
  ASSERT_TRUE(WritePacket(port->queues()[0], PlainPacket(60)));
  ExpectSame(PlainPacket(60), ReadPacket(guest));
  EXPECT_EQ(*port->Forget(/*force=*/true), false);
  port.reset();
  EXPECT_EQ(LinkNames(), "vm0");
}

TEST_F(TapPortTest, GivesAnOwnerToATapThatIsOpenToAll) {
  Shell("ip tuntap add vm0 mode tap");
  Shell("ip tuntap add vm1 mode tap group 100");
  PortSpec spec = Tap("vm0");
  spec.owner = 777;
  const auto port0 = Attach(spec);
  spec.name = "vm1";
  const auto port1 = Attach(spec);
  EXPECT_EQ(Find("vm0")->tun->owner, 777u);
  EXPECT_EQ(Find("vm1")->tun->owner, std::nullopt);  // Open to a group, as somebody wanted it.
}

TEST_F(TapPortTest, AnOwnerIsNotChangedUnderAGuest) {
  PortSpec spec = Tap("vm0");
  const auto port = Attach(spec);
  const UniqueFd guest = OpenAsGuest("vm0");
  spec.owner = kSomebody;
  const absl::Status status = port->Apply(spec);
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("held by process " + std::to_string(getpid()) + " ("));
}

TEST_F(TapPortTest, ASpecIsAppliedWholeOrNotAtAll) {
  const PortSpec before = Tap("vm0");
  const auto port = Attach(before);
  ASSERT_NE(port, nullptr);
  UniqueFd guest = OpenAsGuest("vm0");
  PortSpec next = before;
  next.mtu = 9000;
  next.owner = kSomebody;
  EXPECT_TRUE(absl::IsUnavailable(port->Apply(next)));  // The owner is what cannot be changed.
  EXPECT_EQ(port->mtu(), 1500u);
  EXPECT_EQ(Find("vm0")->mtu, 1500u);
  guest.Reset();
  EXPECT_EQ(port->Apply(next), absl::OkStatus());
  EXPECT_EQ(Find("vm0")->mtu, 9000u);
  EXPECT_EQ(Find("vm0")->tun->owner, kSomebody);
  EXPECT_EQ(port->Apply(before), absl::OkStatus());  // Its mtu is 0: the device's stays.
  EXPECT_EQ(Find("vm0")->mtu, 9000u);
  EXPECT_EQ(Find("vm0")->tun->owner, before.owner);
}

TEST_F(TapPortTest, LinkFollowsTheGuest) {
  const auto port = Attach(Tap("vm0"));
  EXPECT_FALSE(port->link_up());
  UniqueFd guest = OpenAsGuest("vm0");
  EXPECT_TRUE(WaitForLink(*port, true));
  guest.Reset();
  EXPECT_TRUE(WaitForLink(*port, false));
  EXPECT_TRUE(port->problem().ok());
  guest = OpenAsGuest("vm0");
  EXPECT_TRUE(WaitForLink(*port, true));
  Shell("ip link set vm0 down");
  EXPECT_TRUE(WaitForLink(*port, false));
  Shell("ip link set vm0 up");
  EXPECT_TRUE(WaitForLink(*port, true));
  ASSERT_TRUE(WritePacket(port->queues()[0], PlainPacket(60)));
  ExpectSame(PlainPacket(60), ReadPacket(guest));
}

TEST_F(TapPortTest, NoticesThatADeviceIsDeleted) {
  auto port = Attach(Tap("vm0"));
  Shell("ip link del vm0");
  port->Refresh();
  EXPECT_FALSE(port->problem().ok());
  EXPECT_FALSE(port->link_up());
  port.reset();
  EXPECT_EQ(LinkNames(), "");

  port = Attach(Tap("vm0"));
  Shell("ip link del vswitch-twin-of-vm0");
  port->Refresh();
  EXPECT_FALSE(port->problem().ok());
  port.reset();
  EXPECT_EQ(LinkNames(), "vm0");
  EXPECT_EQ(Programs("vm0"), "vsw_idle vsw_idle");
}

TEST_F(TapPortTest, CountsWhatFullQueuesLoseExactly) {
  PortSpec spec = Tap("vm0");
  spec.txqueuelen = 64;
  const auto port = Attach(spec);
  const UniqueFd guest = OpenAsGuest("vm0");
  ASSERT_TRUE(WaitForLink(*port, true));
  for (int i = 0; i < 64 + 7; ++i) ASSERT_TRUE(WritePacket(guest, PlainPacket(60)));
  for (int i = 0; i < 64 + 9; ++i) ASSERT_TRUE(WritePacket(port->queues()[0], PlainPacket(60)));
  const KernelDrops drops = port->ReadKernelDrops();
  EXPECT_EQ(drops.ingress_queue_full, 7u);
  EXPECT_EQ(drops.egress_queue_full, 9u);
  int inward = 0, outward = 0;
  while (!ReadPacket(port->queues()[0], 0).frame.empty()) ++inward;
  while (!ReadPacket(guest, 0).frame.empty()) ++outward;
  EXPECT_EQ(inward, 64);
  EXPECT_EQ(outward, 64);
  // A port attached later does not count what was lost before.
  const auto again = port->ReadKernelDrops();
  EXPECT_EQ(again.egress_queue_full, 9u);
}

TEST_F(TapPortTest, CountsWhatIsSentWithoutAGuest) {
  auto port = Attach(Tap("vm0"));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(WritePacket(port->queues()[0], PlainPacket(60)));
  EXPECT_EQ(port->ReadKernelDrops().egress_queue_full, 5u);
  { UniqueFd guest = OpenAsGuest("vm0"); }
  WaitForLink(*port, false);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(WritePacket(port->queues()[0], PlainPacket(60)));
  EXPECT_EQ(port->ReadKernelDrops().egress_queue_full, 8u);
  port.reset();
  port = Attach(Tap("vm0"));
  EXPECT_EQ(port->ReadKernelDrops().egress_queue_full, 0u);
}

TEST_F(TapPortTest, SeveralWorkerQueuesTakeAndGiveEveryFrame) {
  const auto port = Attach(Tap("vm0"), /*worker_queues=*/2);
  ASSERT_NE(port, nullptr);
  ASSERT_EQ(port->queues().size(), 2u);
  const UniqueFd guest = OpenAsGuest("vm0");
  ASSERT_TRUE(WaitForLink(*port, true));
  int received[2] = {};
  for (int i = 0; i < 200; ++i) {
    Packet packet = TcpSuperPacket(100);
    packet.header = {};
    packet.frame[34] = static_cast<uint8_t>(i);  // 200 connections: the flow hash spreads them.
    ASSERT_TRUE(WritePacket(guest, packet));
  }
  for (int queue = 0; queue < 2; ++queue) {
    while (!ReadPacket(port->queues()[queue], 0).frame.empty()) ++received[queue];
  }
  EXPECT_EQ(received[0] + received[1], 200);
  EXPECT_GT(received[0], 0);
  EXPECT_GT(received[1], 0);
  for (int queue = 0; queue < 2; ++queue) {
    ASSERT_TRUE(WritePacket(port->queues()[queue], PlainPacket(60, 9)));
    ExpectSame(PlainPacket(60, 9), ReadPacket(guest));
  }
}

TEST_F(TapPortTest, QueuesBlockUnlessAskedNotTo) {
  for (const bool nonblocking : {false, true}) {
    const auto port =
        PortDevice::Attach({.spec = Tap("vm0"), .worker_queues = 2, .nonblocking = nonblocking});
    ASSERT_TRUE(port.ok()) << port.status();
    for (const UniqueFd& queue : (*port)->queues()) {
      EXPECT_EQ((fcntl(queue.get(), F_GETFL) & O_NONBLOCK) != 0, nonblocking);
      EXPECT_NE(fcntl(queue.get(), F_GETFD) & FD_CLOEXEC, 0);
    }
  }
}

TEST_F(TapPortTest, AGuestMayHaveSeveralQueues) {
  PortSpec spec = Tap("vm0");
  spec.queues = 2;
  const auto port = Attach(spec);
  EXPECT_TRUE(Find("vm0")->tun->multi_queue);
  const UniqueFd first = OpenAsGuest("vm0", true, kAllOffloads);
  const UniqueFd second = OpenAsGuest("vm0", true, kAllOffloads);
  ASSERT_TRUE(first && second) << strerror(errno);
  ASSERT_TRUE(WaitForLink(*port, true));
  for (const UniqueFd* guest : {&first, &second}) {
    ASSERT_TRUE(WritePacket(*guest, TcpSuperPacket(9000)));
    ExpectSame(TcpSuperPacket(9000), ReadPacket(port->queues()[0]));
  }
}

}  // namespace
}  // namespace vswitch::testing
