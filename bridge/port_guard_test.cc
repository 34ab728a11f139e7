// What each guard lets pass and what it does not, with the source of each rule.
#include "bridge/port_guard.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "bridge/wire/network_header.h"
#include "tests/raw_packets.h"

namespace vswitch {
namespace {

using namespace raw;  // NOLINT: the words of the tables.

IpPrefix Prefix4(const char* text, uint8_t length = 32) {
  return {IpFamily::kV4, IpAddress::FromV4(Address4(text).data()), length};
}
IpPrefix Prefix6(const char* text, uint8_t length = 128) {
  return {IpFamily::kV6, IpAddress::FromV6(Address6(text).data()), length};
}

// Station(1) and Station(5), 10.0.0.1, 10.1.0.0/16 and fd00::1.
GuardRules Lists() {
  return {.macs = {Station(1), Station(5)},
          .ips = {Prefix4("10.0.0.1"), Prefix4("10.1.0.0", 16), Prefix6("fd00::1")}};
}
GuardRules Only(bool GuardRules::*rule) {
  GuardRules rules = Lists();
  rules.*rule = true;
  return rules;
}
GuardRules All() {
  GuardRules rules = Lists();
  rules.mac = rules.ip = rules.arp = rules.nd = rules.dhcp_server = rules.ra = true;
  return rules;
}

// In a buffer of exactly its length, and once with the body elsewhere, so that a sanitizer sees a
// read beyond it.
DropReason GuardOf(const GuardRules& rules, const Octets& ethernet) {
  Octets bytes = Octets(kOffloadHeaderBytes, 0) + ethernet;
  FrameBytes whole;
  whole.SetWhole(bytes.data(), static_cast<uint32_t>(bytes.size()));
  const DropReason reason = Guard(rules, whole);
  Octets head(bytes.begin(), bytes.begin() + whole.head_length);
  const Octets body(bytes.begin() + whole.head_length, bytes.end());
  FrameBytes split = whole;
  split.head = head.data();
  split.body = body.data();
  EXPECT_EQ(Guard(rules, split), reason);
  return reason;
}

struct Case {
  std::string what;
  Octets frame;
  DropReason reason = DropReason::kNone;
};

void Expect(const GuardRules& rules, const std::vector<Case>& cases) {
  for (const Case& c : cases) EXPECT_EQ(GuardOf(rules, c.frame), c.reason) << c.what;
}

constexpr DropReason kMac = DropReason::kGuardMac;
constexpr DropReason kIp = DropReason::kGuardIp;
constexpr DropReason kArp = DropReason::kGuardArp;
constexpr DropReason kNd = DropReason::kGuardNd;
constexpr DropReason kDhcp = DropReason::kGuardDhcpServer;
constexpr DropReason kRa = DropReason::kGuardRa;

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;
constexpr uint8_t kEsp = 50;
constexpr uint8_t kAh = 51;
constexpr uint8_t kIcmp6 = 58;
constexpr uint16_t kMore = 0x2000;
const Octets kPorts = Udp(1000, 2000);

Octets Ip4(const char* source) { return V4(source, kUdp, kPorts); }
Octets Ip6(const char* source) { return V6(source, kUdp, kPorts); }

TEST(PortGuardTest, Mac) {
  // IEEE 802.3, 3.2.5; Open vSwitch's and OVN's port_security, libvirt's no-mac-spoofing.
  Expect(Only(&GuardRules::mac),
         {{"its own", Ether(0x88b5, {})},
          {"another that it may have", Ether(0x88b5, {}, Station(5))},
          {"a stranger's", Ether(0x88b5, {}, Station(2)), kMac},
          {"what is inside does not matter", Ether(0x0800, Ip4("1.2.3.4"))},
          {"cut short inside: the source can be read", Ether(0x8100, Octets{0, 1, 0x81, 0})}});
}

TEST(PortGuardTest, Ip) {
  // OVN's port_security ("only the addresses listed; a family that is not listed does not pass"),
  // libvirt's no-ip-spoofing.
  Expect(Only(&GuardRules::ip),
         {{"its own", Ether(0x0800, Ip4("10.0.0.1"))},
          {"of its prefix", Ether(0x0800, Ip4("10.1.255.255"))},
          {"the next address", Ether(0x0800, Ip4("10.0.0.2")), kIp},
          {"beside the prefix", Ether(0x0800, Ip4("10.2.0.0")), kIp},
          {"v6", Ether(0x86dd, Ip6("fd00::1"))},
          {"v6, another", Ether(0x86dd, Ip6("fd00::2")), kIp},
          {"v6, mapped from v4: RFC 4291, 2.5.5.2", Ether(0x86dd, Ip6("::ffff:10.0.0.1")), kIp},
          {"link-local: RFC 4862, 5.3", Ether(0x86dd, Ip6("fe80::1234"))},
          {"link-local, beside /64: RFC 4291, 2.5.6", Ether(0x86dd, Ip6("fe80:0:0:1::1")), kIp},
          {"a multicast source", Ether(0x0800, Ip4("224.0.0.1")), kIp},
          {"with options: RFC 791", Ether(0x0800, V4("10.0.0.1", kUdp, kPorts, 0, 10))},
          {"with options, another", Ether(0x0800, V4("10.0.0.9", kUdp, kPorts, 0, 10)), kIp},
          {"a later fragment", Ether(0x0800, V4("10.0.0.1", kUdp, kPorts, 185))},
          {"a later fragment, another", Ether(0x0800, V4("10.0.0.9", kUdp, kPorts, 185)), kIp},
          {"no IP", Ether(0x88b5, Octets(46, 0))},
          {"ARP is another's", Ether(0x0806, Arp(1, Station(9), "1.2.3.4"))},
          {"ESP", Ether(0x0800, V4("10.0.0.1", kEsp, Octets(20, 7)))},
          {"what only hosts' own tunnels would open",
           Ether(0x0800, V4("10.0.0.1", 4, Ip4("9.9.9.9")))}});
}

TEST(PortGuardTest, WhoHasNoAddressYetMayAskForOne) {
  Expect(Only(&GuardRules::ip),
         {{"DHCP: RFC 2131, 4.1", Ether(0x0800, V4("0.0.0.0", kUdp, Udp(68, 67)))},
          {"other UDP", Ether(0x0800, V4("0.0.0.0", kUdp, kPorts)), kIp},
          {"from 68 to elsewhere", Ether(0x0800, V4("0.0.0.0", kUdp, Udp(68, 53))), kIp},
          {"TCP", Ether(0x0800, V4("0.0.0.0", kTcp, Udp(68, 67))), kIp},
          {"a later fragment", Ether(0x0800, V4("0.0.0.0", kUdp, Udp(68, 67), 1)), kIp},
          {"cut short", Ether(0x0800, V4("0.0.0.0", kUdp, Octets{0, 68})), kIp},
          {"DAD: RFC 4862, 5.4.2", Ether(0x86dd, V6("::", kIcmp6, Icmp(135, Address6("fd00::1"))))},
          {"RFC 4861, 4.1", Ether(0x86dd, V6("::", kIcmp6, Icmp(133)))},
          {"RFC 3590", Ether(0x86dd, V6("::", 0, Extension(kIcmp6, Icmp(143))))},
          {"an echo", Ether(0x86dd, V6("::", kIcmp6, Icmp(128))), kIp},
          {"UDP", Ether(0x86dd, Ip6("::")), kIp}});
}

TEST(PortGuardTest, AFamilyWithoutAnAddressDoesNotPass) {
  GuardRules v4{.ip = true, .ips = {Prefix4("10.0.0.1")}};
  Expect(v4, {{"v6", Ether(0x86dd, Ip6("fd00::1")), kIp},
              {"link-local", Ether(0x86dd, Ip6("fe80::1")), kIp},
              {"DAD", Ether(0x86dd, V6("::", kIcmp6, Icmp(135, Address6("fe80::1")))), kIp}});
  GuardRules v6{.ip = true, .ips = {Prefix6("fd00::", 8)}};
  Expect(v6, {{"v4", Ether(0x0800, Ip4("10.0.0.1")), kIp},
              {"DHCP", Ether(0x0800, V4("0.0.0.0", kUdp, Udp(68, 67))), kIp},
              {"of the prefix", Ether(0x86dd, Ip6("fdff::1"))}});
  GuardRules named{.ip = true, .ips = {Prefix6("fd00::1"), Prefix6("fe80::1")}};
  Expect(named, {{"the link-local address that is named", Ether(0x86dd, Ip6("fe80::1"))},
                 {"no other then", Ether(0x86dd, Ip6("fe80::2")), kIp}});
  GuardRules all{.ip = true, .ips = {{IpFamily::kV4, {}, 0}}};
  Expect(all, {{"0.0.0.0/0", Ether(0x0800, Ip4("1.2.3.4"))}});
}

TEST(PortGuardTest, Arp) {
  Octets other_hardware = Arp(1, Station(1), "10.0.0.1");
  other_hardware[1] = 7;
  Octets ieee802 = Arp(1, Station(1), "10.0.0.1");
  ieee802[1] = 6;
  Octets long_addresses = Arp(1, Station(1), "10.0.0.1");
  long_addresses[4] = 8;
  // RFC 826; OVN's arp.sha and arp.spa, libvirt's no-arp-spoofing.
  Expect(Only(&GuardRules::arp),
         {{"request", Ether(0x0806, Arp(1, Station(1), "10.0.0.1"))},
          {"reply", Ether(0x0806, Arp(2, Station(5), "10.1.2.3"))},
          {"another's MAC", Ether(0x0806, Arp(2, Station(2), "10.0.0.1")), kArp},
          {"another's IP", Ether(0x0806, Arp(2, Station(1), "10.0.0.2")), kArp},
          {"another's IP in a request teaches too", Ether(0x0806, Arp(1, Station(1), "10.0.0.2")),
           kArp},
          {"probe: RFC 5227, 2.1.1", Ether(0x0806, Arp(1, Station(1), "0.0.0.0"))},
          {"a reply of nobody", Ether(0x0806, Arp(2, Station(1), "0.0.0.0")), kArp},
          {"RARP, as QEMU announces itself", Ether(0x8035, Arp(3, Station(1), "0.0.0.0"))},
          {"RARP of another", Ether(0x8035, Arp(3, Station(2), "0.0.0.0")), kArp},
          {"RARP reply: RFC 903", Ether(0x8035, Arp(4, Station(1), "10.0.0.2")), kArp},
          {"cut short", Ether(0x0806, Octets(27, 0)), kArp},
          {"hardware that nobody here has", Ether(0x0806, other_hardware), kArp},
          {"IEEE 802, which Linux takes", Ether(0x0806, ieee802)},
          {"longer addresses", Ether(0x0806, long_addresses), kArp},
          {"IP is another's", Ether(0x0800, Ip4("1.2.3.4"))}});
  // Without a list of MACs: the frame's own source.
  GuardRules no_macs{.arp = true, .ips = {Prefix4("10.0.0.1")}};
  Expect(no_macs, {{"its own", Ether(0x0806, Arp(2, Station(7), "10.0.0.1"), Station(7))},
                   {"another's", Ether(0x0806, Arp(2, Station(7), "10.0.0.1")), kArp}});
  GuardRules no_v4{.arp = true, .ips = {Prefix6("fd00::1")}};
  Expect(no_v4, {{"no IPv4", Ether(0x0806, Arp(2, Station(1), "10.0.0.1")), kArp}});
}

Octets Nd(const char* source, uint8_t type, const Octets& rest = {}) {
  return Ether(0x86dd, V6(source, kIcmp6, Icmp(type, rest)));
}

TEST(PortGuardTest, Nd) {
  const Octets mine = Address6("fd00::1");
  const Octets theirs = Address6("fd00::2");
  const Octets own = Option(1, Station(1));
  const Octets foreign = Option(1, Station(2));
  // RFC 4861, 4.1 to 4.5 and 7.1; OVN's nd.target, nd.sll and nd.tll.
  Expect(Only(&GuardRules::nd),
         {{"solicitation", Nd("fd00::1", 135, theirs + own)},
          {"solicitation with another's MAC", Nd("fd00::1", 135, theirs + foreign), kNd},
          {"solicitation of another", Nd("fd00::2", 135, theirs + own), kNd},
          {"DAD for its own", Nd("::", 135, mine)},
          {"DAD for another's: RFC 4862, 5.4.3", Nd("::", 135, theirs), kNd},
          {"advertisement", Nd("fd00::1", 136, mine + Option(2, Station(5)))},
          {"advertisement of a link-local", Nd("fe80::5", 136, Address6("fe80::5"))},
          {"of another's address", Nd("fd00::1", 136, theirs + Option(2, Station(1))), kNd},
          {"of another's MAC", Nd("fd00::1", 136, mine + Option(2, Station(2))), kNd},
          {"behind an option of its own", Nd("fd00::1", 136, mine + own + foreign), kNd},
          {"router solicitation", Nd("fe80::1", 133, own)},
          {"router solicitation of nobody", Nd("::", 133)},
          {"router solicitation with another's MAC", Nd("fe80::1", 133, foreign), kNd},
          {"router advertisement is another's", Nd("fe80::1", 134, Octets(8, 0) + own)},
          {"but not with another's MAC", Nd("fe80::1", 134, Octets(8, 0) + foreign), kNd},
          {"redirect to another", Nd("fe80::1", 137, theirs + mine), kNd},
          {"an advertisement of nobody", Nd("::", 136, mine), kNd},
          {"an echo", Nd("fd00::2", 128)},
          {"cut short", Nd("fd00::1", 136, Octets(15, 0)), kNd},
          {"an option of no length: RFC 4861, 4.6", Nd("fd00::1", 136, mine + Octets(8, 0)), kNd},
          {"an option that is too long", Nd("fd00::1", 136, mine + Octets{1, 2, 0, 0, 0, 0, 0, 0}),
           kNd},
          {"a rest of an option", Nd("fd00::1", 136, mine + Octets{14}), kNd}});
  Octets many = mine;
  for (int i = 0; i < 32; ++i) many = many + Octets{14, 1, 0, 0, 0, 0, 0, 0};
  Expect(Only(&GuardRules::nd), {{"as many options as are read", Nd("fd00::1", 136, many)},
                                 {"one more", Nd("fd00::1", 136, many + own), kNd}});
}

TEST(PortGuardTest, DhcpServer) {
  // RFC 2131, 4.1; RFC 8415, 7.2. ISC's dhclient and systemd-networkd go by the client's port
  // alone.
  Expect(Only(&GuardRules::dhcp_server),
         {{"client", Ether(0x0800, V4("0.0.0.0", kUdp, Udp(68, 67)))},
          {"server", Ether(0x0800, V4("10.0.0.1", kUdp, Udp(67, 68))), kDhcp},
          {"server from another port", Ether(0x0800, V4("10.0.0.1", kUdp, Udp(1067, 68))), kDhcp},
          {"relay", Ether(0x0800, V4("10.0.0.1", kUdp, Udp(67, 67))), kDhcp},
          {"v6 client", Ether(0x86dd, V6("fe80::1", kUdp, Udp(546, 547)))},
          {"v6 server", Ether(0x86dd, V6("fe80::1", kUdp, Udp(547, 546))), kDhcp},
          {"v6 server from another port", Ether(0x86dd, V6("fe80::1", kUdp, Udp(9, 546))), kDhcp},
          {"TCP", Ether(0x0800, V4("10.0.0.1", kTcp, Udp(67, 68)))},
          {"any source", Ether(0x0800, Ip4("1.2.3.4"))},
          {"behind options", Ether(0x0800, V4("10.0.0.1", kUdp, Udp(67, 68), 0, 3)), kDhcp},
          {"behind AH: RFC 4302",
           Ether(0x0800, V4("10.0.0.1", kAh, Authentication(kUdp, Udp(67, 68)))), kDhcp},
          {"ESP hides it: RFC 4303", Ether(0x0800, V4("10.0.0.1", kEsp, Udp(67, 68)))},
          {"first fragment", Ether(0x0800, V4("10.0.0.1", kUdp, Udp(67, 68), kMore)), kDhcp},
          {"a first fragment without ports: RFC 1858",
           Ether(0x0800, V4("10.0.0.1", kUdp, Octets{0, 9}, kMore)), kDhcp},
          {"a later one", Ether(0x0800, V4("10.0.0.1", kUdp, Udp(67, 68), kMore + 1))},
          {"v6 first fragment", Ether(0x86dd, V6("fe80::1", 44, Fragment(kUdp, 1, Udp(547, 546)))),
           kDhcp},
          {"without ports: RFC 7112", Ether(0x86dd, V6("fe80::1", 44, Fragment(kUdp, 1, {0, 9}))),
           kDhcp},
          {"v6 later one", Ether(0x86dd, V6("fe80::1", 44, Fragment(kUdp, 9, Udp(547, 546))))}});
}

TEST(PortGuardTest, Ra) {
  const Octets ra = Icmp(134, Octets(8, 0));
  Octets chain = ra;
  uint8_t next = kIcmp6;
  for (int i = 0; i < kMaxExtensionHeaders; ++i) {
    chain = Extension(std::exchange(next, 60), chain);
  }
  // RFC 6105 (RA-Guard) and RFC 7113, which tells how it was evaded.
  Expect(
      Only(&GuardRules::ra),
      {{"advertisement", Nd("fe80::1", 134, Octets(8, 0)), kRa},
       {"redirect", Nd("fe80::1", 137, Octets(32, 0)), kRa},
       {"solicitation", Nd("fe80::1", 133)},
       {"neighbours", Nd("fe80::1", 136, Octets(16, 0))},
       {"behind hop-by-hop options", Ether(0x86dd, V6("fe80::1", 0, Extension(kIcmp6, ra))), kRa},
       {"behind a long one", Ether(0x86dd, V6("fe80::1", 60, Extension(kIcmp6, ra, 30))), kRa},
       {"behind routing", Ether(0x86dd, V6("fe80::1", 43, Extension(kIcmp6, ra))), kRa},
       {"behind mobility", Ether(0x86dd, V6("fe80::1", 135, Extension(kIcmp6, ra))), kRa},
       {"behind AH", Ether(0x86dd, V6("fe80::1", kAh, Authentication(kIcmp6, ra))), kRa},
       {"behind ESP", Ether(0x86dd, V6("fe80::1", kEsp, ra))},
       {"in an atomic fragment: RFC 6946",
        Ether(0x86dd, V6("fe80::1", 44, Fragment(kIcmp6, 0, ra))), kRa},
       {"in a first fragment", Ether(0x86dd, V6("fe80::1", 44, Fragment(kIcmp6, 1, ra))), kRa},
       {"RFC 7113, 2.2: the chain goes on in the next fragment",
        Ether(0x86dd, V6("fe80::1", 44, Fragment(60, 1, Octets{kIcmp6, 9, 0, 0, 0, 0, 0, 0}))),
        kRa},
       {"that next one: it lacks a first", Ether(0x86dd, V6("fe80::1", 44, Fragment(60, 9, ra)))},
       {"as deep as is read", Ether(0x86dd, V6("fe80::1", 60, chain)), kRa},
       {"deeper", Ether(0x86dd, V6("fe80::1", 60, Extension(60, Extension(60, chain)))), kRa},
       {"no next header: RFC 8200, 4.7", Ether(0x86dd, V6("fe80::1", 59, ra))},
       {"IPv4 has none", Ether(0x0800, V4("10.0.0.1", kIcmp6, ra))}});
}

TEST(PortGuardTest, FragmentsOfNeighbourDiscoveryDoNotPass) {
  // RFC 6980.
  const Octets na = Icmp(136, Address6("fd00::1"));
  Expect(Only(&GuardRules::nd),
         {{"whole", Ether(0x86dd, V6("fd00::1", kIcmp6, na))},
          {"atomic", Ether(0x86dd, V6("fd00::1", 44, Fragment(kIcmp6, 0, na))), kNd},
          {"first", Ether(0x86dd, V6("fd00::1", 44, Fragment(kIcmp6, 1, na))), kNd}});
}

std::string Words(const char* what, int tags, uint16_t tpid) {
  return std::string(what) + " " + std::to_string(tags) + " of " + std::to_string(tpid);
}

// CERT VU#855201 (CVE-2021-27853, -27854, -27861, -27862, CVE-2022-20728): VLAN 0, LLC/SNAP and
// their mixtures in front of what a guard should have seen.
TEST(PortGuardTest, LooksThroughTagsAndSnap) {
  struct Kind {
    uint16_t type;
    Octets bad;
    bool GuardRules::*rule;
    DropReason reason;
  };
  const std::vector<Kind> kinds = {
      {0x0800, Ip4("10.0.0.9"), &GuardRules::ip, kIp},
      {0x86dd, Ip6("fd00::9"), &GuardRules::ip, kIp},
      {0x0806, Arp(2, Station(1), "10.0.0.9"), &GuardRules::arp, kArp},
      {0x86dd, V6("fe80::1", kIcmp6, Icmp(136, Address6("fd00::9"))), &GuardRules::nd, kNd},
      {0x0800, V4("10.0.0.1", kUdp, Udp(67, 68)), &GuardRules::dhcp_server, kDhcp},
      {0x86dd, V6("fe80::1", kIcmp6, Icmp(134, Octets(8, 0))), &GuardRules::ra, kRa},
  };
  for (const Kind& kind : kinds) {
    const GuardRules rules = Only(kind.rule);
    for (const uint16_t tpid : {0x8100, 0x88a8, 0x9100}) {
      uint16_t next = kind.type;
      Octets rest = kind.bad;
      for (int tags = 0; tags <= 6; ++tags) {
        const uint16_t vid = tags % 2 == 0 ? 0 : 20;
        const Octets snap = Snap(next, rest);
        Expect(rules, {{Words("tags", tags, tpid), Ether(next, rest), kind.reason},
                       {Words("SNAP inside tags", tags, tpid),
                        Ether(static_cast<uint16_t>(snap.size()), snap), kind.reason}});
        rest = Tag(vid, std::exchange(next, tpid), rest);
      }
    }
    const Octets snap = Snap(kind.type, kind.bad);
    const Octets tagged_snap = Tag(0, 100, snap);
    const Octets snap_tagged = Snap(0x8100, Tag(0, kind.type, kind.bad));
    Expect(rules, {{"SNAP with a length that lies", Ether(3, snap), kind.reason},
                   {"SNAP with a length of 0", Ether(0, snap), kind.reason},
                   {"SNAP with 0x05ff", Ether(0x05ff, snap), kind.reason},
                   {"IEEE 802.1H", Ether(99, Snap(kind.type, kind.bad, 0x0000f8)), kind.reason},
                   {"SNAP behind a tag", Ether(0x8100, tagged_snap), kind.reason},
                   {"a tag behind SNAP", Ether(99, snap_tagged), kind.reason},
                   {"SNAP in SNAP", Ether(99, Snap(100, snap)), kind.reason},
                   {"SNAP that is no plain datagram", Ether(99, Snap(kind.type, kind.bad, 0, 0x13)),
                    kind.reason},
                   {"SNAP cut short", Ether(99, Octets{0xaa, 0xaa, 3, 0}), kind.reason},
                   {"a tag cut short", Ether(0x8100, Octets{0, 1, 8}), kind.reason},
                   {"another's OUI", Ether(99, Snap(kind.type, kind.bad, 0x00000c))},
                   {"LLC: spanning tree", Ether(38, Octets{0x42, 0x42, 3} + Octets(35, 0))},
                   {"LLC of a byte", Ether(1, Octets{0xaa})}});
  }
}

TEST(PortGuardTest, WhatCannotBeReadDoesNotPass) {
  Octets lies_v4 = Ip4("10.0.0.1");
  lies_v4[3] = 200;
  Octets short_v4 = Ip4("10.0.0.1");
  short_v4[3] = 19;
  Octets no_header = Ip4("10.0.0.1");
  no_header[0] = 0x44;
  Octets version = Ip4("10.0.0.1");
  version[0] = 0x65;
  Octets big_tcp = V4("10.0.0.1", kUdp, Udp(67, 68));
  big_tcp[2] = big_tcp[3] = 0;
  Octets lies_v6 = Ip6("fd00::1");
  lies_v6[5] = 200;
  Octets jumbo = V6("fe80::1", 0, Extension(kIcmp6, Icmp(134, Octets(8, 0))));
  jumbo[4] = jumbo[5] = 0;
  Octets version_6 = Ip6("fd00::1");
  version_6[0] = 0x40;
  const GuardRules ip = Only(&GuardRules::ip);
  Expect(ip, {{"IPv4 of 19 bytes", Ether(0x0800, Octets(19, 0x45)), kIp},
              {"a length beyond the frame: RFC 791", Ether(0x0800, lies_v4), kIp},
              {"a length below its header", Ether(0x0800, short_v4), kIp},
              {"a header below 20 bytes", Ether(0x0800, no_header), kIp},
              {"another version", Ether(0x0800, version), kIp},
              {"IPv6 of 39 bytes", Ether(0x86dd, Octets(39, 0x60)), kIp},
              {"IPv6 that is longer than the frame", Ether(0x86dd, lies_v6), kIp},
              {"IPv6 of another version", Ether(0x86dd, version_6), kIp},
              {"padding behind the packet", Ether(0x0800, Ip4("10.0.0.1") + Octets(18, 0))}});
  Expect(Only(&GuardRules::dhcp_server), {{"no length, as BIG TCP", Ether(0x0800, big_tcp), kDhcp},
                                          {"IPv4 of a byte", Ether(0x0800, Octets{0x45}), kDhcp}});
  Expect(Only(&GuardRules::ra),
         {{"a jumbogram: RFC 2675", Ether(0x86dd, jumbo), kRa},
          {"options beyond the frame", Ether(0x86dd, V6("fe80::1", 0, Octets{kIcmp6, 255})), kRa},
          {"IPv4 is none of its business", Ether(0x0800, Octets(3, 0))}});
}

TEST(PortGuardTest, TheFirstReasonIsGiven) {
  const GuardRules all = All();
  Expect(all, {{"all is well", Ether(0x0800, Ip4("10.0.0.1"))},
               {"mac before ip", Ether(0x0800, Ip4("9.9.9.9"), Station(2)), kMac},
               {"ip before dhcp", Ether(0x0800, V4("9.9.9.9", kUdp, Udp(67, 68))), kIp},
               {"nd before ra", Nd("fe80::1", 134, Octets(8, 0) + Option(1, Station(3))), kNd},
               {"ra", Nd("fe80::1", 134, Octets(8, 0)), kRa},
               {"unreadable", Ether(0x8100, Octets{0, 1}), kIp},
               {"ARP", Ether(0x0806, Octets(3, 0)), kArp}});
  Expect(Lists(), {{"no rule", Ether(0x8100, Octets{0, 1})}});
}

}  // namespace
}  // namespace vswitch
