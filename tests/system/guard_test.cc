// Guards on real TAPs: what a guest may not claim to be does not leave its port, is counted there
// and told in the log.
#include "tests/harness/system_test.h"
#include "tests/raw_packets.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace raw;  // NOLINT: the words of packets.

class GuardTest : public SystemTest {
 protected:
  // Sends a frame, then one that must pass, and returns whether the first arrived as well.
  bool Passes(FakeGuest& from, FakeGuest& to, const Octets& frame, MacAddress own) {
    const uint64_t number = ++next_number_;
    from.Send(frame);
    from.Send(NumberedFrame(kBroadcast, own, number));
    for (bool seen = false;;) {
      const auto received = to.Receive();
      if (!received) {
        ADD_FAILURE() << "the frame behind it is lost";
        return false;
      }
      if (NumberOf(*received) == number) return seen;
      seen |= *received == frame;
    }
  }
  void ExpectLogged(const std::string& text) {
    Expect("the log says " + text,
           [&] { return vswitch().daemon().Errors().find(text) != std::string::npos; });
  }

  uint64_t next_number_ = 1000;
};

TEST_F(GuardTest, LetsPassOnlyWhatIsItsOwn) {
  auto guests = AddGuests(2);
  ctl().Ok("set port vm1 guard=mac,ip,arp,nd,dhcp-server,ra allowed_macs=" + Station(1).ToString() +
           " allowed_ips=10.0.0.1,fd00::1");
  const Octets own_option = Option(2, Station(1));
  const struct {
    std::string reason;
    Octets good;
    Octets bad;
  } cases[] = {
      {"guard_mac", Ether(0x88b6, Octets(46, 0)), Ether(0x88b6, Octets(46, 0), Station(9))},
      {"guard_ip", Ether(0x0800, V4("10.0.0.1", 17, Udp(9, 9))),
       Ether(0x8100, Tag(0, 0x0800, V4("10.0.0.2", 17, Udp(9, 9))))},
      {"guard_arp", Ether(0x0806, Arp(1, Station(1), "10.0.0.1")),
       Ether(0x0806, Arp(2, Station(1), "10.0.0.2"))},
      {"guard_nd", Ether(0x86dd, V6("fd00::1", 58, Icmp(136, Address6("fd00::1") + own_option))),
       Ether(0x86dd, V6("fd00::1", 58, Icmp(136, Address6("fd00::2") + own_option)))},
      {"guard_dhcp_server", Ether(0x0800, V4("0.0.0.0", 17, Udp(68, 67))),
       Ether(0x0800, V4("10.0.0.1", 17, Udp(67, 68)))},
      {"guard_ra", Ether(0x86dd, V6("fe80::1", 58, Icmp(133))),
       Ether(0x86dd, V6("fe80::1", 0, Extension(58, Icmp(134, Octets(8, 0)))))},
  };
  for (const auto& c : cases) {
    EXPECT_TRUE(Passes(*guests[1], *guests[0], c.good, Station(1))) << c.reason;
    EXPECT_FALSE(Passes(*guests[1], *guests[0], c.bad, Station(1))) << c.reason;
    EXPECT_EQ(Drops(ctl().PortStats("vm1"), c.reason), 1) << c.reason;
  }
  // The address that was not its own is nobody's.
  EXPECT_EQ(ctl().FdbPort(Station(9)), "");
  ExpectLogged("port vm1: its guard has dropped frames: guard_");
  ExpectLogged("; the last came from 02:00:00:00:00:01");
  // The other port has no guard.
  EXPECT_TRUE(Passes(*guests[0], *guests[1], cases[0].bad, Station(0)));
  ctl().Ok("set port vm1 guard=");
  EXPECT_TRUE(Passes(*guests[1], *guests[0], cases[0].bad, Station(1)));
  ExpectBalance();
}

// Who may not send is not known to the kernel, so that it costs the others nothing.
TEST_F(GuardTest, ByMacAddressLeavesAPortOnTheFastPath) {
  auto guests = AddGuests(3);
  LearnAll(guests);
  uint64_t number = 0;
  const auto fast_frames = [this] {
    return ctl().PortStats("vm0").at("ingress").at("fast_frames").get<uint64_t>();
  };
  const auto expect_fast = [&] {
    Expect("the kernel forwards", [&] {
      guests[1]->Send(NumberedFrame(Station(0), Station(1), ++number));
      guests[0]->ReceiveUntil(number);
      const uint64_t before = fast_frames();
      guests[0]->Send(NumberedFrame(Station(1), Station(0), ++number));
      guests[1]->ReceiveUntil(number);
      return fast_frames() != before;
    });
  };
  expect_fast();
  ctl().Ok("set port vm0 guard=mac allowed_macs=" + Station(0).ToString());
  EXPECT_EQ(ctl().Port("vm0").at("fast_path"), "on");
  expect_fast();
  // As somebody whom the kernel knows elsewhere, who must stay known there.
  EXPECT_FALSE(
      Passes(*guests[0], *guests[2], Ether(0x88b6, Octets(46, 0), Station(1)), Station(0)));
  EXPECT_EQ(ctl().FdbPort(Station(1)), "vm1");
  expect_fast();
  // A station that is no longer allowed, in whatever way the table knows it.
  for (const std::string entry : {"learned", "sticky", "static"}) {
    SCOPED_TRACE(entry);
    const std::string station = "br0 " + Station(0).ToString();
    if (entry == "sticky") ctl().Ok("fdb add " + station + " vm0 sticky");
    if (entry == "static") ctl().Ok("fdb add " + station + " vm0");
    expect_fast();
    ctl().Ok("set port vm0 allowed_macs=" + Station(7).ToString());
    const uint64_t before = Drops(ctl().PortStats("vm0"), "guard_mac");
    guests[0]->Send(NumberedFrame(Station(1), Station(0), ++number));
    Expect("it is dropped",
           [&] { return Drops(ctl().PortStats("vm0"), "guard_mac") == before + 1; });
    guests[2]->Send(NumberedFrame(Station(1), Station(2), ++number));
    EXPECT_THAT(guests[1]->ReceiveUntil(number), IsEmpty());
    ctl().Ok("set port vm0 allowed_macs=" + Station(0).ToString());
    if (entry != "learned") ctl().Ok("fdb del " + station);
  }
  ExpectBalance();
}

TEST_F(GuardTest, IsShownAndRefusedInWords) {
  auto guests = AddGuests(1);
  ctl().Ok(
      "set port vm0 guard=arp,mac,mac allowed_macs=02-00-00-00-00-0B,02:00:00:00:00:0a "
      "allowed_ips=FD00:0::1,10.0.0.0/8");
  const auto expect_kept = [this] {
    const Json port = ctl().Port("vm0");
    EXPECT_EQ(port.at("guard"), "mac,arp");
    EXPECT_EQ(port.at("allowed_macs"), "02:00:00:00:00:0a,02:00:00:00:00:0b");
    EXPECT_EQ(port.at("allowed_ips"), "10.0.0.0/8,fd00::1");
    EXPECT_EQ(port.at("fast_path_reason"), "the port has guard=mac,arp");
  };
  expect_kept();
  const struct {
    const char* settings;
    const char* message;
  } cases[] = {
      {"guard=mac,smtp", "has 'smtp', which is none of them: give some of mac, ip, arp"},
      {"allowed_macs=", "guard=mac would let nothing pass, as allowed_macs= is empty: give both"},
      {"guard=ip allowed_ips=", "guard=ip would let nothing pass, as allowed_ips= is empty"},
      {"allowed_ips=10.0.0.1/8", "has '10.0.0.1/8', which has bits behind its prefix"},
      {"allowed_macs=02:00:00:00:00:0a,", "has '', which is nothing"},
  };
  for (const auto& c : cases) {
    const CommandResult result = ctl().Try("set port vm0 " + std::string(c.settings));
    EXPECT_EQ(result.status, 1) << c.settings;
    EXPECT_THAT(result.errors, HasSubstr(c.message));
    expect_kept();
  }
  vswitch().Kill();
  vswitch().Start();
  EXPECT_EQ(ctl().Port("vm0").at("allowed_ips"), "10.0.0.0/8,fd00::1");
}

}  // namespace
}  // namespace vswitch::testing
