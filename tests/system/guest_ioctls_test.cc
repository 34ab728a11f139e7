// What a guest may do to its TAP while it holds it, ioctl by ioctl: it harms itself only, the
// port's state is true, and the guest that comes next finds all as it should be.
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <functional>
#include <string>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kOwner = 3000;

// As ioctl() answers.
using Act = std::function<int(int fd)>;

Act Number(unsigned long request, unsigned long value) {
  return [=](int fd) { return ioctl(fd, request, value); };
}

Act Pointer(unsigned long request, int value) {
  return [=](int fd) { return ioctl(fd, request, &value); };
}

Act Request(unsigned long request, short flags) {
  return [=](int fd) {
    ifreq argument = {};
    argument.ifr_flags = flags;
    return ioctl(fd, request, &argument);
  };
}

int SetAddress(int fd) {
  ifreq argument = {};
  argument.ifr_hwaddr.sa_family = 1;  // ARPHRD_ETHER
  argument.ifr_hwaddr.sa_data[0] = 2;
  return ioctl(fd, SIOCSIFHWADDR, &argument);
}

int DropAll(int fd) {
  static sock_filter drop[] = {{.code = BPF_RET | BPF_K}};
  const sock_fprog filter = {.len = 1, .filter = drop};
  return ioctl(fd, TUNATTACHFILTER, &filter);
}

// struct tun_filter: no flags, one address.
int TakeOneAddressOnly(int fd) {
  const uint8_t filter[] = {0, 0, 1, 0, 2, 2, 2, 2, 2, 2};
  return ioctl(fd, TUNSETTXFILTER, filter) == 1 ? 0 : -1;
}

struct Case {
  std::string description;
  Act act;
  bool allowed = true;
  std::string state = "up";
  std::string detail = "";
};

const Case kCases[] = {
    {"a longer header", Pointer(TUNSETVNETHDRSZ, 4096)},
    {"a shorter header", Pointer(TUNSETVNETHDRSZ, 10)},
    {"no header at all", Pointer(TUNSETVNETHDRSZ, 0), /*allowed=*/false},
    {"little endian", Pointer(TUNSETVNETLE, 1)},
    {"no offloads", Number(TUNSETOFFLOAD, 0)},
    {"unknown offloads", Number(TUNSETOFFLOAD, 0x80000000), /*allowed=*/false},
    {"a filter that drops all", DropAll},
    {"a list of addresses", TakeOneAddressOnly},
    {"a send buffer of a byte", Pointer(TUNSETSNDBUF, 1)},
    {"no send buffer", Pointer(TUNSETSNDBUF, 0), /*allowed=*/false},
    {"an address of the TAP", SetAddress},
    {"another kind of link", Number(TUNSETLINK, 65534), /*allowed=*/false},
    {"debug messages", Number(TUNSETDEBUG, 1)},
    {"no checksums", Number(TUNSETNOCSUM, 1)},
    {"another index", Pointer(TUNSETIFINDEX, 77), /*allowed=*/false},
    {"another owner", Number(TUNSETOWNER, 4000)},
    {"a group", Number(TUNSETGROUP, 4000)},
    {"a TAP that goes with its guest", Number(TUNSETPERSIST, 0)},
    {"no carrier", Pointer(TUNSETCARRIER, 0), true, "down", "set the carrier off"},
};

const Case kQueueCases[] = {
    {"all queues detached", Request(TUNSETQUEUE, IFF_DETACH_QUEUE), true, "down", "detached all"},
    {"another owner", Number(TUNSETOWNER, 4000)},
    {"no carrier", Pointer(TUNSETCARRIER, 0), true, "down", "set the carrier off"},
};

class GuestIoctlsTest : public SystemTest {
 protected:
  // From one station to the other, and to all.
  void Talk(FakeGuest& from, uint32_t from_station, FakeGuest& to, uint32_t to_station) {
    for (const MacAddress destination : {Station(to_station), kBroadcast}) {
      from.Send(NumberedFrame(destination, Station(from_station), ++number_));
      to.ReceiveUntil(number_);
    }
  }

  // A super-frame that crosses whole.
  void TalkInSuperFrames(FakeGuest& from, uint32_t from_station, FakeGuest& to,
                         uint32_t to_station) {
    const FrameBuilder builder =
        FrameBuilder().From(Station(from_station)).To(Station(to_station)).Tcp({}, 9000).Gso(1448);
    const Bytes frame = builder.BuildEthernet();
    const OffloadFields header = builder.offload();
    to.DrainNumbers();
    from.Send({reinterpret_cast<const uint8_t*>(&header), kOffloadBytes}, frame);
    const std::optional<Bytes> received = to.Receive();
    ASSERT_TRUE(received);
    EXPECT_EQ(received->size(), frame.size());
  }

  void ExpectHarmless(const Case& c, const std::string& port, FakeGuest& a, FakeGuest& b) {
    SCOPED_TRACE(c.description);
    const FakeGuest::Options options = {.user = kOwner, .multi_queue = port == "wide"};
    {
      FakeGuest guest(net(), port, options);
      ExpectState(port, "up");
      EXPECT_EQ(c.act(guest.fd()) == 0, c.allowed) << strerror(errno);
      ExpectState(port, c.state);
      EXPECT_THAT(ctl().Port(port).at("detail").get<std::string>(), HasSubstr(c.detail));
      Talk(a, 0, b, 1);
      Talk(b, 1, a, 0);
    }
    ExpectState(port, "down");
    FakeGuest next(net(), port, options);
    ExpectState(port, "up");
    EXPECT_EQ(ctl().Port(port).at("owner"), std::to_string(kOwner));
    Talk(next, 2, a, 0);
    Talk(a, 0, next, 2);
    TalkInSuperFrames(next, 2, a, 0);
    TalkInSuperFrames(a, 0, next, 2);
  }

  uint64_t number_ = 100;
};

TEST_F(GuestIoctlsTest, HarmItselfOnly) {
  const auto guests = AddGuests(2);
  LearnAll(guests);
  ctl().Ok("add-port br0 odd owner=" + std::to_string(kOwner));
  for (const Case& c : kCases) ExpectHarmless(c, "odd", *guests[0], *guests[1]);
  ctl().Ok("add-port br0 wide queues=2 owner=" + std::to_string(kOwner));
  for (const Case& c : kQueueCases) ExpectHarmless(c, "wide", *guests[0], *guests[1]);
}

// The switch must not be in the way when a program opens its TAP again at once.
TEST_F(GuestIoctlsTest, OpenItsTapAgainAtOnce) {
  ctl().Ok("add-port br0 vm0");
  for (int i = 0; i < 300; ++i) ASSERT_EQ(FakeGuest::TryOpen(net(), "vm0", {}), 0) << i;
}

}  // namespace
}  // namespace vswitch::testing
