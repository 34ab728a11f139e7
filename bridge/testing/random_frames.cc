#include "bridge/testing/random_frames.h"

#include <algorithm>

#include "bridge/loop_probe.h"
#include "tests/raw_packets.h"

namespace vswitch {
namespace {

// What a guard may have to say something of: a DHCP server, neighbours, a router.
Bytes RandomClaim(Random& random) {
  using namespace raw;  // NOLINT: the words of packets.
  static constexpr const char* kSources[] = {"fd00::1", "fe80::1", "2001:db8::1", "::"};
  const MacAddress station = Station(1 + random.Below(12));
  const Octets claim = Address6(random.Pick(kSources)) + Option(2, Station(1 + random.Below(12)));
  const auto type = static_cast<uint8_t>(133 + random.Below(5));
  const Octets v6 = V6(random.Pick(kSources), 58, Icmp(type, claim));
  const Octets v4 = V4(random.OneIn(2) ? "10.0.0.1" : "192.0.2.1", 17, Udp(67, 68));
  Octets packet = random.OneIn(2) ? Ether(0x86dd, v6, station) : Ether(0x0800, v4, station);
  return Octets(kOffloadBytes, 0) + packet;
}

}  // namespace

MacAddress RandomMac(Random& random) {
  switch (random.Below(12)) {
    case 0:
      return kBroadcast;
    case 1:
      return {uint64_t{0x0180c2000000} | random.Below(20)};
    case 2:
      return random.OneIn(4) ? MacAddress{} : Mac("01:00:5e:00:00:01");
    default:
      return Station(1 + random.Below(12));
  }
}

FrameBuilder RandomFrame(Random& random) {
  FrameBuilder frame = FrameBuilder().From(RandomMac(random)).To(RandomMac(random));
  if (!random.OneIn(3)) frame.From(Station(1 + random.Below(12)));
  static constexpr uint16_t kVids[] = {0, 0, 1, 2, 4094, 4095};
  static constexpr uint16_t kTpids[] = {0x8100, 0x8100, 0x88a8, 0x9100};
  for (uint32_t tags = random.OneIn(2) ? random.Below(5) : 0; tags > 0; --tags) {
    frame.Tag(random.Pick(kVids), random.Pick(kTpids), static_cast<uint8_t>(random.Below(8)));
  }
  if (random.OneIn(12)) {
    if (!random.OneIn(4)) frame.To(kLoopProbeGroup);
    return frame.EtherType(0x88b6).Payload(20 + random.Below(30));
  }
  if (random.OneIn(8)) {
    const uint32_t group = kFirstRandomGroup + random.Below(kRandomGroups + 1);
    frame.To({uint64_t{0x01005e000000} | (group & 0x7fffff)});
    return frame.Udp({.destination_ip = random.OneIn(8) ? 0xe0000001 : group}, random.Below(3000));
  }
  if (random.OneIn(20)) {
    // As a BPDU begins, and just not so.
    const uint16_t type = random.OneIn(4) ? 1501 : static_cast<uint16_t>(random.Below(1501));
    return frame.To({0x0180c2000000}).EtherType(type).Payload(46);
  }
  const Flow flow{.ipv6 = random.OneIn(2)};
  switch (random.Below(6)) {
    case 0:
      return frame.ArpRequest(1, 2);
    case 1:
      return frame.Udp(flow, random.Below(2000));
    case 2:
      return frame.Udp(flow, random.Below(2000)).LeaveChecksum();
    case 3:
      return frame.Tcp(flow, random.Below(9000)).Gso(static_cast<uint16_t>(1 + random.Below(3000)));
    case 4:
      return frame.Udp(flow, random.Below(9000)).Gso(static_cast<uint16_t>(1 + random.Below(3000)));
    default:
      return frame.Payload(random.Below(1600));
  }
}

Bytes RandomBytes(Random& random) {
  Bytes bytes;
  if (random.OneIn(10)) {
    bytes.resize(random.Below(80));
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.Below(256));
    // Mostly past the offload header, which nearly all garbage fails.
    if (!random.OneIn(4)) std::fill_n(bytes.begin(), std::min<size_t>(bytes.size(), 12), 0);
    return bytes;
  }
  bytes = random.OneIn(12) ? RandomClaim(random) : RandomFrame(random).Build();
  // An IPv4 packet becomes a message of IGMP.
  static constexpr uint8_t kIgmpTypes[] = {0x11, 0x12, 0x16, 0x17, 0x22, 0x30};
  if (bytes.size() > 48 && bytes[24] == 0x08 && bytes[25] == 0x00 && random.OneIn(4)) {
    bytes[12 + 14 + 9] = 2;
    bytes[12 + 14 + 20] = random.Pick(kIgmpTypes);
  }
  if (random.OneIn(8)) bytes.resize(random.Below(static_cast<uint32_t>(bytes.size()) + 1));
  if (random.OneIn(8) && !bytes.empty()) {
    const auto head = static_cast<uint32_t>(std::min<size_t>(bytes.size(), 60));
    for (uint32_t flips = 1 + random.Below(4); flips > 0; --flips) {
      bytes[random.Below(head)] ^= static_cast<uint8_t>(1 << random.Below(8));
    }
  }
  return bytes;
}

}  // namespace vswitch
