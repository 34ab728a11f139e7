// What a hostile guest may write to its TAP: it harms itself, and is counted.
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

class HostileFramesTest : public EachIoMode {};

// virtio_net_hdr_v1_hash_tunnel, of Linux 6.17.
constexpr int kTunnelHeaderBytes = 24;
constexpr unsigned kTunUdpTunnelGso = 0x80;
constexpr uint8_t kGsoUdpTunnelIpV4 = 0x20;

// A VXLAN frame that says to be a super-frame and is none: shorter than one of its segments.
Bytes FalseTunnelFrame() {
  const Bytes inner = FrameBuilder().Tcp({}, 500).LeaveChecksum().BuildEthernet();
  constexpr size_t kVxlanBytes = 8;
  constexpr uint16_t kUdpAt = 14 + 20;
  constexpr uint16_t kInnerAt = kUdpAt + 8 + kVxlanBytes;
  Bytes frame = FrameBuilder()
                    .From(Station(0))
                    .To(kBroadcast)
                    .Udp({}, kVxlanBytes + inner.size())
                    .BuildEthernet();
  std::ranges::copy(inner, frame.begin() + kInnerAt);
  constexpr uint16_t kInnerIpAt = kInnerAt + 14;
  Bytes bytes = OffloadBytes({.flags = 1,
                              .gso_type = 1 | kGsoUdpTunnelIpV4,
                              .hdr_len = kInnerIpAt + 20 + 20,
                              .gso_size = 1400,
                              .csum_start = kInnerIpAt + 20,
                              .csum_offset = 16});
  bytes.resize(kTunnelHeaderBytes);
  bytes[20] = kUdpAt;
  bytes[22] = kInnerIpAt;
  bytes.insert(bytes.end(), frame.begin(), frame.end());
  return bytes;
}

// The kernel takes it from the guest and cannot say it to us: our read of it fails with EINVAL.
TEST_P(HostileFramesTest, AFrameThatCannotBeReadIsCountedAndItsPortGoesOn) {
  auto guests = AddGuests(2);
  const int tap = guests[0]->fd();
  int header_bytes = kTunnelHeaderBytes;
  ASSERT_EQ(ioctl(tap, TUNSETVNETHDRSZ, &header_bytes), 0);
  if (ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | kTunUdpTunnelGso) != 0) {
    GTEST_SKIP() << "tunnels' super-frames pass a TAP from Linux 6.17 on";
  }
  const Bytes hostile = FalseTunnelFrame();
  constexpr uint64_t kRounds = 50;
  for (uint64_t round = 1; round <= kRounds; ++round) {
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(write(tap, hostile.data(), hostile.size()), static_cast<ssize_t>(hostile.size()));
    }
    Bytes honest(kTunnelHeaderBytes);
    const Bytes frame = NumberedFrame(kBroadcast, Station(0), round);
    honest.insert(honest.end(), frame.begin(), frame.end());
    ASSERT_EQ(write(tap, honest.data(), honest.size()), static_cast<ssize_t>(honest.size()));
    ASSERT_EQ(guests[1]->Receive(), frame) << "round " << round;
  }
  const Json stats = ExpectBalance();
  EXPECT_EQ(Drops(ctl().PortStats("vm0"), "unreadable"), 3 * kRounds);
  EXPECT_EQ(stats.at("workers").at(0).at("read_errors"), 3 * kRounds);
  const std::string log = vswitch().daemon().Errors();
  EXPECT_EQ(log.find("could not hand over"), log.rfind("could not hand over")) << "told twice";
  EXPECT_THAT(log, ::testing::HasSubstr("vm0: the kernel could not hand over a frame"));
}

VSWITCH_EACH_IO_MODE(HostileFramesTest);

}  // namespace
}  // namespace vswitch::testing
