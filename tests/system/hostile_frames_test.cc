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

// The most work that a frame may ask of the kernel: it cuts it for each receiver without offloads.
Bytes WorstSuperFrame(MacAddress to) {
  return FrameBuilder().From(Station(0)).To(to).Tcp({}, 65'000).Gso(48).Build();
}

TEST_P(HostileFramesTest, SuperFramesOfTheShortestSegmentsAreTheirSendersOwnTrouble) {
  std::vector<std::unique_ptr<FakeGuest>> plain;
  auto attacker = AddGuest("vm0");
  for (const char* port : {"vm1", "vm2", "vm3"}) {
    plain.push_back(AddGuest(port, "", {.offloads = false}));
  }
  plain[0]->Send(NumberedFrame(kBroadcast, Station(1), 1));
  ExpectFdb(Station(1), "vm1");
  ctl().Ok("add-br br1");
  ctl().Ok("add-port br1 nb0");
  ctl().Ok("add-port br1 nb1");
  FakeGuest asks(net(), "nb0");
  FakeGuest answers(net(), "nb1");
  ExpectState("nb0", "up");
  ExpectState("nb1", "up");
  for (const MacAddress to : {Station(1), kBroadcast}) {
    const Bytes frame = WorstSuperFrame(to);
    // As many as its queue takes, again and again; nobody reads what they become.
    Loop attack([&] {
      if (write(attacker->fd(), frame.data(), frame.size()) < 0) PausePolling();
    });
    for (uint64_t number = 1; number <= 100; ++number) {
      asks.Send(NumberedFrame(Station(11), Station(10), number));
      ASSERT_EQ(answers.ReceiveUntil(number).size(), 0u) << number;
      answers.Send(NumberedFrame(Station(10), Station(11), number));
      ASSERT_EQ(asks.ReceiveUntil(number).size(), 0u) << number;
    }
  }
  ExpectBalance();
  for (const char* port : {"nb0", "nb1"}) {
    EXPECT_EQ(ctl().PortStats(port).at("ingress").at("frames"), 200);
    EXPECT_EQ(ctl().PortStats(port).at("egress").at("frames"), 200);
  }
}

// More than a batch may send on: the rest waits in order, none is lost, and the port is read again.
TEST_P(HostileFramesTest, ABurstOfUsualSuperFramesArrivesWhole) {
  auto guests = AddGuests(2);
  LearnAll(guests);
  constexpr uint16_t kFrames = 400;
  for (int burst = 0; burst < 5; ++burst) {
    for (uint16_t i = 0; i < kFrames; ++i) {
      const Bytes frame = FrameBuilder()
                              .From(Station(0))
                              .To(Station(1))
                              .Tcp({.source_port = i}, 20'000)
                              .Gso(1400)
                              .Build();
      ASSERT_EQ(write(guests[0]->fd(), frame.data(), frame.size()),
                static_cast<ssize_t>(frame.size()));
    }
    for (uint16_t i = 0; i < kFrames; ++i) {
      const std::optional<Bytes> frame = guests[1]->Receive();
      ASSERT_TRUE(frame) << i;
      ASSERT_EQ(frame->size(), 14u + 20 + 20 + 20'000);
      ASSERT_EQ((*frame)[34] << 8 | (*frame)[35], i) << "out of order";
    }
  }
  ExpectBalance();
}

VSWITCH_EACH_IO_MODE(HostileFramesTest);

}  // namespace
}  // namespace vswitch::testing
