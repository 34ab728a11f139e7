// What the program in the kernel lets pass at once and what it hands up, and what the daemon's side
// makes of it.
#include "switch/fast_path/fast_path.h"

#include <gtest/gtest.h>
#include <linux/pkt_cls.h>

#include <algorithm>
#include <vector>

#include "switch/fast_path/testing/fast_path_fixture.h"

namespace vswitch {
namespace {

using FastPathTest = testing::FastPathTest;

std::vector<uint8_t> Frame(int from, int to, int vlan = -1) {
  FrameBuilder builder;
  builder.From(Station(from)).To(Station(to));
  if (vlan >= 0) builder.Tag(vlan);
  return builder.BuildEthernet();
}

TEST_F(FastPathTest, TakesWhatIsKnownAtBothEnds) {
  EXPECT_FALSE(IsFast(0, Frame(10, 20)));
  Want(10, 0);
  Settle();
  EXPECT_FALSE(IsFast(0, Frame(10, 20)));
  Want(20, 1);
  EXPECT_FALSE(IsFast(0, Frame(10, 20)));
  Settle();
  EXPECT_FALSE(IsFast(0, Frame(10, 20))) << "the first asks";
  EXPECT_TRUE(IsFast(0, Frame(10, 20)));
  EXPECT_TRUE(IsFast(1, Frame(20, 10)));
  const FastCounters counters = fast_path_->CountersOf(0);
  EXPECT_EQ(counters.ingress_frames, 1);
  EXPECT_EQ(counters.egress_frames, 1);
  EXPECT_EQ(counters.ingress_bytes, Frame(10, 20).size());
}

TEST_F(FastPathTest, HandsUpEverythingElse) {
  Want(10, 0);
  Want(20, 1);
  Want(30, 0);
  Settle();
  ASSERT_TRUE(IsFast(0, Frame(10, 20)));
  const struct {
    const char* what;
    int port;
    std::vector<uint8_t> frame;
  } cases[] = {
      {"unknown source", 0, Frame(11, 20)},
      {"unknown destination", 0, Frame(10, 21)},
      {"to the same port", 0, Frame(10, 30)},
      {"broadcast", 0, FrameBuilder().From(Station(10)).To(kBroadcast).BuildEthernet()},
      {"a VLAN where nobody is known", 0, Frame(10, 20, 5)},
      {"VLAN 4095", 0, Frame(10, 20, 4095)},
      {"another bridge", 3, Frame(10, 20)},
  };
  for (const auto& test : cases) EXPECT_FALSE(IsFast(test.port, test.frame)) << test.what;
  EXPECT_TRUE(BecomesFast(0, Frame(10, 20))) << "still";
  EXPECT_TRUE(IsFast(0, Frame(10, 20, 0))) << "a priority tag is none";
  EXPECT_EQ(Run(0, Frame(10, 20), 47), uint32_t{TC_ACT_REDIRECT});
}

TEST_F(FastPathTest, DropsWhatComesFromNoPort) {
  fast_path_->RemovePort(0, true);
  EXPECT_EQ(Run(0, Frame(10, 20)), uint32_t{TC_ACT_SHOT});
}

TEST_F(FastPathTest, LetsADeviceGoThatHasLeft) {
  const int device = static_cast<int>(devices_[0]);
  fast_path_->LetGo(device, true);
  EXPECT_NE(Run(0, Frame(10, 20)), static_cast<uint32_t>(TC_ACT_UNSPEC)) << "it is a port's";
  fast_path_->RemovePort(0, true);
  fast_path_->LetGo(device, true);
  EXPECT_EQ(Run(0, Frame(10, 20)), static_cast<uint32_t>(TC_ACT_UNSPEC));
  fast_path_->LetGo(device, false);
  EXPECT_EQ(Run(0, Frame(10, 20)), uint32_t{TC_ACT_SHOT});
}

TEST_F(FastPathTest, AStationThatMovesIsNowhereUntilTheTableKnows) {
  Want(10, 0);
  Want(20, 1);
  Settle();
  ASSERT_TRUE(IsFast(0, Frame(10, 20)));
  EXPECT_FALSE(IsFast(2, Frame(20, 10))) << "the moving frame is for the table";
  EXPECT_FALSE(IsFast(0, Frame(10, 20)));
  Want(20, 1);  // The table is behind.
  Settle();
  EXPECT_FALSE(IsFast(0, Frame(10, 20)));
  Want(20, 2);
  EXPECT_TRUE(BecomesFast(0, Frame(10, 20)));
  EXPECT_TRUE(BecomesFast(2, Frame(20, 10)));
  EXPECT_EQ(cache_->size_of(1), 0);
  EXPECT_EQ(cache_->size_of(2), 1);
}

TEST_F(FastPathTest, AStationThatMovesWhilePendingDoesNotBecomeActive) {
  Want(10, 0);
  Settle();
  Want(20, 1);
  cache_->Settle([](const StationPlace&) { return true; });
  EXPECT_FALSE(IsFast(2, Frame(20, 10)));
  Settle();
  EXPECT_FALSE(IsFast(0, Frame(10, 20)));
}

// It may have moved between the two, with a frame that a worker has not read yet.
TEST_F(FastPathTest, AStationThatComesAgainWhilePendingWaitsAnew) {
  Want(10, 0);
  Settle();
  const auto all_true = [](const StationPlace&) { return true; };
  Want(20, 1);
  cache_->Settle(all_true);
  cache_->Erase(kBridge, FdbKey(Station(20), 0));
  EXPECT_FALSE(IsFast(2, Frame(20, 10), /*serve=*/false));
  Want(20, 1);
  cache_->Settle(all_true);
  cache_->Settle(all_true);
  EXPECT_FALSE(IsFast(0, Frame(10, 20), /*serve=*/false));
  EXPECT_TRUE(cache_->HasPending());
}

TEST_F(FastPathTest, AStaticStationDoesNotMove) {
  Want(10, 0);
  Want(20, 1, 0, /*is_static=*/true);
  Settle();
  EXPECT_FALSE(IsFast(2, Frame(20, 10)));
  EXPECT_TRUE(IsFast(0, Frame(10, 20)));
}

TEST_F(FastPathTest, WhatIsErasedIsGoneAtOnce) {
  Want(10, 0);
  Want(20, 1);
  Settle();
  ASSERT_TRUE(IsFast(0, Frame(10, 20)));
  cache_->Erase(kBridge, FdbKey(Station(20), 0));
  EXPECT_FALSE(IsFast(0, Frame(10, 20)));
  Want(20, 1);
  Settle();
  ASSERT_TRUE(BecomesFast(0, Frame(10, 20)));
  cache_->EraseIf([](uint32_t, FdbKey, PortId port) { return port == 0; });
  EXPECT_FALSE(IsFast(0, Frame(10, 20)));
  EXPECT_EQ(cache_->size(), 1);
}

TEST_F(FastPathTest, APortMayBeSlow) {
  Want(10, 0);
  Want(20, 1);
  Settle();
  ASSERT_TRUE(IsFast(0, Frame(10, 20)));
  Configure(1, 0);
  EXPECT_FALSE(IsFast(0, Frame(10, 20))) << "to it";
  EXPECT_FALSE(IsFast(1, Frame(20, 10))) << "from it";
  Configure(1, PORT_IS_FAST);
  EXPECT_TRUE(BecomesFast(0, Frame(10, 20)));
}

TEST_F(FastPathTest, WhatIsNotSeenAges) {
  cache_->Want(
      {.bridge = kBridge, .key = FdbKey(Station(20), 0), .port = 1, .seen = NowTick() - 299});
  Want(10, 0);
  Settle();
  EXPECT_TRUE(IsFast(0, Frame(10, 20)));
  cache_->Erase(kBridge, FdbKey(Station(20), 0));
  cache_->Want(
      {.bridge = kBridge, .key = FdbKey(Station(20), 0), .port = 1, .seen = NowTick() - 301});
  Settle();
  EXPECT_FALSE(IsFast(0, Frame(10, 20)));
}

TEST_F(FastPathTest, TellsWhenAStationWasSeen) {
  const FdbKey key(Station(10), 0);
  cache_->Want({.bridge = kBridge, .key = key, .port = 0, .seen = NowTick() - 100});
  Settle();
  EXPECT_LE(cache_->SeenByKernel(kBridge, key), NowTick() - 100);
  IsFast(0, Frame(10, 20));
  EXPECT_GE(cache_->SeenByKernel(kBridge, key), NowTick() - 1);
}

TEST_F(FastPathTest, AFlowIsFastWhenAllOfItHasPassed) {
  Want(10, 0);
  Want(20, 1);
  Settle();
  fast_path_->RemovePort(0, true);
  Configure(0, 0);
  EXPECT_FALSE(IsFast(0, Frame(10, 20), /*serve=*/false));
  EXPECT_FALSE(IsFast(0, Frame(10, 20), /*serve=*/false));
  Configure(0, PORT_IS_FAST);
  EXPECT_FALSE(IsFast(0, Frame(10, 20), /*serve=*/false));
  Serve(0, 2);
  EXPECT_FALSE(IsFast(0, Frame(10, 20), /*serve=*/false)) << "one is still queued";
  order_->OnRead(0, 2);
  EXPECT_TRUE(order_->IsWanted());
  EXPECT_FALSE(IsFast(0, Frame(10, 20), /*serve=*/false)) << "read, not written";
  order_->OnRead(0, 1);
  order_->OnWritten([](PortId) { return true; });
  EXPECT_FALSE(IsFast(0, Frame(10, 20), /*serve=*/false)) << "some wait in the worker";
  order_->OnRead(0, 1);
  order_->OnWritten([](PortId) { return false; });
  EXPECT_TRUE(IsFast(0, Frame(10, 20)));
}

TEST_F(FastPathTest, OneOfSeveralWorkersDoesNotSleepOnWhatItHasWritten) {
  FlowOrder one_of_two(fast_path_->orders(), /*only_worker=*/false);
  EXPECT_FALSE(one_of_two.IsWanted());
  one_of_two.OnRead(0, 1);
  EXPECT_TRUE(one_of_two.IsWanted());
  one_of_two.OnWritten([](PortId) { return false; });
  EXPECT_FALSE(one_of_two.IsWanted());
  order_->OnRead(0, 1);
  EXPECT_FALSE(order_->IsWanted()) << "the next frame tells in time";
}

TEST_F(FastPathTest, WhatGoesToGroupsHoldsNoFlowBack) {
  Want(10, 0);
  Want(20, 1);
  Settle();
  const auto broadcast = FrameBuilder().From(Station(10)).To(kBroadcast).BuildEthernet();
  EXPECT_FALSE(IsFast(0, broadcast, /*serve=*/false));
  EXPECT_TRUE(IsFast(0, Frame(10, 20)));
}

// The queue of 8 is full, and nobody reads.
TEST_F(FastPathTest, AFullQueueLosesFramesAndThenIsFast) {
  Configure(0, 0);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Run(0, Frame(10, 20)), uint32_t{TC_ACT_REDIRECT});
  EXPECT_EQ(Run(0, Frame(10, 20)), uint32_t{TC_ACT_SHOT});
  EXPECT_EQ(fast_path_->CountersOf(0).queue_full, 1);
  Want(10, 0);
  Want(20, 1);
  Settle();
  Serve(0, 8);
  Settle();
  Configure(0, PORT_IS_FAST);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Run(0, Frame(10, 20)), uint32_t{TC_ACT_REDIRECT});
  EXPECT_EQ(Run(0, Frame(10, 20)), uint32_t{TC_ACT_SHOT}) << "a gap begins";
  order_->OnRead(0, 4);
  EXPECT_EQ(Run(0, Frame(10, 20)), uint32_t{TC_ACT_SHOT}) << "there is room, but a gap";
  order_->OnRead(0, 4);
  order_->OnWritten([](PortId) { return false; });
  EXPECT_TRUE(IsFast(0, Frame(10, 20)));
  EXPECT_EQ(fast_path_->CountersOf(0).queue_full, 3);
}

TEST_F(FastPathTest, WhatWasLostOnItsWayMakesRoomAgain) {
  Configure(0, 0);
  for (int i = 0; i < 8; ++i) Run(0, Frame(10, 20));
  EXPECT_EQ(Run(0, Frame(10, 20)), uint32_t{TC_ACT_SHOT});
  fast_path_->ForgetLost(0, 8);
  EXPECT_EQ(Run(0, Frame(10, 20)), uint32_t{TC_ACT_REDIRECT});
}

TEST_F(FastPathTest, WhatIsGoneWithItsQueueHoldsNoStationBack) {
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(IsFast(0, Frame(11, 20), /*serve=*/false));
  Want(30, 2);
  cache_->Settle([](const StationPlace&) { return true; });
  const auto is_known = [&](int station) {
    return cache_->SeenByKernel(kBridge, FdbKey(Station(station), 0)).has_value();
  };
  EXPECT_FALSE(is_known(30));
  fast_path_->RemovePort(0, false);
  Settle();
  EXPECT_TRUE(is_known(30));
  // Another twin in its place.
  Configure(0, PORT_IS_FAST, /*is_new=*/true);
  Want(31, 2);
  Settle();
  EXPECT_TRUE(is_known(31));
  Want(20, 1);
  Want(10, 0);
  Settle();
  EXPECT_TRUE(IsFast(0, Frame(10, 20)));
}

TEST_F(FastPathTest, AFullCacheLosesThoseOfWhoHasMost) {
  StationCache small(fast_path_.get(), true, /*capacity=*/8);
  const auto want = [&](int number, PortId port) {
    small.Want(
        {.bridge = kBridge, .key = FdbKey(Station(number), 0), .port = port, .seen = NowTick()});
  };
  want(1, 1);
  want(2, 2);
  for (int i = 100; i < 200; ++i) want(i, 0);
  EXPECT_EQ(small.size(), 8);
  EXPECT_EQ(small.size_of(1), 1);
  EXPECT_EQ(small.size_of(2), 1);
}

TEST_F(FastPathTest, ReviewsAllAround) {
  for (int i = 0; i < 10; ++i) Want(i + 1, i % 3);
  Settle();
  std::vector<uint64_t> seen;
  for (int i = 0; i < 5; ++i) {
    cache_->Review(2, [&](const StationPlace& place) {
      seen.push_back(place.key.value);
      return true;
    });
  }
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::unique(seen).begin(), seen.end());
  EXPECT_EQ(seen.size(), 10);
  cache_->Review(10, [](const StationPlace& place) { return place.port == 1; });
  EXPECT_EQ(cache_->size(), cache_->size_of(1));
}

}  // namespace
}  // namespace vswitch
