// The kernel's fast path between real TAPs: what takes it, what does not, and that nobody can tell
// but by the counters.
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <thread>

#include "tests/harness/system_test.h"
#include "tests/long_run.h"

namespace vswitch::testing {
namespace {

class FastPathTest : public SystemTest {
 protected:
  void SetUp() override {
    SystemTest::SetUp();
    guests_ = AddGuests(3);
    LearnAll(guests_);
  }

  uint64_t FastFrames(const std::string& port) const {
    return ctl().PortStats(port).at("ingress").at("fast_frames").get<uint64_t>();
  }
  // One frame between two guests, which must arrive. Returns whether the kernel forwarded it.
  bool IsFast(int from, int to) {
    const std::string port = "vm" + std::to_string(from);
    const uint64_t before = FastFrames(port);
    ++number_;
    guests_[from]->Send(NumberedFrame(Station(to), Station(from), number_));
    guests_[to]->ReceiveUntil(number_);
    return FastFrames(port) != before;
  }
  void ExpectBecomesFast(int from, int to) {
    Expect("the kernel forwards", [&] {
      IsFast(to, from);  // Both ends must be known.
      return IsFast(from, to);
    });
  }

  // A flow from guest 0 to guest 1 while `meanwhile` is done to it: what arrives is in order,
  // nothing twice, and is more than `at_least` of what was sent.
  void ExpectKeepsOrder(double at_least,
                        const std::function<void(const std::atomic<uint64_t>& sent)>& meanwhile) {
    std::atomic<uint64_t> sent = 0;
    std::vector<uint64_t> numbers;
    const auto drain = [&] {
      for (const uint64_t number : guests_[1]->DrainNumbers()) numbers.push_back(number);
    };
    {
      Loop receiver(drain);
      Loop sender([&] {
        guests_[0]->Send(NumberedFrame(Station(1), Station(0), ++sent));
        // A flow that loses nothing.
        std::this_thread::sleep_for(std::chrono::microseconds(20));
      });
      meanwhile(sent);
    }
    SettledStats(ctl());
    drain();
    for (size_t i = 1; i < numbers.size(); ++i) ASSERT_LT(numbers[i - 1], numbers[i]);
    EXPECT_GT(numbers.size(), at_least * sent);
    ExpectBalance();
  }

  std::vector<std::unique_ptr<FakeGuest>> guests_;
  uint64_t number_ = 1'000;
};

TEST_F(FastPathTest, IsTakenByWhatIsKnown) {
  ExpectBecomesFast(0, 1);
  EXPECT_TRUE(IsFast(0, 1));
  EXPECT_TRUE(IsFast(1, 0));
  EXPECT_EQ(ctl().Port("vm0").at("fast_path"), "on");
  EXPECT_EQ(ctl().Port("vm0").at("fast_path_reason"), "");
  const Json table = ctl().Query("fdb show br0");
  int fast = 0;
  for (const Json& entry : table.at("entries")) fast += entry.at("fast_path").get<bool>();
  EXPECT_EQ(fast, 2);
  EXPECT_GT(ctl().PortStats("vm1").at("egress").at("fast_frames"), 0);
  ExpectBalance();
}

TEST_F(FastPathTest, IsNotTakenByGroupsAndUnknowns) {
  ExpectBecomesFast(0, 1);
  const uint64_t before = FastFrames("vm0");
  guests_[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  guests_[0]->Send(NumberedFrame(Station(77), Station(0), 2));
  guests_[1]->ReceiveUntil(2);
  EXPECT_EQ(guests_[2]->ReceiveUntil(2).back(), 1);
  EXPECT_EQ(FastFrames("vm0"), before);
  ExpectBalance();
}

struct Deed {
  const char* verb;
  const char* undo;
};

// In force when the verb returns: the next frame passes through a worker.
TEST_F(FastPathTest, EndsWithEachVerbThatEndsIt) {
  for (const Deed& deed : {
           Deed{"fdb flush br0", ""},
           Deed{"fdb flush br0 port=vm1", ""},
           Deed{"fdb flush br0 vlan=0", ""},
           Deed{"fdb flush br0 port=vm1 vlan=0", ""},
           Deed{"fdb del br0 02:00:00:00:00:01", ""},
           Deed{"set port vm0 fast_path=off", "set port vm0 fast_path=on"},
           Deed{"set port vm1 fast_path=off", "set port vm1 fast_path=on"},
           Deed{"set br br0 fast_path=off", "set br br0 fast_path=on"},
           Deed{"set br br0 fdb_entries=1024", ""},
       }) {
    ExpectBecomesFast(0, 1);
    ctl().Ok(deed.verb);
    EXPECT_FALSE(IsFast(0, 1)) << deed.verb;
    if (*deed.undo != '\0') {
      EXPECT_EQ(ctl().Port("vm2").at("fast_path"),
                std::string_view(deed.verb).starts_with("set br") ? "off" : "on");
      ctl().Ok(deed.undo);
    }
  }
  ExpectBecomesFast(0, 1);
  ctl().Ok("del-port vm1 --force");
  const uint64_t before = FastFrames("vm0");
  guests_[0]->Send(NumberedFrame(Station(1), Station(0), 5));
  guests_[2]->ReceiveUntil(5);
  EXPECT_EQ(FastFrames("vm0"), before);
}

TEST_F(FastPathTest, AStaticEntryWorksToo) {
  ctl().Ok("fdb add br0 02:00:00:00:00:01 vm1");
  ExpectBecomesFast(0, 1);
  // Whoever speaks in its name elsewhere does not move it.
  guests_[2]->Send(NumberedFrame(Station(0), Station(1), 1));
  guests_[0]->ReceiveUntil(1);
  EXPECT_TRUE(IsFast(0, 1));
}

TEST_F(FastPathTest, AStaticEntryElsewhereIsInForceWhenItsVerbReturns) {
  ExpectBecomesFast(0, 1);
  ctl().Ok("fdb add br0 02:00:00:00:00:01 vm2");
  guests_[0]->Send(NumberedFrame(Station(1), Station(0), 5));
  guests_[2]->ReceiveUntil(5);
  ctl().Ok("fdb del br0 02:00:00:00:00:01");
  // The first that arrives at the old place comes after all of that.
  guests_[0]->Send(NumberedFrame(kBroadcast, Station(0), 6));
  EXPECT_THAT(guests_[1]->ReceiveUntil(6), ::testing::IsEmpty());
}

TEST_F(FastPathTest, WhoOnlyTheKernelSeesDoesNotAge) {
  constexpr auto kAgeing = std::chrono::seconds(10);
  ctl().Ok("set br br0 ageing_s=10");
  ExpectBecomesFast(0, 1);
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() < start + kAgeing * 1.3) {
    ASSERT_TRUE(IsFast(0, 1));
    ASSERT_TRUE(IsFast(1, 0));
    ASSERT_LE(ctl().Query("fdb get br0 02:00:00:00:00:01").at("age_s"), 5);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

// The host gets such a datagram back as if the TAP had received it. Anybody may send it.
TEST_F(FastPathTest, WhatTheHostSendsToGroupsIsNoFrameOfTheGuest) {
  net().Ip("addr add 10.99.0.1/32 dev lo");
  ExpectBecomesFast(0, 1);
  const Json before = ctl().PortStats("vm0");
  net().Run([] {
    const UniqueFd sender(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ip_mreqn group{};
    inet_pton(AF_INET, "239.1.2.3", &group.imr_multiaddr);
    group.imr_ifindex = static_cast<int>(if_nametoindex("vm0"));
    for (const int option : {IP_ADD_MEMBERSHIP, IP_MULTICAST_IF}) {
      ASSERT_EQ(setsockopt(sender.get(), IPPROTO_IP, option, &group, sizeof(group)), 0);
    }
    sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(5555)};
    to.sin_addr = group.imr_multiaddr;
    for (int i = 0; i < 2'000; ++i) {
      ASSERT_EQ(sendto(sender.get(), "x", 1, 0, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 1);
    }
  });
  EXPECT_EQ(ctl().PortStats("vm0"), before);
  EXPECT_TRUE(IsFast(0, 1));
  ExpectBalance();
}

TEST_F(FastPathTest, IsNotTakenByWhatIsTooLong) {
  ExpectBecomesFast(0, 1);
  auto frame = NumberedFrame(Station(1), Station(0), 1);
  frame.resize(69'000);
  guests_[0]->Send(frame);
  Expect("a worker drops it", [&] { return Drops(ctl().PortStats("vm0"), "truncated") == 1; });
  ExpectBecomesFast(0, 1);
  ExpectBalance();
}

// Once the moving frame is written, nothing arrives where the station was.
TEST_F(FastPathTest, AStationThatMovesUnderLoad) {
  std::atomic<uint64_t> number = 10'000;
  for (int round = 0; round < UsualOrLong(12, 40); ++round) {
    const int from = 1 + round % 2;
    const int to = 3 - from;
    guests_[from]->Send(NumberedFrame(Station(0), Station(1), 1));
    ExpectFdb(Station(1), "vm" + std::to_string(from));
    uint64_t moved = 0;
    {
      Loop load([&] { guests_[0]->Send(NumberedFrame(Station(1), Station(0), ++number)); });
      const uint64_t before = FastFrames("vm0");
      // Some rounds move while the flow is fast, some while it is not yet.
      if (round % 4 != 0) Expect("it is fast", [&] { return FastFrames("vm0") > before; });
      guests_[to]->Send(NumberedFrame(Station(0), Station(1), 2));
      // What was sent before may arrive at the old place; nothing that is sent from here on.
      moved = number + 1;
      Expect("some were sent after", [&] { return number > moved + 200; });
    }
    SettledStats(ctl());
    for (const uint64_t seen : guests_[from]->DrainNumbers()) ASSERT_LE(seen, moved) << round;
    EXPECT_FALSE(guests_[to]->DrainNumbers().empty());
    guests_[0]->DrainNumbers();
  }
  ExpectBalance();
}

// Flushes throw a flow back to the slow path, and it comes to the fast one again: two transitions a
// turn.
TEST_F(FastPathTest, AFlowKeepsItsOrderOverManyTransitions) {
  ExpectKeepsOrder(0.5, [&](const std::atomic<uint64_t>&) {
    for (int transitions = 0; transitions < UsualOrLong(100, 500);) {
      guests_[1]->Send(NumberedFrame(Station(0), Station(1), 1));
      const uint64_t before = FastFrames("vm0");
      const auto is_fast = [&] { return FastFrames("vm0") > before; };
      if (!WaitUntil(is_fast, std::chrono::milliseconds(200))) continue;
      ctl().Ok("fdb flush br0");
      ++transitions;
    }
  });
}

// Killed while the flow is on the slow path, on its way to the fast one, or there.
TEST_F(FastPathTest, AFlowKeepsItsOrderWhereverItIsWhenTheDaemonIsKilled) {
  ExpectKeepsOrder(0, [&](const std::atomic<uint64_t>& sent) {
    for (int round = 0; round < 20; ++round) {
      ctl().Ok("fdb flush br0");
      guests_[1]->Send(NumberedFrame(Station(0), Station(1), 1));
      std::this_thread::sleep_for(std::chrono::milliseconds(round));
      vswitch().Kill();
      const uint64_t killed = sent;
      Expect("some were sent since", [&] { return sent > killed + 1'000; });
      vswitch().Start();
    }
  });
}

// Which may last, on a busy host: until then the port has no device.
TEST_F(FastPathTest, GoesOnUntilTheKernelHasBuriedADeadDaemonsTwin) {
  ExpectBecomesFast(0, 1);
  vswitch().Kill();
  net().AddVeth("other", "far");
  Expect("the twin's name is free", [&] {
    return net().Command("ip link property add dev other altname vswitch-twin-of-vm0").status == 0;
  });
  vswitch().Start();
  ExpectState("vm0", "broken");
  EXPECT_THAT(ctl().Port("vm0").at("detail").get<std::string>(),
              ::testing::HasSubstr("meanwhile the kernel goes on"));
  EXPECT_TRUE(IsFast(0, 1));
  EXPECT_TRUE(IsFast(1, 0));
  net().Ip("link del other");
  ExpectState("vm0", "up");
  EXPECT_TRUE(IsFast(0, 1));
  EXPECT_TRUE(IsFast(1, 0));
  ExpectBalance();
}

class NoFastPathTest : public SystemTest {
 protected:
  void SetUp() override { SetUpSwitch("auto", {"--fast_path=off"}); }
};

TEST_F(NoFastPathTest, SaysWhy) {
  auto guests = AddGuests(2);
  LearnAll(guests);
  EXPECT_EQ(ctl().Port("vm0").at("fast_path"), "off");
  EXPECT_THAT(ctl().Port("vm0").at("fast_path_reason").get<std::string>(),
              ::testing::HasSubstr("--fast_path=off"));
  for (uint64_t i = 1; i < 50; ++i) {
    guests[0]->Send(NumberedFrame(Station(1), Station(0), i));
    guests[1]->ReceiveUntil(i);
  }
  EXPECT_EQ(ctl().PortStats("vm0").at("ingress").at("fast_frames"), 0);
}

}  // namespace
}  // namespace vswitch::testing
