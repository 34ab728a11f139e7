// Multicast snooping with the kernel's own hosts: sockets in network namespaces join and leave, and
// guests look on.
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "tests/group_packets.h"
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::IsEmpty;

constexpr uint32_t kGroup = 0xef010203;
constexpr const char* kGroupText = "239.1.2.3";
constexpr const char* kGroup6Text = "ff05::1:3";

// A host of its own behind an internal port.
class Host {
 public:
  Host(const Ctl& ctl, const NetNamespace& switch_net, const std::string& port, int number)
      : port_(port) {
    net_.Run([] {
      for (const char* scope : {"all", "default"}) {
        std::ofstream(std::string("/proc/sys/net/ipv6/conf/") + scope + "/disable_ipv6") << "0";
      }
    });
    ctl.Ok("add-port br0 " + port + " type=internal");
    switch_net.Ip("link set " + port + " netns " + net_.path());
    net_.Run([&] { std::ofstream("/proc/sys/net/ipv6/conf/" + port + "/disable_ipv6") << "0"; });
    net_.Ip("addr add 10.0.0." + std::to_string(number) + "/24 dev " + port);
    net_.Ip("addr add fd00::" + std::to_string(number) + "/64 dev " + port + " nodad");
    net_.Ip("link set " + port + " up");
  }

  // Sockets that are members as long as they are open.
  UniqueFd Join() {
    return InNet(AF_INET, [&](int fd) {
      ip_mreqn member{};
      member.imr_multiaddr.s_addr = htonl(kGroup);
      member.imr_ifindex = static_cast<int>(if_nametoindex(port_.c_str()));
      const sockaddr_in any{.sin_family = AF_INET, .sin_port = htons(2000)};
      return bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0 &&
             setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) == 0;
    });
  }
  UniqueFd Join6() {
    return InNet(AF_INET6, [&](int fd) {
      ipv6_mreq member{};
      inet_pton(AF_INET6, kGroup6Text, &member.ipv6mr_multiaddr);
      member.ipv6mr_interface = if_nametoindex(port_.c_str());
      return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &member, sizeof member) == 0;
    });
  }
  const NetNamespace& net() const { return net_; }

 private:
  template <typename Prepare>
  UniqueFd InNet(int family, Prepare prepare) {
    UniqueFd fd;
    net_.Run([&] {
      fd = UniqueFd(socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      if (!fd || !prepare(fd.get())) throw Error("a socket could not join");
    });
    return fd;
  }

  NetNamespace net_;
  std::string port_;
};

class MulticastTest : public SystemTest {
 protected:
  // The ports that have joined; nullopt: the group is not known.
  std::optional<std::vector<std::string>> Members(const std::string& group) {
    const Json shown = ctl().Query("mdb show br0");
    for (const Json& entry : shown.at("entries")) {
      if (entry.at("group") != group) continue;
      std::vector<std::string> ports;
      for (const Json& port : entry.at("ports")) ports.push_back(port.at("port"));
      return ports;
    }
    return std::nullopt;
  }
  void ExpectMembers(const std::string& group, std::optional<std::vector<std::string>> ports) {
    Expect(group + " has its members", [&] { return Members(group) == ports; });
  }
  // A datagram of guest 0 to the group, and behind it a frame to everybody.
  void SendToGroup(FakeGuest& guest) {
    ++number_;
    guest.Send(FrameBuilder()
                   .From(Station(0))
                   .To(Mac("01:00:5e:01:02:03"))
                   .Udp({.source_ip = 0x0a000063, .destination_ip = kGroup}, 18)
                   .BuildEthernet());
    guest.Send(NumberedFrame(kBroadcast, Station(0), number_));
  }
  // Whether the group's datagram came before the frame to everybody.
  bool HasReceived(FakeGuest& guest) {
    bool has = false;
    while (const std::optional<Bytes> frame = guest.Receive()) {
      has |= MacAddress::FromBytes(frame->data()) == Mac("01:00:5e:01:02:03");
      if (NumberOf(*frame) == number_) return has;
    }
    throw Error("the frame to everybody never came");
  }
  // A guest joins, with the port that it is behind.
  void Join(FakeGuest& guest, const std::string& port) {
    guest.Send(GroupPacket("join", kGroupText, Station(1)));
    ExpectMembers(kGroupText, {{port}});
  }
  // Whether the guest is asked, by IGMP, before it has received so many other frames.
  static bool IsAsked(FakeGuest& guest, int others) {
    for (; others > 0; --others) {
      const std::optional<Bytes> frame = guest.Receive();
      if (!frame.has_value()) return false;
      if (MacAddress::FromBytes(frame->data()) == Mac("01:00:5e:00:00:01")) return true;
    }
    return false;
  }
  bool HasReceived(const UniqueFd& member) {
    std::array<char, 64> bytes;
    return recv(member.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0;
  }

  uint64_t number_ = 0;
};

TEST_F(MulticastTest, AGroupGoesToThoseWhoHaveJoinedIt) {
  auto guests = AddGuests(2);
  Host one(ctl(), net(), "h1", 1);
  Host two(ctl(), net(), "h2", 2);
  ExpectState("h1", "up");
  ExpectState("h2", "up");
  ctl().Ok("set br br0 mcast_snooping=on");

  // Nobody has joined: it floods.
  SendToGroup(*guests[0]);
  EXPECT_TRUE(HasReceived(*guests[1]));

  UniqueFd member = one.Join();
  ExpectMembers(kGroupText, {{"h1"}});
  SendToGroup(*guests[0]);
  EXPECT_FALSE(HasReceived(*guests[1])) << "it has not joined";
  Expect("the member has it", [&] { return HasReceived(member); });

  const UniqueFd other = two.Join();
  ExpectMembers(kGroupText, {{"h1", "h2"}});
  ctl().Ok("set port vm1 mcast_router=on");
  SendToGroup(*guests[0]);
  EXPECT_TRUE(HasReceived(*guests[1])) << "a router port has all groups";
  ctl().Ok("set port vm1 mcast_router=");

  // Who closes its socket leaves; nobody asks here, so it goes after two seconds.
  member.Reset();
  ExpectMembers(kGroupText, {{"h2"}});

  // IPv6: hosts join by MLD, and find each other by neighbour discovery.
  const UniqueFd member6 = one.Join6();
  ExpectMembers(kGroup6Text, {{"h1"}});
  EXPECT_EQ(one.net().Command("ping -6 -c 1 -W 5 fd00::2").status, 0);
  EXPECT_EQ(two.net().Command("ping -c 1 -W 5 10.0.0.1").status, 0);

  ctl().Ok("mdb flush br0");
  EXPECT_EQ(Members(kGroupText), std::nullopt);
  SendToGroup(*guests[0]);
  EXPECT_TRUE(HasReceived(*guests[1]));
  ExpectBalance();
}

TEST_F(MulticastTest, WhatWasLeftOrNeverJoinedGoesToRoutersIfToldSo) {
  auto guests = AddGuests(2);
  Host host(ctl(), net(), "h1", 1);
  ExpectState("h1", "up");
  ctl().Ok("set br br0 mcast_snooping=on");
  ctl().Ok("set port h1 mcast_fast_leave=on");
  UniqueFd member = host.Join();
  ExpectMembers(kGroupText, {{"h1"}});
  member.Reset();
  ExpectMembers(kGroupText, {{}});
  SendToGroup(*guests[0]);
  EXPECT_FALSE(HasReceived(*guests[1])) << "its last member has left";

  ctl().Ok("mdb flush br0");
  ctl().Ok("set br br0 mcast_unregistered=router-only");
  SendToGroup(*guests[0]);
  EXPECT_FALSE(HasReceived(*guests[1]));
  EXPECT_EQ(Drops(ctl().PortStats("vm0"), "no_group_member"), 2);
  ctl().Ok("set br br0 mcast_snooping=off");
  SendToGroup(*guests[0]);
  EXPECT_TRUE(HasReceived(*guests[1]));
  ExpectBalance();
}

TEST_F(MulticastTest, AQuerierFindsWhoHadJoinedBefore) {
  auto guests = AddGuests(1);
  Host host(ctl(), net(), "h1", 1);
  ExpectState("h1", "up");
  const UniqueFd member = host.Join();
  const UniqueFd member6 = host.Join6();
  ctl().Ok("set br br0 mcast_snooping=on mcast_querier=on");
  // Hosts take up to ten seconds to answer (RFC 3376, 4.1.1), most of them less.
  bool igmp = false;
  bool mld = false;
  while (!igmp || !mld) {
    const std::optional<Bytes> frame = guests[0]->Receive();
    ASSERT_TRUE(frame.has_value()) << "no query came";
    igmp |= MacAddress::FromBytes(frame->data()) == Mac("01:00:5e:00:00:01");
    mld |= MacAddress::FromBytes(frame->data()) == Mac("33:33:00:00:00:01") && (*frame)[54] == 58;
  }
  ExpectMembers(kGroupText, {{"h1"}});
  ExpectMembers(kGroup6Text, {{"h1"}});
  EXPECT_GT(ctl().PortStats("h1").at("originated_frames"), 0);
  const Json queriers = ctl().Query("mdb show br0").at("queriers");
  ASSERT_EQ(queriers.size(), 2u);
  EXPECT_EQ(queriers[0].at("address"), "0.0.0.0");
  ExpectBalance();
}

// IEEE 802.1D-2004, 7.7.1.
TEST_F(MulticastTest, WhereNothingIsForwardedNobodyIsAMember) {
  auto guests = AddGuests(2);
  ctl().Ok("set br br0 mcast_snooping=on mcast_querier=on");
  Join(*guests[1], "vm1");
  ctl().Ok("set port vm1 bpdu_guard=on");
  guests[1]->Send(
      FrameBuilder().From(Station(1)).To(Mac("01:80:c2:00:00:00")).EtherType(38).BuildEthernet());
  ExpectState("vm1", "blocked");
  EXPECT_EQ(Members(kGroupText), std::nullopt);
  const Json sent = ctl().PortStats("vm1").at("originated_frames");
  ctl().Ok("mdb flush br0");
  EXPECT_EQ(ctl().PortStats("vm1").at("originated_frames"), sent) << "no query leaves there";
  ctl().Ok("set port vm1 bpdu_guard=");

  Join(*guests[1], "vm1");
  ctl().Ok("mirror add br0 m1 src=vm0 to=vm1");
  EXPECT_EQ(Members(kGroupText), std::nullopt);
  ctl().Ok("mirror del br0 m1");

  // It discards until three seconds of silence have made an edge of it.
  Join(*guests[1], "vm1");
  ctl().Ok("set br br0 rstp=on");
  EXPECT_EQ(Members(kGroupText), std::nullopt);
  guests[1]->DrainNumbers();
  Expect("vm1 forwards", [&] { return ctl().Port("vm1").at("detail") == ""; });
  // BPDUs come every two seconds, and who asks everybody does it 31 seconds after the start.
  EXPECT_TRUE(IsAsked(*guests[1], 10)) << "it begins to forward (RFC 4541, 2.1.1)";
  ExpectBalance();
}

TEST_F(MulticastTest, APortThatComesUpIsAskedInItsVlan) {
  auto guest = AddGuest("vm0", "tag=10");
  ctl().Ok("set br br0 mcast_snooping=on mcast_querier=on");
  Join(*guest, "vm0");
  ASSERT_TRUE(IsAsked(*guest, 10)) << "now all are asked in VLAN 10, and not again for 31 seconds";
  auto other = AddGuest("vm1", "tag=10");
  EXPECT_TRUE(IsAsked(*other, 10));
  ExpectBalance();
}

}  // namespace
}  // namespace vswitch::testing
