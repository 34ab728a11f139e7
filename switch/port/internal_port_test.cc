// A port of type=internal: the veth pair, its host end that we serve, and the user's end here or in
// another namespace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netpacket/packet.h>

#include <algorithm>
#include <string>

#include "switch/port/leftovers.h"
#include "switch/port/testing/child.h"
#include "switch/port/testing/guest.h"
#include "switch/port/testing/other_namespace.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

class InternalPortTest : public PortTest {
 protected:
  void SetUp() override {
    PortTest::SetUp();
    if (IsSkipped()) return;
    Shell("sysctl -q net.ipv6.conf.default.disable_ipv6=1");
  }
  static PortSpec Internal(const std::string& name) {
    PortSpec spec = Spec(PortType::kInternal, name);
    spec.txqueuelen = 64;
    return spec;
  }
  // Frames that wait in our queues.
  static uint64_t CountPlain(const PortDevice& port) {
    uint64_t count = 0;
    for (const UniqueFd& queue : port.queues()) {
      while (ReadPacket(queue, 20).frame == PlainPacket(60).frame) ++count;
    }
    return count;
  }
  // A veth hands frames over in a softirq; wait until it has.
  static void ExpectLost(PortDevice& port, uint64_t frames) {
    for (int i = 0; i < 200 && port.ReadKernelDrops().ingress_queue_full < frames; ++i) {
      usleep(5'000);
    }
    EXPECT_EQ(port.ReadKernelDrops().ingress_queue_full, frames);
    EXPECT_EQ(port.ReadKernelDrops().egress_queue_full, 0u);
  }
  static Packet To(uint64_t address) {
    Packet packet = PlainPacket(60);
    for (int i = 0; i < 6; ++i) packet.frame[i] = static_cast<uint8_t>(address >> (40 - 8 * i));
    return packet;
  }
  absl::StatusOr<std::vector<LinkInfo>> Sweep() {
    return SweepLeftovers(
        "", [](std::string_view) { return false; }, [](uint32_t) { return ""; });
  }
};

TEST_F(InternalPortTest, TheHostIsTheOtherEnd) {
  PortSpec spec = Internal("p0");
  spec.mtu = 9000;
  auto port = Attach(spec);
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(LinkNames(), "p0 vsw0 vswi0");
  EXPECT_EQ(port->name(), "p0");
  EXPECT_EQ(port->mtu(), 9000u);
  EXPECT_EQ(port->max_frame_bytes(), 9014u);
  EXPECT_TRUE(WaitForLink(*port, true));
  EXPECT_FALSE(port->owns_guest_tap());
  EXPECT_EQ(port->note(), "");
  EXPECT_EQ(Find("p0")->flags & IFF_NOARP, 0u);
  EXPECT_EQ(Find("p0")->mtu, 9000u);
  EXPECT_EQ(Find("vswi0")->mtu, 9000u);
  EXPECT_NE(Find("vswi0")->flags & IFF_NOARP, 0u);
  EXPECT_EQ(Find("vswi0")->ifindex, port->ifindex());
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
}

TEST_F(InternalPortTest, OutlivesThePort) {
  auto port = Attach(Internal("p0"));
  ASSERT_NE(port, nullptr);
  const LinkInfo before = *Find("p0");
  Shell("ip addr add 10.9.0.1/24 dev p0");
  Shell("ip route add 10.8.0.0/16 via 10.9.0.2");
  port.reset();
  EXPECT_EQ(LinkNames(), "p0 vswi0");
  EXPECT_FALSE(Find("vswi0")->up());
  EXPECT_EQ(Programs("vswi0"), "vsw_idle vsw_idle");
  EXPECT_TRUE(Find("p0")->up());
  EXPECT_FALSE(Find("p0")->has_carrier());
  port = Attach(Internal("p0"));
  EXPECT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(Find("p0")->ifindex, before.ifindex);
  EXPECT_EQ(Find("p0")->address, before.address);
  EXPECT_THAT(ShellOutput("ip route"), HasSubstr("10.8.0.0/16 via 10.9.0.2"));
  // Until it is forgotten.
  EXPECT_EQ(*port->Forget(/*force=*/false), false);
  port.reset();
  EXPECT_EQ(LinkNames(), "");
}

TEST_F(InternalPortTest, ACrashedDaemonIsReplaced) {
  AttachedChild daemon(Internal("p0"));
  const int index = Find("p0")->ifindex;
  EXPECT_THAT(std::string(AttachError(Internal("p0")).message()),
              HasSubstr("served already by process " + daemon.pid()));
  daemon.Kill();
  EXPECT_TRUE(Find("vswi0")->up());
  const auto port = Attach(Internal("p0"));
  ASSERT_NE(port, nullptr);
  EXPECT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(Find("p0")->ifindex, index);
}

// As it is for the moment between the two requests that make it.
TEST_F(InternalPortTest, KilledBeforeItWasMarked) {
  const auto unmark = [&] {
    Attach(Internal("p0")).reset();
    const LinkInfo host_end = *Find("vswi0");
    for (const std::string& name : host_end.alternative_names) {
      Shell("ip link property del dev vswi0 altname " + name);
    }
  };
  unmark();
  auto port = Attach(Internal("p0"));
  ASSERT_NE(port, nullptr);
  EXPECT_EQ(Find("vswi0")->alternative_names.size(), 2u);
  EXPECT_EQ(*port->Forget(/*force=*/false), false);
  port.reset();
  unmark();
  Shell("ip link add vswi7 type veth peer name theirs");
  EXPECT_TRUE(Sweep()->empty());
  EXPECT_EQ(LinkNames(), "theirs vswi7");
}

TEST_F(InternalPortTest, IsSweptWhereverItsEndIs) {
  Attach(Internal("p0")).reset();
  OtherNamespace other;
  Shell("ip link set p0 netns " + other.pid());
  AttachedChild served(Internal("p1"));
  EXPECT_EQ(Sweep()->size(), 1u);
  EXPECT_EQ(LinkNames(), "p1 vsw0 vswi1");
  EXPECT_TRUE(Find("vswi1")->up());
}

TEST_F(InternalPortTest, ItsMacAddressIsDerivedOrChosen) {
  PortSpec spec = Internal("p0");
  auto port = Attach(spec);
  const uint64_t derived = port->address();
  EXPECT_EQ(derived >> 40 & 3, 2u) << "unicast, locally administered";
  EXPECT_EQ(Find("p0")->address, derived);
  EXPECT_NE(Attach(Internal("p1"))->address(), derived);

  spec.mac = {0x020000000077};
  EXPECT_EQ(port->Apply(spec), absl::OkStatus());
  EXPECT_EQ(Find("p0")->address, 0x020000000077u);
  EXPECT_EQ(port->address(), 0x020000000077u);
  // Made anew.
  Shell("ip link del p0");
  port.reset();
  port = Attach(spec);
  EXPECT_EQ(Find("p0")->address, 0x020000000077u);
  spec.mac = {};
  EXPECT_EQ(port->Apply(spec), absl::OkStatus());
  EXPECT_EQ(Find("p0")->address, derived);
  // What its user chose stays his, unless one is asked for.
  Shell("ip link set p0 address 02:00:00:00:00:99");
  port.reset();
  port = Attach(spec);
  EXPECT_EQ(Find("p0")->address, 0x020000000099u);
  Shell("ip link del p0");
  port.reset();
  port = Attach(spec);
  EXPECT_EQ(Find("p0")->address, derived);
}

TEST_F(InternalPortTest, CountsWhatAFullQueueLosesExactly) {
  const auto port = Attach(Internal("p0"));
  ASSERT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(SendFromHost("p0", 200), 0);
  const uint64_t read = CountPlain(*port);
  EXPECT_GE(read, 64u);
  EXPECT_LT(read, 100u);
  ExpectLost(*port, 200 - read);
}

TEST_F(InternalPortTest, FollowsWhatItsUserDoes) {
  const auto port = Attach(Internal("p0"));
  ASSERT_TRUE(WaitForLink(*port, true));
  Shell("ip link set p0 mtu 4000");
  port->Refresh();
  EXPECT_EQ(port->mtu(), 4000u);
  EXPECT_EQ(Find("vswi0")->mtu, 4000u);
  Shell("ip link set p0 down");
  EXPECT_TRUE(WaitForLink(*port, false));
  EXPECT_EQ(port->down_detail(), "it is set down: 'ip link set p0 up' sets it up");
  Shell("ip link set p0 name web");
  Shell("ip link set web up");
  EXPECT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(port->name(), "web");
  EXPECT_THAT(port->note(), HasSubstr("'ip link set web name p0'"));
  EXPECT_TRUE(port->IsConcernedBy(*Find("web")));
  // What is done to the host end is undone.
  Shell("ip link set vswi0 mtu 1400 down");
  EXPECT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(Find("vswi0")->mtu, 4000u);
}

TEST_F(InternalPortTest, WorksOnInAnotherNamespace) {
  PortSpec spec = Internal("p0");
  const auto port = Attach(spec);
  ASSERT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(port->peer_address(), 0u);

  OtherNamespace other;
  other.Shell("sysctl -q net.ipv6.conf.default.disable_ipv6=1");
  Shell("ip link set p0 netns " + other.pid());
  EXPECT_EQ(LinkNames(), "vsw0 vswi0");
  EXPECT_TRUE(WaitForLink(*port, false));
  EXPECT_THAT(port->note(), HasSubstr("in another network namespace (nsid "));
  EXPECT_EQ(port->down_detail(), "it is set down");
  other.Shell("ip link set p0 name eth0 mtu 4000 up");
  EXPECT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(port->mtu(), 4000u);
  EXPECT_EQ(Find("vswi0")->mtu, 4000u);
  EXPECT_THAT(port->note(), HasSubstr("as eth0"));
  EXPECT_EQ(port->peer_address(), port->address());
  spec.mtu = 1400;
  EXPECT_TRUE(absl::IsFailedPrecondition(port->Apply(spec)));
  spec.mtu = 0;
  spec.mac = {0x020000000077};
  EXPECT_TRUE(absl::IsFailedPrecondition(port->Apply(spec)));

  other.Send("eth0", 200);
  const uint64_t read = CountPlain(*port);
  EXPECT_GE(read, 64u);
  ExpectLost(*port, 200 - read);

  other.Shell("ip link del eth0");
  port->Refresh();
  EXPECT_TRUE(absl::IsNotFound(port->problem()));
  EXPECT_THAT(std::string(port->problem().message()),
              HasSubstr("ended with its network namespace"));
  EXPECT_FALSE(port->link_up());
}

// No event tells of these.
TEST_F(InternalPortTest, SeesWhatHasChangedElsewhere) {
  const auto port = Attach(Internal("p0"));
  OtherNamespace other;
  Shell("ip link set p0 netns " + other.pid());
  other.Shell("ip link set p0 up");
  ASSERT_TRUE(WaitForLink(*port, true));
  absl::StatusOr<Links> links = Links::Open();
  for (const char* change : {"mtu 4000", "address 02:00:00:00:00:99", "name eth0"}) {
    port->Refresh();
    EXPECT_FALSE(port->HasChangedElsewhere(*links)) << change;
    other.Shell("ip link set " + port->name() + " " + change);
    EXPECT_TRUE(port->HasChangedElsewhere(*links)) << change;
  }
}

// A frame for others who can be reached through it is not its own, or it would route it.
TEST_F(InternalPortTest, TellsItsOwnFramesFromOthers) {
  const auto port = Attach(Internal("p0"));
  OtherNamespace other;
  Shell("ip link set p0 netns " + other.pid());
  other.Shell("ip link set p0 up");
  ASSERT_TRUE(WaitForLink(*port, true));
  UniqueFd socket = other.Listen("p0");
  const auto type_of = [&](uint64_t address) {
    EXPECT_TRUE(WritePacket(port->queues()[0], To(address)));
    return ReadPacketType(socket);
  };
  EXPECT_EQ(type_of(port->address()), PACKET_HOST);
  EXPECT_EQ(type_of(0x020000000099), PACKET_OTHERHOST);
  EXPECT_EQ(type_of(0xffffffffffff), PACKET_BROADCAST);
  EXPECT_EQ(type_of(0x01005e000001), PACKET_MULTICAST);
  const uint64_t before = port->address();
  other.Shell("ip link set p0 address 02:00:00:00:00:99");
  EXPECT_EQ(type_of(0x020000000099), PACKET_HOST) << "before anybody has looked";
  port->Refresh();
  EXPECT_EQ(type_of(0x020000000099), PACKET_HOST);
  EXPECT_EQ(type_of(before), PACKET_OTHERHOST);
  // Back home, where the kernel hands nothing over.
  other.Shell("ip link set p0 netns " + std::to_string(getpid()));
  Shell("ip link set p0 up");
  ASSERT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(port->peer_address(), 0u);
  socket = Listen("p0");
  EXPECT_EQ(type_of(0x020000000099), PACKET_HOST);
  EXPECT_EQ(type_of(before), PACKET_OTHERHOST);
}

TEST_F(InternalPortTest, GoesWithItsNamespace) {
  const auto port = Attach(Internal("p0"));
  {
    OtherNamespace other;
    Shell("ip link set p0 netns " + other.pid());
    port->Refresh();
    EXPECT_TRUE(port->problem().ok());
  }
  // The kernel removes namespaces in its own time.
  for (int i = 0; i < 500 && port->problem().ok(); ++i) {
    usleep(10'000);
    port->Refresh();
  }
  EXPECT_FALSE(port->problem().ok());
  EXPECT_EQ(LinkNames(), "vsw0");
}

TEST_F(InternalPortTest, AHostEndThatServesAnother) {
  const auto port = Attach(Internal("p0"));
  Shell("ip link add br9 type bridge");
  Shell("ip link set vswi0 master br9");
  port->Refresh();
  EXPECT_THAT(std::string(port->problem().message()), HasSubstr("ip link set vswi0 nomaster"));
}

TEST_F(InternalPortTest, SeveralWorkerQueues) {
  auto port = Attach(Internal("p0"), 2);
  ASSERT_NE(port, nullptr);
  ASSERT_EQ(port->queues().size(), 2u);
  ASSERT_TRUE(WaitForLink(*port, true));
  EXPECT_EQ(SendFromHost("p0", 10), 0);
  EXPECT_EQ(CountPlain(*port), 10u);
}

}  // namespace
}  // namespace vswitch::testing
