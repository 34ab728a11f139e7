// Several workers: flows spread over them, each in order; what one learns, all know; and a port
// comes and goes on all at once.
#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "tests/frame_builder.h"
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

constexpr size_t kNumberAt = 14 + 20 + 8;  // Behind Ethernet, IPv4 and UDP.
constexpr size_t kPortAt = 14 + 20;

Bytes FlowFrame(MacAddress to, MacAddress from, uint16_t flow, uint32_t number) {
  Bytes frame = FrameBuilder().From(from).To(to).Udp({.source_port = flow}, 18).BuildEthernet();
  for (size_t i = 0; i < 4; ++i)
    frame[kNumberAt + i] = static_cast<uint8_t>(number >> (24 - 8 * i));
  return frame;
}

class WorkersTest : public SystemTest, public ::testing::WithParamInterface<std::string> {
 protected:
  void SetUp() override { SetUpSwitch(GetParam(), {"--workers=2"}); }

  // Counts what arrives at a guest, flow by flow.
  struct Arrivals {
    std::map<uint16_t, uint32_t> last;
    uint64_t frames = 0;
    uint64_t out_of_order = 0;

    void Drain(FakeGuest& guest) {
      while (const auto frame = guest.Receive(std::chrono::milliseconds(0))) {
        if (frame->size() < kNumberAt + 4) continue;
        const auto flow = static_cast<uint16_t>((*frame)[kPortAt] << 8 | (*frame)[kPortAt + 1]);
        uint32_t number = 0;
        for (size_t i = 0; i < 4; ++i) number = number << 8 | (*frame)[kNumberAt + i];
        const auto [known, is_new] = last.emplace(flow, number);
        out_of_order += !is_new && number <= known->second;
        known->second = number;
        ++frames;
      }
    }
  };
};

TEST_P(WorkersTest, SpreadFlowsAndKeepEachInOrder) {
  auto guests = AddGuests(3);
  // Else the kernel takes the flows over from the workers after a few frames.
  ctl().Ok("set br br0 fast_path=off");
  LearnAll(guests);
  constexpr uint16_t kFlows = 16;
  constexpr uint32_t kFramesPerFlow = 10'000;
  Arrivals arrivals;
  std::atomic<bool> sent = false;
  std::thread receiver(
      [&] { DrainWhile([&] { return !sent; }, [&] { arrivals.Drain(*guests[1]); }); });
  for (uint32_t number = 1; number <= kFramesPerFlow; ++number) {
    for (uint16_t flow = 0; flow < kFlows; ++flow) {
      guests[0]->Send(FlowFrame(Station(1), Station(0), flow, number));
    }
  }
  sent = true;
  receiver.join();

  EXPECT_EQ(arrivals.out_of_order, 0);
  EXPECT_EQ(arrivals.last.size(), kFlows);
  const Json stats = ExpectBalance();
  EXPECT_EQ(ctl().PortStats("vm0").at("ingress").at("frames"), kFlows * kFramesPerFlow + 1);
  // LearnAll's broadcasts are counted too: 2 arrived here.
  EXPECT_EQ(ctl().PortStats("vm1").at("egress").at("frames"), arrivals.frames + 2);
  EXPECT_EQ(ctl().PortStats("vm2").at("egress").at("frames"), 2) << "nothing flooded";
  for (const Json& worker : stats.at("workers")) {
    EXPECT_GT(worker.at("batches"), 10) << "a worker had nothing to do";
    EXPECT_EQ(worker.at("io_wq_threads"), 0);
  }
}

TEST_P(WorkersTest, KeepToACoreEach) {
  std::set<std::string> cores;
  for (const std::string& thread : vswitch().daemon().Threads("worker")) {
    const std::string status = ReadFile(thread + "/status");
    const std::string key = "Cpus_allowed_list:\t";
    const size_t at = status.find(key) + key.size();
    cores.insert(status.substr(at, status.find('\n', at) - at));
  }
  const unsigned usable = std::thread::hardware_concurrency();
  EXPECT_EQ(cores.size(), std::min(2u, usable));
  for (const std::string& core : cores) {
    EXPECT_EQ(core.find_first_not_of("0123456789"), std::string::npos) << core << ": several";
  }
}

// The request of a flow teaches its worker; the frames of other flows are another worker's.
TEST_P(WorkersTest, ShareWhatTheyLearn) {
  auto guests = AddGuests(3);
  guests[0]->Send(NumberedFrame(kBroadcast, Station(0), 1));
  for (int guest : {1, 2}) guests[guest]->ReceiveUntil(1);
  for (uint16_t flow = 0; flow < 64; ++flow) {
    guests[1]->Send(FlowFrame(Station(0), Station(1), flow, 1));
    ASSERT_TRUE(guests[0]->Receive().has_value()) << flow;
  }
  ExpectBalance();
  EXPECT_EQ(ctl().PortStats("vm2").at("egress").at("frames"), 1) << "the broadcast alone";

  // A station that moves has moved for all.
  guests[2]->Send(FlowFrame(Station(0), Station(1), 99, 1));
  ASSERT_TRUE(guests[0]->Receive().has_value());
  for (uint16_t flow = 0; flow < 64; ++flow) {
    guests[0]->Send(FlowFrame(Station(1), Station(0), flow, 2));
    ASSERT_TRUE(guests[2]->Receive().has_value()) << flow;
  }
  EXPECT_FALSE(guests[1]->Receive(std::chrono::milliseconds(0)).has_value());
}

TEST_P(WorkersTest, PortsComeAndGoUnderLoad) {
  auto guests = AddGuests(2);
  LearnAll(guests);
  {
    uint32_t number = 0;
    Loop load([&] {
      ++number;
      guests[0]->Send(FlowFrame(kBroadcast, Station(0), static_cast<uint16_t>(number), number));
      if (number % 64 == 0) guests[1]->DrainNumbers();
    });
    for (int round = 0; round < 10; ++round) {
      ctl().Ok("add-port br0 in0 type=internal");
      ctl().Ok("add-port br0 vm9");
      ctl().Ok("del-port br0 in0");
      ctl().Ok("del-port br0 vm9");
    }
  }
  SettledStats(ctl());
  // The ports that went took their counts along; between those that stayed no frame is missing.
  const Json from = ctl().PortStats("vm0");
  const Json to = ctl().PortStats("vm1");
  EXPECT_EQ(from.at("ingress").at("frames").get<uint64_t>(),
            to.at("egress").at("frames").get<uint64_t>() + Drops(to, "egress_queue_full") +
                Drops(from, "ingress_queue_full"));
}

VSWITCH_EACH_IO_MODE(WorkersTest);

}  // namespace
}  // namespace vswitch::testing
