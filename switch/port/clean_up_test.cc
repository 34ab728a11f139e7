// What a guest sets on its TAP, and the kernel keeps when it lets go of it: the next guest finds
// the TAP as new.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <functional>
#include <string>

#include "switch/port/testing/guest.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

int Value(int fd, unsigned long request) {
  int value = 0;
  return ioctl(fd, request, &value) == 0 ? value : -errno;
}

bool Set(int fd, unsigned long request, int value) { return ioctl(fd, request, &value) == 0; }

// A program that answers 0: drops each frame as a filter, and chooses the first queue.
bool SetProgram(int fd, unsigned long request) {
  const bpf_insn kZero[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0},
                            {.code = BPF_JMP | BPF_EXIT}};
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  load.insns = reinterpret_cast<uint64_t>(kZero);
  load.insn_cnt = 2;
  load.license = reinterpret_cast<uint64_t>("GPL");
  const UniqueFd program(static_cast<int>(syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load))));
  return program && Set(fd, request, program.get());
}

bool AttachDropAll(int fd) {
  static sock_filter drop[] = {{.code = BPF_RET | BPF_K}};
  const sock_fprog filter{.len = 1, .filter = drop};
  return ioctl(fd, TUNATTACHFILTER, &filter) == 0;
}

bool TakeOneAddressOnly(int fd) {
  // struct tun_filter: no flags, one address.
  const uint8_t filter[] = {0, 0, 1, 0, 2, 2, 2, 2, 2, 2};
  return ioctl(fd, TUNSETTXFILTER, filter) > 0;
}

struct Case {
  std::string description;
  std::function<bool(int fd)> set;
};

const Case kCases[] = {
    {"offloads", [](int fd) { return ioctl(fd, TUNSETOFFLOAD, kAllOffloads) == 0; }},
    {"a long header", [](int fd) { return Set(fd, TUNSETVNETHDRSZ, 20); }},
    {"little endian", [](int fd) { return Set(fd, TUNSETVNETLE, 1); }},
    // Not every kernel can.
    {"big endian", [](int fd) { return Set(fd, TUNSETVNETBE, 1) || errno == EINVAL; }},
    {"a filter", AttachDropAll},
    {"a list of addresses", TakeOneAddressOnly},
    {"an eBPF filter", [](int fd) { return SetProgram(fd, TUNSETFILTEREBPF); }},
    {"a steering program", [](int fd) { return SetProgram(fd, TUNSETSTEERINGEBPF); }},
    {"a small send buffer", [](int fd) { return Set(fd, TUNSETSNDBUF, 1); }},
    {"debug messages", [](int fd) { return ioctl(fd, TUNSETDEBUG, 1UL) == 0; }},
    {"another owner", [](int fd) { return ioctl(fd, TUNSETOWNER, 4000UL) == 0; }},
};

class LeftoversTest : public PortTest {
 protected:
  // The guest that comes next, one that does without the header and sets nothing; then another.
  void ExpectAsNew(PortDevice& port, bool multi_queue) {
    UniqueFd guest(open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    ifreq request{};
    Find("vm0")->name.copy(request.ifr_name, IFNAMSIZ);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (multi_queue) request.ifr_flags |= IFF_MULTI_QUEUE;
    ASSERT_EQ(ioctl(guest.get(), TUNSETIFF, &request), 0) << strerror(errno);
    EXPECT_EQ(Value(guest.get(), TUNGETVNETHDRSZ), 10);
    EXPECT_EQ(Value(guest.get(), TUNGETVNETLE), 0);
    EXPECT_LE(Value(guest.get(), TUNGETVNETBE), 0);
    EXPECT_EQ(Value(guest.get(), TUNGETSNDBUF), INT_MAX);
    ASSERT_TRUE(WaitForLink(port, true));
    ASSERT_TRUE(WritePacket(port.queues()[0], TcpSuperPacket(4000)));
    for (const int payload : {1448, 1448, 1104}) {
      uint8_t frame[65536];
      EXPECT_EQ(read(guest.get(), frame, sizeof(frame)), 54 + payload);
    }
    guest = UniqueFd();
    guest = OpenAsGuest("vm0", multi_queue, kAllOffloads);
    ASSERT_TRUE(guest) << strerror(errno);
    ASSERT_TRUE(WaitForLink(port, true));
    ASSERT_TRUE(WritePacket(port.queues()[0], TcpSuperPacket(9000)));
    ExpectSame(TcpSuperPacket(9000), ReadPacket(guest));
  }

  static void LetGo(PortDevice& port) {
    ASSERT_TRUE(WaitForLink(port, false));
    ASSERT_TRUE(port.left());
    port.CleanUp();
    EXPECT_FALSE(port.left());
    port.Refresh();
    EXPECT_FALSE(port.left());
  }
};

TEST_F(LeftoversTest, TheNextGuestFindsTheTapAsNew) {
  for (const int queues : {1, 2}) {
    PortSpec spec = Spec(PortType::kTap, "vm0");
    spec.queues = queues;
    const auto port = Attach(spec);
    ASSERT_NE(port, nullptr);
    EXPECT_FALSE(port->left());
    for (const Case& c : kCases) {
      SCOPED_TRACE(c.description);
      {
        const UniqueFd guest = OpenAsGuest("vm0", queues > 1);
        ASSERT_TRUE(guest) << strerror(errno);
        ASSERT_TRUE(c.set(guest.get())) << strerror(errno);
        ASSERT_TRUE(WaitForLink(*port, true));
      }
      LetGo(*port);
      EXPECT_EQ(Find("vm0")->tun->owner, spec.owner);
      ExpectAsNew(*port, queues > 1);
      LetGo(*port);
    }
    EXPECT_EQ(*port->Forget(/*force=*/true), false);
  }
}

TEST_F(LeftoversTest, OfAGuestFromBeforeTheDaemon) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.description);
    Shell("ip tuntap add vm0 mode tap user 0");
    ASSERT_TRUE(c.set(OpenAsGuest("vm0").get())) << strerror(errno);
    const auto port = Attach(Spec(PortType::kTap, "vm0"));
    ASSERT_NE(port, nullptr);
    EXPECT_FALSE(port->left());
    ExpectAsNew(*port, false);
    Shell("ip link del vm0");
  }
}

TEST_F(LeftoversTest, AGuestThatWasNeverSeen) {
  const auto port = Attach(Spec(PortType::kTap, "vm0"));
  { const UniqueFd guest = OpenAsGuest("vm0", false, kAllOffloads); }
  port->Refresh();
  LetGo(*port);
  ExpectAsNew(*port, false);
}

TEST_F(LeftoversTest, WhoOpensItAgainIsNotInterrupted) {
  const auto port = Attach(Spec(PortType::kTap, "vm0"));
  { const UniqueFd guest = OpenAsGuest("vm0", false, kAllOffloads); }
  port->Refresh();
  ASSERT_TRUE(port->left());
  { const UniqueFd guest = OpenAsGuest("vm0"); }
  port->CleanUp();
  EXPECT_TRUE(port->left());  // Later, when nobody has come meanwhile.
  LetGo(*port);
}

// The kernel takes no group back.
TEST_F(LeftoversTest, AGroupCostsTheTap) {
  PortSpec spec = Spec(PortType::kTap, "vm0");
  const auto port = Attach(spec);
  { ASSERT_EQ(ioctl(OpenAsGuest("vm0").get(), TUNSETGROUP, 4000UL), 0); }
  LetGo(*port);
  EXPECT_FALSE(port->problem().ok());  // To be made anew.
  EXPECT_FALSE(Find("vm0").ok());
}

TEST_F(LeftoversTest, WhoHoldsItIsLeftInPeace) {
  const auto port = Attach(Spec(PortType::kTap, "vm0"));
  const UniqueFd guest = OpenAsGuest("vm0", false, kAllOffloads);
  ASSERT_TRUE(WaitForLink(*port, true));
  EXPECT_FALSE(port->left());
  ASSERT_TRUE(Set(guest.get(), TUNSETCARRIER, 0));
  ASSERT_TRUE(WaitForLink(*port, false));
  EXPECT_EQ(port->down_detail(), "its guest has set the carrier off");
  EXPECT_FALSE(port->left());
  ASSERT_TRUE(Set(guest.get(), TUNSETCARRIER, 1));
  ASSERT_TRUE(WaitForLink(*port, true));
  ASSERT_TRUE(WritePacket(port->queues()[0], TcpSuperPacket(9000)));
  ExpectSame(TcpSuperPacket(9000), ReadPacket(guest));
}

TEST_F(LeftoversTest, QueuesThatAreDetached) {
  PortSpec spec = Spec(PortType::kTap, "vm0");
  spec.queues = 2;
  const auto port = Attach(spec);
  const UniqueFd guest = OpenAsGuest("vm0", true, kAllOffloads);
  ASSERT_TRUE(WaitForLink(*port, true));
  ifreq request{};
  request.ifr_flags = IFF_DETACH_QUEUE;
  ASSERT_EQ(ioctl(guest.get(), TUNSETQUEUE, &request), 0);
  ASSERT_TRUE(WaitForLink(*port, false));
  EXPECT_EQ(port->down_detail(), "its guest has detached all of its queues");
  EXPECT_FALSE(port->left());
  request.ifr_flags = IFF_ATTACH_QUEUE;
  ASSERT_EQ(ioctl(guest.get(), TUNSETQUEUE, &request), 0);
  ASSERT_TRUE(WaitForLink(*port, true));
}

TEST_F(LeftoversTest, AMultiQueueTapIsNoSingleQueuePort) {
  Shell("ip tuntap add vm0 mode tap multi_queue");
  PortSpec spec = Spec(PortType::kTap, "vm0");
  const absl::Status refused = AttachError(spec);
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_NE(refused.message().find("queues=2"), absl::string_view::npos) << refused;
  spec.queues = 2;
  EXPECT_NE(Attach(spec), nullptr);
}

}  // namespace
}  // namespace vswitch::testing
