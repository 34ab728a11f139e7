// Who moves too often, and where it is held.
#include "bridge/move_limiter.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace vswitch {
namespace {

constexpr PortId kHome = 1;
constexpr PortId kOther = 2;
constexpr PortId kThird = 3;

FdbKey Key(uint64_t number, VlanId vlan = 0) {
  return FdbKey(MacAddress{0x020000000000 + number}, vlan);
}

struct Told {
  PortId from;
  PortId to;
  uint32_t now;
};

// The rule: more than N moves within T seconds; held where it was before it began to move, that is
// since it has not moved for T seconds.
TEST(MoveLimiterTest, WhoMovesTooOften) {
  const struct {
    std::string description;
    MoveLimiter::Limit limit;
    std::vector<Told> moves;
    PortId home;  // kNoPort: not held.
  } kCases[] = {
      {"as often as allowed", {3, 10}, {{1, 2, 0}, {2, 1, 0}, {1, 2, 0}}, kNoPort},
      {"once more", {3, 10}, {{1, 2, 0}, {2, 1, 0}, {1, 2, 0}, {2, 1, 0}}, kHome},
      {"once more, just in time", {3, 10}, {{1, 2, 0}, {2, 1, 4}, {1, 2, 8}, {2, 1, 9}}, kHome},
      {"once more, too late", {3, 10}, {{1, 2, 0}, {2, 1, 4}, {1, 2, 8}, {2, 1, 10}}, kNoPort},
      {"any ten seconds count, not those since the first move",
       {3, 10},
       {{1, 2, 0}, {2, 1, 8}, {1, 2, 9}, {2, 1, 12}, {1, 2, 15}},
       kHome},
      {"the first of those that are too many comes from the other port",
       {5, 10},
       {{1, 2, 0}, {2, 1, 1}, {1, 2, 2}, {2, 1, 3}, {1, 2, 4}, {2, 1, 10}, {1, 2, 10}},
       kHome},
      {"so again, from a third one",
       {3, 10},
       {{1, 2, 0}, {2, 3, 9}, {3, 2, 18}, {2, 3, 20}, {3, 2, 20}, {2, 1, 20}},
       kHome},
      {"it has moved for good before", {1, 10}, {{2, 1, 0}, {1, 2, 11}, {2, 1, 11}}, kHome},
      {"it has just moved", {1, 10}, {{1, 2, 0}, {2, 1, 10}, {1, 2, 10}}, kHome},
      {"it was taken at the end of a second, and taken back at the beginning of the next",
       {2, 1},
       {{1, 2, 0}, {2, 1, 1}, {1, 2, 1}, {2, 1, 1}},
       kHome},
      {"a single move", {1, 10}, {{1, 2, 0}}, kNoPort},
      {"two moves where one is allowed", {1, 10}, {{1, 2, 0}, {2, 1, 3}}, kHome},
      {"a loop of three ports", {3, 10}, {{1, 2, 0}, {2, 3, 0}, {3, 2, 0}, {2, 3, 0}}, kHome},
      {"across the wrap of the clock", {1, 10}, {{1, 2, 0xfffffffe}, {2, 1, 3}}, kHome},
      {"from a clock that lags", {1, 10}, {{1, 2, 100}, {2, 1, 98}}, kHome},
      {"a clock that lags does not tell of a rest",
       {2, 10},
       {{1, 2, 100}, {2, 1, 98}, {1, 2, 100}},
       kHome},
      {"the most that can be told",
       {MoveLimiter::kMaxMoves, 60},
       std::vector<Told>(MoveLimiter::kMaxMoves + 1, Told{1, 2, 0}),
       kHome},
      {"and one less",
       {MoveLimiter::kMaxMoves, 60},
       std::vector<Told>(MoveLimiter::kMaxMoves, Told{1, 2, 0}),
       kNoPort},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.description);
    MoveLimiter limiter(c.limit, 1);
    for (const Told& move : c.moves) limiter.OnMove({Key(1), move.from, move.to}, move.now);
    const auto held = limiter.Take();
    ASSERT_EQ(held.size(), c.home == kNoPort ? 0u : 1u);
    if (c.home != kNoPort) {
      EXPECT_EQ(held[0].key, Key(1));
      EXPECT_EQ(held[0].home, c.home);
    }
    EXPECT_TRUE(limiter.Take().empty()) << "told once";
  }
}

// Who begins to send with a station's address does not get the station held at his port.
TEST(MoveLimiterTest, HeldWhereItWasBefore) {
  MoveLimiter limiter({.moves = 2, .ticks = 10}, 1);
  limiter.OnMove({Key(1), kHome, kOther}, 0);
  limiter.OnMove({Key(1), kOther, kHome}, 0);
  limiter.OnMove({Key(1), kHome, kOther}, 0);
  // Whatever comes until it is held.
  for (int i = 0; i < 100; ++i) limiter.OnMove({Key(1), kOther, kThird}, 1);
  const auto held = limiter.Take();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].home, kHome);
}

// Where it was before stays where it was before, also when moves are counted anew: those that it
// could not be held for, or whose hold somebody has ended.
TEST(MoveLimiterTest, TheHomeOutlivesTheHold) {
  MoveLimiter limiter({.moves = 1, .ticks = 10}, 1);
  const auto home_after = [&](const std::vector<Told>& moves) {
    for (const Told& move : moves) limiter.OnMove({Key(1), move.from, move.to}, move.now);
    const auto held = limiter.Take();
    return held.size() == 1 ? held[0].home : kNoPort;
  };
  EXPECT_EQ(home_after({{kHome, kOther, 0}, {kOther, kHome, 0}, {kHome, kOther, 0}}), kHome);
  EXPECT_EQ(home_after({{kOther, kHome, 1}, {kHome, kOther, 1}}), kHome);
  EXPECT_EQ(home_after({{kOther, kHome, 10}, {kHome, kOther, 10}}), kHome);
  // It has moved, and rested there.
  EXPECT_EQ(home_after({{kOther, kHome, 21}, {kHome, kOther, 21}}), kOther);
}

TEST(MoveLimiterTest, EachStationOfEachVlanIsCountedByItself) {
  MoveLimiter limiter({.moves = 1, .ticks = 10}, 1);
  limiter.OnMove({Key(1), 1, 2}, 0);
  limiter.OnMove({Key(2), 1, 2}, 0);
  limiter.OnMove({Key(1, 5), 1, 2}, 0);
  EXPECT_TRUE(limiter.Take().empty());
  limiter.OnMove({Key(1, 5), 2, 1}, 0);
  ASSERT_EQ(limiter.Take().size(), 1u);
}

TEST(MoveLimiterTest, AfterwardsItIsCountedAnew) {
  MoveLimiter limiter({.moves = 1, .ticks = 10}, 1);
  for (int i = 0; i < 2; ++i) limiter.OnMove({Key(1), 1, 2}, 0);
  EXPECT_EQ(limiter.Take().size(), 1u);
  limiter.OnMove({Key(1), 1, 2}, 1);
  EXPECT_TRUE(limiter.Take().empty());
  limiter.OnMove({Key(1), 2, 1}, 1);
  EXPECT_EQ(limiter.Take().size(), 1u);
}

// Hostile: more addresses than are watched. What is watched stays bounded (the object has no more
// memory than it began with), and who flaps among the last of them is still found.
TEST(MoveLimiterTest, MillionsOfAddresses) {
  auto limiter = std::make_unique<MoveLimiter>(MoveLimiter::Limit{.moves = 3, .ticks = 10}, 1);
  for (uint64_t i = 1; i <= 100'000; ++i) limiter->OnMove({Key(i), 1, 2}, 0);
  EXPECT_TRUE(limiter->Take().empty());
  for (uint64_t i = 1; i <= 10'000; ++i) {
    for (int move = 0; move < 4; ++move) limiter->OnMove({Key(i), 1, 2}, 1);
  }
  EXPECT_LE(limiter->Take().size(), MoveLimiter::kStations);
  for (int move = 0; move < 4; ++move) limiter->OnMove({Key(7), 1, 2}, 2);
  const auto held = limiter->Take();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].key, Key(7));
}

// A worker whose clock is a tick behind must not take the newest for the oldest.
TEST(MoveLimiterTest, WhoMovedLastIsNotForgottenByAClockThatLags) {
  MoveLimiter limiter({.moves = 3, .ticks = 10}, 1);
  for (uint64_t i = 1; i <= 10'000; ++i) limiter.OnMove({Key(i), 1, 2}, 0);
  const FdbKey station = Key(20'000);
  for (int move = 0; move < 3; ++move) limiter.OnMove({station, 1, 2}, 101);
  // Some of them in its set, but not as many as the set has room for.
  for (uint64_t i = 30'000; i < 30'150; ++i) limiter.OnMove({Key(i), 1, 2}, 100);
  limiter.OnMove({station, 1, 2}, 101);
  const auto held = limiter.Take();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].key, station);
}

// Property: whatever threads tell at once, who is told of has moved too often, at a port where it
// was; and a station that all of them move is found.
TEST(MoveLimiterTest, ThreadsBesideEachOther) {
  constexpr int kRounds = 20000;
  auto limiter = std::make_unique<MoveLimiter>(MoveLimiter::Limit{.moves = 5, .ticks = 10}, 1);
  std::atomic<int> working{3};
  const auto tell = [&](uint64_t first) {
    for (int i = 0; i < kRounds; ++i) {
      limiter->OnMove({Key(1), kHome, kOther}, 5);
      // Only once each.
      limiter->OnMove({Key(first + i), kHome, kOther}, 5);
    }
    --working;
  };
  std::vector<std::thread> threads;
  for (uint64_t i = 1; i <= 3; ++i) threads.emplace_back(tell, i * 1'000'000);
  size_t found = 0;
  size_t wrong = 0;
  const auto look = [&] {
    for (const auto& flapping : limiter->Take()) {
      ++found;
      wrong += flapping.key != Key(1) || flapping.home != kHome;
    }
  };
  while (working.load() != 0) look();
  for (std::thread& thread : threads) thread.join();
  look();
  EXPECT_GT(found, 0u);
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace vswitch
