// Internal ports: devices of the host and of containers that outlive the daemon, and go with their
// port or their container.
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

#include "switch/base/unique_fd.h"
#include "tests/harness/iperf.h"
#include "tests/harness/system_test.h"
#include "tests/long_run.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A program on a netdev: sends frames out of it and receives what reaches it.
class PacketSocket {
 public:
  PacketSocket(const NetNamespace& where, const std::string& netdev) {
    where.Run([&] {
      socket_ = UniqueFd(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0));
      const int bytes = 64 << 20;
      setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
      sockaddr_ll address{};
      address.sll_family = AF_PACKET;
      address.sll_protocol = htons(ETH_P_ALL);
      address.sll_ifindex = static_cast<int>(if_nametoindex(netdev.c_str()));
      if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
        throw Error("cannot bind to " + netdev);
      }
    });
  }

  void Send(const Bytes& frame) const { send(socket_.get(), frame.data(), frame.size(), 0); }

  // Those that were not sent from here.
  std::vector<uint64_t> DrainNumbers() const {
    std::vector<uint64_t> numbers;
    for (;;) {
      uint8_t frame[2048];
      sockaddr_ll from{};
      socklen_t length = sizeof(from);
      const ssize_t size = recvfrom(socket_.get(), frame, sizeof(frame), 0,
                                    reinterpret_cast<sockaddr*>(&from), &length);
      if (size < 0) return numbers;
      const auto number = NumberOf({frame, static_cast<size_t>(size)});
      if (number.has_value() && from.sll_pkttype != PACKET_OUTGOING) numbers.push_back(*number);
    }
  }

 private:
  UniqueFd socket_;
};

class InternalPortsTest : public SystemTest {
 protected:
  MacAddress AddressOf(const std::string& port) const {
    return MacAddress::Parse(ctl().Port(port).at("mac").get<std::string>()).value();
  }
  // A namespace at the end of an internal port, as a container is.
  void AddContainer(const NetNamespace& container, const std::string& port,
                    const std::string& address, const std::string& settings = "") {
    ctl().Ok("add-port br0 " + port + " type=internal " + settings);
    net().Ip("link set " + port + " netns " + container.path());
    container.Ip("addr add " + address + " dev " + port);
    container.Ip("link set " + port + " up");
    ExpectState(port, "up");
  }
  static void ExpectPing(const NetNamespace& from, const std::string& to) {
    Expect(to + " answers", [&] { return from.Command("ping -c 1 -W 1 " + to).status == 0; });
  }
};

// With its MAC address, addresses, routes and namespace, whatever the daemon's end.
TEST_F(InternalPortsTest, OutliveTheDaemon) {
  NetNamespace container;
  AddContainer(container, "p0", "10.9.0.1/24");
  container.Ip("route add 10.8.0.0/16 via 10.9.0.2");
  ctl().Ok("add-port br0 host0 type=internal");
  net().Ip("addr add 10.9.0.2/24 dev host0");
  ExpectPing(container, "10.9.0.2");
  // But for the carrier.
  const auto whole = [&] {
    return container.Ip("-br addr show dev p0 scope global").substr(20) +
           container.Ip("-j link show p0").substr(0, 13) +
           net().Ip("-br link show host0").substr(20);
  };
  const auto links = [&] { return net().Links(); };
  const std::string before = whole();
  const MacAddress address = AddressOf("p0");
  for (const char* end : {"SIGTERM", "SIGKILL", "exit", "SIGKILL"}) {
    SCOPED_TRACE(end);
    if (std::string_view(end) == "SIGTERM") {
      EXPECT_EQ(vswitch().Terminate(), 0);
    } else if (std::string_view(end) == "SIGKILL") {
      vswitch().Kill();
    } else {
      ctl().Ok("exit");
      EXPECT_EQ(vswitch().daemon().Wait(), 0);
    }
    Expect("its own are gone", [&] { return links().size() == 3; });
    EXPECT_THAT(links(), UnorderedElementsAre("host0", "vswi0", "vswi1"));
    EXPECT_THAT(container.Ip("route"), HasSubstr("10.8.0.0/16 via 10.9.0.2"));
    const bool orderly = std::string_view(end) != "SIGKILL";
    EXPECT_EQ(container.Ip("link show p0").find("NO-CARRIER") != std::string::npos, orderly);
    vswitch().Start();
    ExpectState("p0", "up");
    ExpectPing(container, "10.9.0.2");
    EXPECT_EQ(whole(), before);
    EXPECT_EQ(AddressOf("p0"), address);
    EXPECT_THAT(container.Ip("route"), HasSubstr("10.8.0.0/16 via 10.9.0.2"));
  }
}

TEST_F(InternalPortsTest, AreMadeAnewWhenTheirContainerHasEnded) {
  std::optional<NetNamespace> container(std::in_place);
  AddContainer(*container, "p0", "10.9.0.1/24");
  const std::string address = ctl().Port("p0").at("mac");
  container.reset();
  Expect("it is back", [&] { return net().HasLink("p0"); });
  ExpectState("p0", "up");
  EXPECT_EQ(ctl().Port("p0").at("detail"), "");
  EXPECT_EQ(ctl().Port("p0").at("mac"), address);
  EXPECT_THAT(net().Ip("link show p0"), HasSubstr(address));
  NetNamespace next;
  net().Ip("link set p0 netns " + next.path());
  next.Ip("link set p0 up");
  ExpectState("p0", "up");
  // One that ends while no daemon runs.
  vswitch().Kill();
  next.Ip("link del p0");
  vswitch().Start();
  ExpectState("p0", "up");
  EXPECT_THAT(net().Ip("link show p0"), HasSubstr(address));
}

TEST_F(InternalPortsTest, SayWhereTheirDeviceIs) {
  NetNamespace container;
  ctl().Ok("add-port br0 p0 type=internal");
  ExpectState("p0", "up");
  EXPECT_EQ(ctl().Port("p0").at("detail"), "");
  net().Ip("link set p0 name web up");
  Expect("it is renamed", [&] { return ctl().Port("p0").at("device") == "web"; });
  EXPECT_THAT(ctl().Port("p0").at("detail").get<std::string>(), HasSubstr("renamed to web"));
  net().Ip("link set web netns " + container.path());
  ExpectState("p0", "down");
  EXPECT_THAT(
      ctl().Port("p0").at("detail").get<std::string>(),
      ::testing::AllOf(HasSubstr("it is set down"), HasSubstr("another network namespace")));
  container.Ip("link set web up");
  ExpectState("p0", "up");
  // Nothing but a look tells of this one.
  container.Ip("link set web name eth0");
  Expect("it is seen", [&] { return ctl().Port("p0").at("device") == "eth0"; });
  EXPECT_THAT(ctl().Port("p0").at("detail").get<std::string>(), HasSubstr("as eth0"));
  container.Ip("link set eth0 netns " + net().path());
  net().Ip("link set eth0 name p0 up");
  ExpectState("p0", "up");
  Expect("it is home", [&] { return ctl().Port("p0").at("detail") == ""; });
}

TEST_F(InternalPortsTest, HaveOneMtu) {
  NetNamespace container;
  ctl().Ok("add-port br0 host0 type=internal mtu=2000");
  const auto mtu_of = [&](const std::string& netdev) {
    return Json::parse(net().Ip("-j link show " + netdev)).at(0).at("mtu").get<int>();
  };
  EXPECT_EQ(mtu_of("host0"), 2000);
  ctl().Ok("set port host0 mtu=9000");
  EXPECT_EQ(mtu_of("host0"), 9000);
  EXPECT_EQ(mtu_of("vswi0"), 9000);
  net().Ip("link set host0 mtu 1400");
  Expect("it is followed", [&] { return ctl().Port("host0").at("mtu") == 1400; });
  EXPECT_EQ(mtu_of("vswi0"), 1400);

  AddContainer(container, "p0", "10.9.0.1/24");
  net().Ip("addr add 10.9.0.2/24 dev host0");
  container.Ip("link set p0 mtu 9000");
  Expect("it is followed there", [&] { return ctl().Port("p0").at("mtu") == 9000; });
  net().Ip("link set host0 mtu 9000");
  Expect("it is followed", [&] { return ctl().Port("host0").at("mtu") == 9000; });
  EXPECT_EQ(container.Command("ping -c 1 -W 5 -M do -s 8972 10.9.0.2").status, 0);
  const CommandResult refused = ctl().Try("set port p0 mtu=1400");
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("in another network namespace"));
  EXPECT_EQ(ctl().Port("p0").at("mtu"), 9000);
}

// What is too long for the other end is dropped and counted, by whichever path.
TEST_F(InternalPortsTest, TakeNothingBeyondTheirMtu) {
  for (const char* fast_path : {"on", "off"}) {
    ctl().Ok(std::string("set br br0 fast_path=") + fast_path);
    ctl().Ok("add-port br0 host0 type=internal");
    auto guest = AddGuest("vm0", "mtu=9000");
    const PacketSocket host(net(), "host0");
    const MacAddress address = AddressOf("host0");
    Expect("the path is taken", [&] {
      host.Send(NumberedFrame(Station(0), address, 1));
      guest->ReceiveUntil(1);
      guest->Send(NumberedFrame(address, Station(0), 2, 1514));
      const Json egress = ctl().PortStats("host0").at("egress");
      return (egress.at("fast_frames") > 0) == (std::string_view(fast_path) == "on");
    });
    guest->Send(NumberedFrame(address, Station(0), 99, 1515));
    guest->Send(NumberedFrame(address, Station(0), 100, 1514));
    std::vector<uint64_t> numbers;
    Expect("the last arrives", [&] {
      for (const uint64_t number : host.DrainNumbers()) numbers.push_back(number);
      return !numbers.empty() && numbers.back() == 100;
    });
    EXPECT_EQ(std::ranges::count(numbers, 99u), 0);
    EXPECT_EQ(Drops(ctl().PortStats("host0"), "exceeds_mtu"), 1);
    ExpectBalance();
    guest.reset();
    for (const char* port : {"vm0", "host0"}) ctl().Ok(std::string("del-port ") + port);
  }
}

TEST_F(InternalPortsTest, HaveTheMacAddressThatWasChosen) {
  ctl().Ok("add-port br0 p0 type=internal mac=02:00:00:00:00:77");
  EXPECT_THAT(net().Ip("link show p0"), HasSubstr("02:00:00:00:00:77"));
  EXPECT_EQ(ctl().Ok("get port p0 mac"), "02:00:00:00:00:77\n");
  ctl().Ok("set port p0 mac=02:00:00:00:00:78");
  EXPECT_THAT(net().Ip("link show p0"), HasSubstr("02:00:00:00:00:78"));
  net().Ip("link del p0");
  Expect("it is back", [&] { return net().HasLink("p0") && ctl().PortState("p0") == "up"; });
  EXPECT_THAT(net().Ip("link show p0"), HasSubstr("02:00:00:00:00:78"));
  vswitch().Kill();
  vswitch().Start();
  EXPECT_EQ(ctl().Port("p0").at("mac"), "02:00:00:00:00:78");
  ctl().Ok("set port p0 mac=");
  EXPECT_NE(ctl().Port("p0").at("mac"), "02:00:00:00:00:78");
  EXPECT_EQ(ctl().Port("p0").at("mac").get<std::string>().size(), 17u);
  for (const char* bad : {"01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "mine"}) {
    const CommandResult result = ctl().Try(std::string("set port p0 mac=") + bad);
    EXPECT_EQ(result.status, 1) << bad;
    EXPECT_THAT(result.errors, HasSubstr("give a unicast address")) << bad;
  }
  const CommandResult tap = ctl().Try("add-port br0 vm0 mac=02:00:00:00:00:77");
  EXPECT_EQ(tap.status, 1);
  EXPECT_THAT(tap.errors, HasSubstr("internal"));
}

TEST_F(InternalPortsTest, GoWithDelPortFromWhereverTheyAre) {
  NetNamespace container;
  AddContainer(container, "p0", "10.9.0.1/24");
  AddContainer(container, "p1", "10.9.1.1/24");
  ctl().Ok("del-port p0");
  EXPECT_THAT(container.Links(), UnorderedElementsAre("p1"));
  ctl().Ok("del-port br0 p1");
  EXPECT_THAT(container.Links(), IsEmpty());
  EXPECT_THAT(net().Links(), IsEmpty());
}

// Also where nothing but the devices tells of them.
TEST_F(InternalPortsTest, AreSweptWithoutAStateFile) {
  NetNamespace container;
  AddContainer(container, "p0", "10.9.0.1/24");
  ctl().Ok("add-port br0 p1 type=internal");
  vswitch().Kill();
  std::filesystem::remove(vswitch().state_file());
  vswitch().Start();
  // Not before the kernel has buried the twins of the daemon that was killed.
  Expect("nothing is left", [&] { return container.Links().empty() && net().Links().empty(); });
}

// An internal port of an earlier release was a TAP, and took one over that others had made.
TEST_F(InternalPortsTest, OfATapThatOthersMadeAreBrokenUntilItIsGone) {
  ctl().Ok("add-port br0 p0 type=internal");
  EXPECT_EQ(vswitch().Terminate(), 0);
  net().Ip("link del p0");
  net().Ip("tuntap add dev p0 mode tap");
  vswitch().Start();
  EXPECT_EQ(ctl().PortState("p0"), "broken");
  EXPECT_THAT(ctl().Port("p0").at("detail").get<std::string>(), HasSubstr("'ip link del p0'"));
  net().Ip("link del p0");
  ExpectState("p0", "up");
  EXPECT_THAT(net().Ip("-d link show p0"), HasSubstr("veth"));
}

TEST_F(InternalPortsTest, CarrySuperFramesPastTheWorkers) {
  NetNamespace left;
  NetNamespace right;
  AddContainer(left, "p0", "10.9.0.1/24");
  AddContainer(right, "p1", "10.9.0.2/24");
  EXPECT_GT(BytesReceived(RunIperf(left, "10.9.0.1", right, "-n 64M")), 0);
  const Json stats = ctl().PortStats("p1").at("ingress");
  EXPECT_GT(stats.at("offloaded"), 0);
  EXPECT_GT(stats.at("fast_frames").get<uint64_t>(), stats.at("frames").get<uint64_t>() / 2);
  EXPECT_EQ(ctl().Port("p0").at("fast_path"), "on");
  ExpectBalance();
}

// To a device in another namespace the kernel hands frames over, to one of the host's they go by
// way of a backlog; whose address is behind the device goes that way too.
class OrderTest : public InternalPortsTest,
                  public ::testing::WithParamInterface<std::tuple<bool, bool>> {};

TEST_P(OrderTest, IsKeptOverManyTransitions) {
  const auto [moved, behind] = GetParam();
  NetNamespace container;
  ctl().Ok("add-port br0 p0 type=internal");
  if (moved) net().Ip("link set p0 netns " + container.path());
  const NetNamespace& where = moved ? container : net();
  where.Ip("link set p0 up");
  ExpectState("p0", "up");
  auto guest = AddGuest("vm0");
  const PacketSocket end(where, "p0");
  const MacAddress address = behind ? Station(5) : AddressOf("p0");
  const auto fast_frames = [&] {
    return ctl().PortStats("vm0").at("ingress").at("fast_frames").get<uint64_t>();
  };
  std::atomic<uint64_t> sent = 0;
  std::vector<uint64_t> numbers;
  const auto drain = [&] {
    for (const uint64_t number : end.DrainNumbers()) numbers.push_back(number);
    guest->DrainNumbers();
  };
  {
    Loop receiver(drain);
    Loop sender([&] {
      guest->Send(NumberedFrame(address, Station(0), ++sent));
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    });
    for (int transitions = 0; transitions < UsualOrLong(50, 150);) {
      end.Send(NumberedFrame(Station(0), address, 1));
      const uint64_t before = fast_frames();
      const auto is_fast = [&] { return fast_frames() > before; };
      if (!WaitUntil(is_fast, std::chrono::milliseconds(200))) continue;
      ctl().Ok("fdb flush br0");
      ++transitions;
    }
  }
  SettledStats(ctl());
  drain();
  for (size_t i = 1; i < numbers.size(); ++i) ASSERT_LT(numbers[i - 1], numbers[i]);
  EXPECT_GT(numbers.size(), sent / 2);
  ExpectBalance();
}

INSTANTIATE_TEST_SUITE_P(Ends, OrderTest, ::testing::Combine(::testing::Bool(), ::testing::Bool()),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) ? "elsewhere" : "here") +
                                  (std::get<1>(info.param) ? "_behind" : "");
                         });

}  // namespace
}  // namespace vswitch::testing
