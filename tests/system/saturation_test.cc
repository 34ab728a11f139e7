// The switch with more frames than it can carry: what is lost is counted, to the frame; what is not
// lost is in order; and nobody pays for a neighbour.
#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::IsEmpty;

uint64_t TotalOf(const Json& stats, const char* worker_counter) {
  uint64_t total = 0;
  for (const Json& worker : stats.at("workers")) total += worker.at(worker_counter).get<uint64_t>();
  return total;
}

class SaturationTest : public EachIoMode {
 protected:
  // Sends `count` numbered frames as fast as the kernel takes them.
  static void Blast(FakeGuest* from, MacAddress to, MacAddress as, uint64_t count,
                    uint64_t first = 0) {
    for (uint64_t i = 0; i < count; ++i) from->Send(NumberedFrame(to, as, first + i));
  }

  uint64_t EgressFrames(const std::string& port) {
    return ctl().PortStats(port).at("egress").at("frames");
  }
};

TEST_P(SaturationTest, NeverReordersAFlowAndAccountsForEveryFrame) {
  auto guests = AddGuests(4);
  LearnAll(guests);  // So that nothing floods.

  constexpr uint64_t kFrames = 200'000;
  uint64_t received[2] = {0, 0};
  uint64_t out_of_order[2] = {0, 0};
  size_t io_workers = 0;  // Threads of io_uring's helper pool.
  {
    // Two flows at once, each to a receiver of its own.
    std::atomic<int> senders = 2;
    std::vector<std::thread> threads;
    for (int flow = 0; flow < 2; ++flow) {
      threads.emplace_back([&, flow] {
        Blast(guests[flow].get(), Station(2 + flow), Station(flow), kFrames, 1);
        --senders;
      });
      threads.emplace_back([&, flow] {
        uint64_t last = 0;
        DrainWhile([&] { return senders > 0; },
                   [&] {
                     for (const uint64_t number : guests[2 + flow]->DrainNumbers()) {
                       out_of_order[flow] += number <= last;
                       last = number;
                       ++received[flow];
                     }
                   });
      });
    }
    while (senders > 0) {
      io_workers = std::max(io_workers, vswitch().daemon().Threads("iou-wrk").size());
      PausePolling();
    }
    for (std::thread& thread : threads) thread.join();
  }

  const Json stats = ExpectBalance();
  for (int flow = 0; flow < 2; ++flow) {
    EXPECT_EQ(out_of_order[flow], 0);
    const Json port = ctl().PortStats("vm" + std::to_string(2 + flow));
    // LearnAll's broadcasts are counted too: 3 arrived here.
    EXPECT_EQ(port.at("egress").at("frames"), received[flow] + 3);
    const Json source = ctl().PortStats("vm" + std::to_string(flow));
    EXPECT_EQ(source.at("ingress").at("frames"), kFrames + 1) << "what was sent, lost or not";
  }
  EXPECT_EQ(io_workers, 0) << "writes left the ring's order";
  EXPECT_EQ(TotalOf(stats, "io_wq_threads"), 0);
  EXPECT_EQ(TotalOf(stats, "cq_overflows"), 0);
}

TEST_P(SaturationTest, AccountsForEveryFloodedFrame) {
  auto guests = AddGuests(4);
  {
    Loop reader1([&] { guests[1]->DrainNumbers(); });
    Loop reader2([&] { guests[2]->DrainNumbers(); });
    // vm3 does not read: its queue fills.
    Blast(guests[0].get(), kBroadcast, Station(0), 50'000);
    SettledStats(ctl());
  }
  ExpectBalance();
  const Json sender = ctl().PortStats("vm0");
  EXPECT_EQ(sender.at("ingress").at("frames"), 50'000);
  EXPECT_GT(Drops(ctl().PortStats("vm3"), "egress_queue_full"), 0);
  const uint64_t waiting = guests[3]->DrainNumbers().size();
  EXPECT_EQ(EgressFrames("vm3"), waiting) << "shown as sent, but not there";
}

TEST_P(SaturationTest, AStoppedGuestCostsOnlyItsOwnFrames) {
  auto guests = AddGuests(3);
  LearnAll(guests);

  // vm2 is stopped; vm0 talks to it and to vm1, one frame each in turn.
  constexpr uint64_t kFrames = 20'000;
  for (uint64_t i = 1; i <= kFrames; ++i) {
    guests[0]->Send(NumberedFrame(Station(2), Station(0), i));
    guests[0]->Send(NumberedFrame(Station(1), Station(0), i));
    if (i % 100 == 0) {
      // In step, so that vm1's own queues never fill: whatever it misses then is vm2's fault.
      const std::vector<uint64_t> before = guests[1]->ReceiveUntil(i);
      ASSERT_EQ(before.size(), 99);
    }
  }
  ExpectBalance();
  const Json stopped = ctl().PortStats("vm2");
  const std::vector<uint64_t> waiting = guests[2]->DrainNumbers();
  EXPECT_GE(waiting.size(), 900) << "a queue holds about txqueuelen frames";
  EXPECT_EQ(Drops(stopped, "egress_queue_full"), kFrames - waiting.size());
  EXPECT_EQ(stopped.at("egress").at("frames"), waiting.size() + 2);
  // What waited is what was sent first, in order.
  EXPECT_TRUE(std::ranges::is_sorted(waiting));

  guests[0]->Send(NumberedFrame(Station(2), Station(0), kFrames + 1));
  EXPECT_THAT(guests[2]->ReceiveUntil(kFrames + 1), IsEmpty()) << "it runs again, and is served";
}

TEST_P(SaturationTest, AHotPortDoesNotStarveAnother) {
  auto guests = AddGuests(4);
  LearnAll(guests);
  {
    Loop reader([&] { guests[1]->DrainNumbers(); });
    Loop hot([&] { Blast(guests[0].get(), Station(1), Station(0), 1000, 1); });
    // A conversation beside it, one frame at a time.
    for (uint64_t i = 1; i <= 500; ++i) {
      guests[2]->Send(NumberedFrame(Station(3), Station(2), i));
      EXPECT_THAT(guests[3]->ReceiveUntil(i), IsEmpty());
      guests[3]->Send(NumberedFrame(Station(2), Station(3), i));
      EXPECT_THAT(guests[2]->ReceiveUntil(i), IsEmpty());
    }
  }
  ExpectBalance();
  for (const char* port : {"vm2", "vm3"}) {
    const Json drops = ctl().PortStats(port).at("drops");
    for (const auto& [reason, frames] : drops.items()) {
      EXPECT_EQ(frames, 0) << port << " " << reason;
    }
  }
}

TEST_P(SaturationTest, StaysWithinItsMemory) {
  auto guests = AddGuests(2);
  {
    Loop reader([&] { guests[1]->DrainNumbers(); });
    Blast(guests[0].get(), kBroadcast, Station(0), 100'000);
  }
  EXPECT_LT(vswitch().daemon().PeakMemoryKib(), 64 * 1024) << "two ports";
}

VSWITCH_EACH_IO_MODE(SaturationTest);

}  // namespace
}  // namespace vswitch::testing
