// Large frames: jumbo frames cross unchanged, super-frames cross whole, and who cannot take them
// gets segments. Real TCP stacks at both ends, which notice every wrong checksum.
#include <algorithm>

#include "tests/harness/iperf.h"
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

// The Internet checksum over a TCP segment of an IPv4 packet, pseudo header included: 0 when right.
uint16_t TcpChecksumError(const Bytes& frame) {
  const auto word = [&](size_t at) -> uint32_t {
    return frame[at] << 8 | (at + 1 < frame.size() ? frame[at + 1] : 0);
  };
  uint32_t sum = 6 + (word(16) - 20);
  for (size_t at = 26; at < frame.size(); at += 2) sum += word(at);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

class OffloadTest : public EachIoMode {
 protected:
  // TCP in both directions, of which most arrives: iperf3 ends its count when the sender has sent
  // all.
  static void Talk(const NetNamespace& server, const std::string& address,
                   const NetNamespace& client) {
    for (const char* direction : {"", " --reverse"}) {
      const Json report = RunIperf(server, address, client, std::string("-n 64M") + direction);
      EXPECT_GT(BytesReceived(report), kBytes / 2) << direction;
    }
  }
  static constexpr uint64_t kBytes = 64 << 20;

  // A namespace at the end of an internal port, as a container is.
  void AddInternal(const NetNamespace& container, const std::string& port,
                   const std::string& address, const std::string& settings = "") {
    ctl().Ok("add-port br0 " + port + " type=internal " + settings);
    net().Ip("link set " + port + " netns " + container.path());
    container.Ip("addr add " + address + " dev " + port);
    container.Ip("link set " + port + " up");
    ExpectState(port, "up");
  }

  uint64_t Offloaded(const std::string& port) {
    return ctl().PortStats(port).at("ingress").at("offloaded");
  }
};

TEST_P(OffloadTest, PassesJumboFramesUnchanged) {
  auto guests = AddGuests(2, "mtu=9000");
  const Bytes jumbo = NumberedFrame(kBroadcast, Station(0), 1, 9014);
  guests[0]->Send(jumbo);
  EXPECT_EQ(guests[1]->Receive(), jumbo);
  // A VLAN tag does not count as payload.
  const Bytes tagged =
      FrameBuilder().From(Station(0)).To(kBroadcast).Tag(5).Payload(9000).BuildEthernet();
  guests[0]->Send(tagged);
  EXPECT_EQ(guests[1]->Receive(), tagged);
}

TEST_P(OffloadTest, DropsAndCountsWhatAnUplinkCannotTake) {
  auto guests = AddGuests(1, "mtu=9000");
  net().AddVeth("up0", "far0");
  ctl().Ok("add-port br0 up0 type=netdev");
  ExpectState("up0", "up");
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1, 1515));
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 2, 1514));
  Expect("the shorter frame leaves",
         [&] { return ctl().PortStats("up0").at("egress").at("frames") == 1; });
  EXPECT_EQ(Drops(ctl().PortStats("up0"), "exceeds_mtu"), 1);
  ExpectBalance();
}

TEST_P(OffloadTest, PassesSuperFramesWhole) {
  auto guests = AddGuests(2);
  const FrameBuilder super_frame =
      FrameBuilder().From(Station(0)).To(kBroadcast).Tcp({}, 60000).Gso(1448);
  const Bytes sent = super_frame.BuildEthernet();
  guests[0]->Send(OffloadBytes(super_frame.offload()), sent);
  EXPECT_EQ(guests[1]->Receive(), sent);
  const Bytes header(guests[1]->offload_header().begin(), guests[1]->offload_header().end());
  EXPECT_EQ(header[1], 1) << "not a TCPv4 super-frame any more";
  EXPECT_EQ(header[4] | header[5] << 8, 1448) << "gso_size";
  EXPECT_EQ(Offloaded("vm0"), 1);
  ExpectBalance();
}

TEST_P(OffloadTest, SegmentsForAGuestWithoutOffloads) {
  auto guests = AddGuests(1);
  auto plain = AddGuest("plain", "", {.offloads = false});
  const FrameBuilder super_frame =
      FrameBuilder().From(Station(0)).To(kBroadcast).Tcp({}, 10 * 1448).Gso(1448);
  guests[0]->Send(OffloadBytes(super_frame.offload()), super_frame.BuildEthernet());
  for (int i = 0; i < 10; ++i) {
    const std::optional<Bytes> segment = plain->Receive();
    ASSERT_TRUE(segment) << "segment " << i;
    EXPECT_EQ(segment->size(), 14 + 40 + 1448);
    EXPECT_EQ(plain->offload_header()[0] & 1, 0) << "the checksum was left to a guest that cannot";
    EXPECT_EQ(TcpChecksumError(*segment), 0) << "segment " << i;
  }

  const FrameBuilder unfinished =
      FrameBuilder().From(Station(0)).To(kBroadcast).Tcp({}, 100).LeaveChecksum();
  guests[0]->Send(OffloadBytes(unfinished.offload()), unfinished.BuildEthernet());
  const std::optional<Bytes> finished = plain->Receive();
  ASSERT_TRUE(finished);
  EXPECT_EQ(TcpChecksumError(*finished), 0);
}

TEST_P(OffloadTest, CarriesTcpBetweenTwoInternalPorts) {
  NetNamespace left;
  NetNamespace right;
  AddInternal(left, "p0", "10.9.0.1/24");
  AddInternal(right, "p1", "10.9.0.2/24");
  Talk(left, "10.9.0.1", right);
  EXPECT_GT(Offloaded("p0"), 0) << "no super-frame: TCP was segmented before the switch";
  EXPECT_GT(Offloaded("p1"), 0);
  // Far fewer frames than segments.
  EXPECT_LT(ctl().PortStats("p1").at("ingress").at("frames"), kBytes / 1448);
  ExpectBalance();
}

TEST_P(OffloadTest, CarriesUdpBetweenTwoInternalPorts) {
  NetNamespace left;
  NetNamespace right;
  AddInternal(left, "p0", "10.9.0.1/24");
  AddInternal(right, "p1", "10.9.0.2/24");
  EXPECT_GT(BytesReceived(RunIperf(left, "10.9.0.1", right, "-u -b 50M -n 4M")), 0);
  EXPECT_GT(BytesReceived(RunIperf(left, "10.9.0.1", right, "-u -b 50M -n 4M -l 8000")), 0);
  ExpectBalance();
}

TEST_P(OffloadTest, CarriesTcpThroughAnUplink) {
  NetNamespace inside;
  NetNamespace outside;
  net().Ip("link add up0 type veth peer name far0 netns " + outside.path());
  net().Ip("link set up0 up");
  outside.Ip("addr add 10.9.0.1/24 dev far0");
  outside.Ip("link set far0 up");
  ctl().Ok("add-port br0 up0 type=netdev");
  AddInternal(inside, "p0", "10.9.0.2/24");
  ExpectState("up0", "up");

  Talk(outside, "10.9.0.1", inside);
  EXPECT_GT(Offloaded("p0"), 0);
  EXPECT_GT(Offloaded("up0"), 0);
  ExpectBalance();
}

TEST_P(OffloadTest, CarriesJumboTcp) {
  NetNamespace left;
  NetNamespace right;
  AddInternal(left, "p0", "10.9.0.1/24", "mtu=9000");
  AddInternal(right, "p1", "10.9.0.2/24", "mtu=9000");
  const CommandResult ping = left.Command("ping -c 3 -i 0.2 -M do -s 8972 10.9.0.2");
  EXPECT_EQ(ping.status, 0) << ping.output << ping.errors;
  Talk(left, "10.9.0.1", right);
}

VSWITCH_EACH_IO_MODE(OffloadTest);

}  // namespace
}  // namespace vswitch::testing
