// The properties: what one port offers never keeps another's out, and whoever waits for the event
// misses nothing that was taken in.
#include "switch/worker/trap_feed.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <map>
#include <thread>

#include "tests/frame_builder.h"

namespace vswitch {
namespace {

// A frame from `port`, with its body elsewhere.
class TrappedFrom {
 public:
  explicit TrappedFrom(PortId port, size_t payload = 300)
      : bytes_(FrameBuilder().Payload(payload).Build()),
        body_(bytes_.begin() + std::min<size_t>(kHeadBytes, bytes_.size()), bytes_.end()) {
    frame_.SetWhole(bytes_.data(), static_cast<uint32_t>(bytes_.size()));
    frame_.body = body_.data();
    frame_.ingress = port;
    frame_.destination = FdbKey(Station(2), 7);
  }
  Trap trap() const { return {&frame_, TrapKind::kLoopProbe}; }
  std::vector<uint8_t> ethernet() const {
    return {bytes_.begin() + kOffloadHeaderBytes, bytes_.end()};
  }

 private:
  std::vector<uint8_t> bytes_;
  std::vector<uint8_t> body_;
  Frame frame_;
};

std::unique_ptr<TrapFeed> Feed() { return *TrapFeed::Create(); }

bool IsReadable(const TrapFeed& feed, int timeout_ms = 0) {
  pollfd ready{.fd = feed.event(), .events = POLLIN, .revents = 0};
  return poll(&ready, 1, timeout_ms) == 1;
}

std::map<PortId, size_t> CountByPort(const std::vector<TrappedFrame>& frames) {
  std::map<PortId, size_t> counts;
  for (const TrappedFrame& frame : frames) ++counts[frame.port];
  return counts;
}

TEST(TrapFeedTest, HandsOverACopy) {
  const auto feed = Feed();
  EXPECT_FALSE(IsReadable(*feed));
  for (const size_t payload : {0, 10, 102, 103, 1486}) {
    const TrappedFrom frame(3, payload);
    EXPECT_TRUE(feed->Offer(frame.trap()));
    feed->Flush();
    EXPECT_TRUE(IsReadable(*feed));
    const std::vector<TrappedFrame> taken = feed->Take();
    ASSERT_EQ(taken.size(), 1u);
    EXPECT_EQ(taken[0].port, 3);
    EXPECT_EQ(taken[0].vlan, 7);
    EXPECT_EQ(taken[0].kind, TrapKind::kLoopProbe);
    EXPECT_EQ(taken[0].ethernet, frame.ethernet());
    EXPECT_FALSE(IsReadable(*feed));
  }
}

TEST(TrapFeedTest, CutsWhatIsLong) {
  const auto feed = Feed();
  const TrappedFrom frame(3, 20'000);
  feed->Offer(frame.trap());
  feed->Flush();
  EXPECT_EQ(feed->Take().at(0).ethernet.size(), TrapFeed::kMaxBytes);
}

TEST(TrapFeedTest, TakesOnlySoManyOfAPort) {
  const auto feed = Feed();
  const TrappedFrom loud(1);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(feed->Offer(loud.trap()), i < TrapFeed::kPerPort);
  EXPECT_TRUE(feed->Offer(TrappedFrom(2).trap()));
  feed->Flush();
  EXPECT_EQ(feed->Take().size(), TrapFeed::kPerPort + 1);
  EXPECT_TRUE(feed->Offer(loud.trap())) << "it has its share again";
}

TEST(TrapFeedTest, WhoHasMostLosesWhenItIsFull) {
  const auto feed = Feed();
  constexpr size_t kLoud = TrapFeed::kCapacity / TrapFeed::kPerPort;
  for (PortId port = 0; port < kLoud; ++port) {
    for (size_t i = 0; i < TrapFeed::kPerPort; ++i) feed->Offer(TrappedFrom(port).trap());
  }
  // Each of these gets in as long as others have more.
  for (PortId port = kLoud; port < TrapFeed::kCapacity; ++port) {
    EXPECT_FALSE(feed->Offer(TrappedFrom(port).trap())) << "one that waited is lost for it";
  }
  feed->Flush();
  const std::map<PortId, size_t> counts = CountByPort(feed->Take());
  EXPECT_EQ(counts.size(), TrapFeed::kCapacity) << "one of each";
}

TEST(TrapFeedTest, ForgetsAPort) {
  const auto feed = Feed();
  for (const PortId port : {1, 2, 1}) feed->Offer(TrappedFrom(port).trap());
  feed->Flush();
  feed->Forget(1);
  EXPECT_EQ(CountByPort(feed->Take()), (std::map<PortId, size_t>{{2, 1}}));
}

TEST(TrapFeedTest, NothingOfManyWorkersIsMissed) {
  constexpr int kWorkers = 4;
  constexpr int kOffers = 3000;
  const auto feed = Feed();
  std::atomic<uint64_t> taken_in = 0;
  std::atomic<int> running = kWorkers;
  std::vector<std::thread> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      const TrappedFrom frame(static_cast<PortId>(worker));
      for (int i = 0; i < kOffers; ++i) {
        if (!feed->Offer(frame.trap())) continue;
        taken_in.fetch_add(1);
        feed->Flush();
      }
      running.fetch_sub(1);
    });
  }
  uint64_t taken = 0;
  while (running.load() > 0 || IsReadable(*feed)) {
    if (IsReadable(*feed, 1)) taken += feed->Take().size();
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(taken, taken_in.load());
}

}  // namespace
}  // namespace vswitch
