#include "switch/fast_path/candidate_feed.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <thread>

#include "tests/frame_builder.h"

namespace vswitch {
namespace {

Candidate Pair(uint32_t from, uint32_t to) {
  return {.bridge = 1, .source = FdbKey(Station(from), 0), .destination = FdbKey(Station(to), 0)};
}

std::unique_ptr<CandidateFeed> Feed() { return *CandidateFeed::Create(); }

bool IsReadable(const CandidateFeed& feed) {
  pollfd ready{.fd = feed.event(), .events = POLLIN, .revents = 0};
  return poll(&ready, 1, 0) == 1;
}

TEST(CandidateFeedTest, TellsAPairOnceATick) {
  const auto feed = Feed();
  for (int i = 0; i < 5; ++i) feed->Offer(Pair(1, 2), 0, 100);
  feed->Offer(Pair(2, 1), 1, 100);
  EXPECT_FALSE(IsReadable(*feed));
  feed->Flush();
  EXPECT_TRUE(IsReadable(*feed));
  EXPECT_EQ(feed->Take().size(), 2);
  EXPECT_FALSE(IsReadable(*feed));
  feed->Offer(Pair(1, 2), 0, 100);
  feed->Flush();
  EXPECT_FALSE(IsReadable(*feed)) << "nothing new";
  feed->Offer(Pair(1, 2), 0, 101);
  feed->Flush();
  EXPECT_EQ(feed->Take().size(), 1);
}

TEST(CandidateFeedTest, APortThatInventsStationsDoesNotSilenceOthers) {
  const auto feed = Feed();
  uint64_t lost = 0;
  for (uint32_t i = 0; i < 100'000; ++i) lost += !feed->Offer(Pair(10 + i, 2), 0, 100);
  feed->Offer(Pair(1, 2), 1, 100);
  feed->Flush();
  const std::vector<Candidate> taken = feed->Take();
  EXPECT_LT(taken.size(), 1000);
  EXPECT_EQ(taken.back().source, FdbKey(Station(1), 0));
  EXPECT_EQ(lost, 100'000 + 1 - taken.size());
}

TEST(CandidateFeedTest, LosesNothingBetweenThreadsButWhatItCounts) {
  const auto feed = Feed();
  constexpr uint32_t kOffered = 200'000;
  std::atomic<bool> done = false;
  uint64_t lost = 0;
  std::thread worker([&] {
    for (uint32_t i = 0; i < kOffered; ++i) {
      // Every tick and port anew: only room is short.
      lost += !feed->Offer(Pair(i, i + 1), static_cast<PortId>(i % 64), i);
      if (i % 32 == 0) feed->Flush();
    }
    feed->Flush();
    done = true;
  });
  uint64_t taken = 0;
  uint64_t last = 0;
  const auto take = [&] {
    for (const Candidate& candidate : feed->Take()) {
      EXPECT_GT(candidate.destination.value, last);
      last = candidate.destination.value;
      ++taken;
    }
  };
  while (!done) take();
  worker.join();
  take();
  EXPECT_EQ(taken + lost, kOffered);
}

}  // namespace
}  // namespace vswitch
