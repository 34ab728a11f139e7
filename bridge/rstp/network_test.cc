// Whole networks: they converge to one tree, quickly, with few BPDUs, and no loop on the way.
#include "bridge/rstp/testing/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace vswitch::rstp::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kSecond = 1000;
// Between bridges that agree: far less than any timer (17.11).
constexpr int kPrompt = 2 * kSecond;
// With time only: forward delay twice and max. age, table 17-1.
constexpr int kByTimers = 60 * kSecond;

void ExpectSound(Network& network) {
  EXPECT_THAT(network.TakeLoops(), IsEmpty());
  EXPECT_THAT(network.WhyNoTree(), IsEmpty());
  EXPECT_THAT(network.WhoSentTooMuch(), IsEmpty());
}

// A way to the root that is gone lives on in what others have heard of it, and goes in circles with
// a cost that grows, where those that were cut off from it have a ring of their own: until it is
// older than Max Age, or meets those who know better. Meanwhile the protocol itself may close a
// loop: K. Elmeleegy, A. Cox, T. Ng, "Understanding and Mitigating the Effects of Count to Infinity
// in Ethernet Networks", 2009. So no word of loops on the way here.
void ExpectTreeInTheEnd(Network& network) {
  network.TakeLoops();
  EXPECT_THAT(network.WhyNoTree(), IsEmpty());
  EXPECT_THAT(network.WhoSentTooMuch(), IsEmpty());
}

// Returns its segments: the first joins bridges 0 and 1.
std::vector<size_t> MakeRing(Network& network, size_t bridges) {
  std::vector<size_t> segments;
  for (size_t i = 0; i < bridges; ++i) network.AddBridge();
  for (size_t i = 0; i < bridges; ++i) {
    segments.push_back(network.AddSegment({i, (i + 1) % bridges}));
  }
  return segments;
}

TEST(NetworkTest, TwoBridgesOnTwoLinksUseOne) {
  Network network(1);
  const auto links = MakeRing(network, 2);
  network.RunFor(kPrompt);
  ExpectSound(network);
  // 17.6: by the port's identifier, as all else is equal.
  EXPECT_EQ(network.RoleAt(0, links[0]), Role::kDesignated);
  EXPECT_EQ(network.RoleAt(1, links[0]), Role::kRoot);
  EXPECT_EQ(network.RoleAt(1, links[1]), Role::kAlternate);
  EXPECT_EQ(network.StateAt(1, links[1]), PortState::kDiscarding);
}

// What all others here rest on can tell a loop from none.
TEST(NetworkTest, ALoopOfBridgesThatDoNotHearEachOtherIsSeen) {
  Network network(1);
  for (const size_t link : MakeRing(network, 2)) network.SetDeaf(link, true);
  network.RunFor(kByTimers);
  EXPECT_THAT(network.TakeLoops(), Not(IsEmpty()));
  EXPECT_EQ(network.WhyNoTree(), "there is a loop");
}

TEST(NetworkTest, TheAlternatePortTakesOverWhenTheLinkFails) {
  Network network(2);
  const auto links = MakeRing(network, 2);
  network.RunFor(kPrompt);
  network.SetUp(links[0], false);
  network.RunFor(0);
  // 17.29.2: at once, without a BPDU.
  EXPECT_EQ(network.StateAt(1, links[1]), PortState::kForwarding);
  network.RunFor(kPrompt);
  ExpectSound(network);
  network.SetUp(links[0], true);
  network.RunFor(kPrompt);
  ExpectSound(network);
}

TEST(NetworkTest, ARingConvergesAndSurvivesEachLink) {
  for (size_t bridges = 3; bridges <= 8; ++bridges) {
    Network network(static_cast<uint32_t>(bridges));
    const auto links = MakeRing(network, bridges);
    network.RunFor(kPrompt);
    ExpectSound(network);
    for (const size_t link : links) {
      network.SetUp(link, false);
      network.RunFor(kPrompt);
      ExpectSound(network);
      network.SetUp(link, true);
      network.RunFor(kPrompt);
      ExpectSound(network);
    }
  }
}

// 17.11: what was learned by the old way is forgotten.
TEST(NetworkTest, AChangeOfTopologyFlushes) {
  Network network(3);
  const auto links = MakeRing(network, 4);
  network.RunFor(10 * kSecond);
  const uint64_t before = network.flushes();
  network.RunFor(10 * kSecond);
  EXPECT_EQ(network.flushes(), before);
  network.SetUp(links[0], false);
  network.RunFor(kPrompt);
  EXPECT_GE(network.flushes(), before + 4);
}

TEST(NetworkTest, TwoPortsOnOneSegmentOfThreeBridgesAreBackup) {
  Network network(4);
  for (int i = 0; i < 3; ++i) network.AddBridge();
  const size_t shared = network.AddSegment({0, 1, 2});
  const size_t link = network.AddSegment({0, 1});
  network.RunFor(kByTimers);
  ExpectSound(network);
  EXPECT_EQ(network.RoleAt(0, shared), Role::kDesignated);
  EXPECT_EQ(network.RoleAt(1, link), Role::kAlternate);
}

TEST(NetworkTest, ABridgeThatIsItsOwnNeighbourHasABackupPort) {
  Network network(5);
  network.AddBridge();
  network.AddBridge();
  const size_t link = network.AddSegment({0, 1});
  const size_t looped = network.AddSegment({1, 1});
  network.RunFor(kByTimers);
  EXPECT_THAT(network.TakeLoops(), IsEmpty());
  const Bridge& bridge = network.bridge(1);
  EXPECT_EQ(network.RoleAt(1, link), Role::kRoot);
  EXPECT_EQ(bridge.port(2).role, Role::kDesignated);
  EXPECT_EQ(bridge.port(3).role, Role::kBackup);
  EXPECT_EQ(bridge.State(3), PortState::kDiscarding);
  (void)looped;
}

TEST(NetworkTest, TheBestPriorityIsTheRootAndALaterOneTakesItsPlace) {
  Network network(6);
  const auto links = MakeRing(network, 5);
  network.RunFor(kPrompt);
  EXPECT_TRUE(network.bridge(0).IsRoot());
  network.bridge(3).SetIdentifier(MakeBridgeIdentifier(4096, MacAddress{0x020000000103}));
  network.bridge(3).Settle();
  network.RunFor(4 * kSecond);
  EXPECT_TRUE(network.bridge(3).IsRoot());
  ExpectSound(network);
  EXPECT_EQ(network.RoleAt(2, links[2]), Role::kRoot);
}

TEST(NetworkTest, ARootThatFallsSilentAgesOut) {
  Network network(7);
  MakeRing(network, 4);
  network.RunFor(kPrompt);
  network.SetAlive(0, false, /*links_tell=*/false);
  network.RunFor(kByTimers);
  ExpectSound(network);
  EXPECT_TRUE(network.bridge(1).IsRoot());
  network.SetAlive(0, true, /*links_tell=*/false);
  network.RunFor(kByTimers);
  ExpectSound(network);
}

struct Shape {
  size_t bridges = 0;
  // Beyond a tree.
  size_t links = 0;
  size_t shared = 0;
};

std::vector<size_t> MakeRandom(Network& network, const Shape& shape, std::mt19937& random) {
  std::vector<size_t> segments;
  for (size_t i = 0; i < shape.bridges; ++i) {
    network.AddBridge(4096 * (random() % 16));
  }
  PortSettings settings;
  const auto any = [&] { return random() % shape.bridges; };
  const auto cost = [&] { return settings.path_cost = random() % 3 == 0 ? 20000 : 2000; };
  for (size_t i = 1; i < shape.bridges; ++i) {
    cost();
    segments.push_back(network.AddSegment({i, random() % i}, settings));
  }
  for (size_t i = 0; i < shape.links; ++i) {
    const size_t one = any();
    const size_t other = any();
    cost();
    // In parallel too.
    if (one != other) segments.push_back(network.AddSegment({one, other}, settings));
  }
  for (size_t i = 0; i < shape.shared; ++i) {
    std::vector<size_t> bridges(shape.bridges);
    std::iota(bridges.begin(), bridges.end(), size_t{0});
    std::ranges::shuffle(bridges, random);
    bridges.resize(3);
    segments.push_back(network.AddSegment(bridges, settings));
  }
  return segments;
}

TEST(NetworkTest, RandomMeshesConvergeWithoutALoop) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Network network(seed);
    MakeRandom(network, {.bridges = 3 + random() % 10, .links = random() % 12}, random);
    network.RunFor(4 * kSecond);
    ExpectSound(network);
    if (HasFailure()) return;
  }
}

TEST(NetworkTest, RandomNetworksWithSharedSegmentsConvergeWithoutALoop) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Network network(seed);
    MakeRandom(network, {.bridges = 3 + random() % 6, .links = random() % 4, .shared = 2}, random);
    network.RunFor(2 * kByTimers);
    ExpectSound(network);
    if (HasFailure()) return;
  }
}

TEST(NetworkTest, RandomMeshesSurviveLinksThatComeAndGo) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Network network(seed);
    const auto segments =
        MakeRandom(network, {.bridges = 3 + random() % 8, .links = 2 + random() % 8}, random);
    network.RunFor(4 * kSecond);
    for (int i = 0; i < 8; ++i) {
      const size_t segment = segments[random() % segments.size()];
      network.SetUp(segment, false);
      network.RunFor(kByTimers);
      ExpectTreeInTheEnd(network);
      network.SetUp(segment, true);
      network.RunFor(kByTimers);
      ExpectSound(network);
      if (HasFailure()) return;
    }
  }
}

TEST(NetworkTest, RandomMeshesSurviveTheRoot) {
  for (uint32_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Network network(seed);
    const Shape shape = {.bridges = 3 + random() % 8, .links = 2 + random() % 8};
    MakeRandom(network, shape, random);
    network.RunFor(4 * kSecond);
    for (size_t i = 0; i < shape.bridges; ++i) {
      if (!network.bridge(i).IsRoot()) continue;
      network.SetAlive(i, false, /*links_tell=*/true);
      network.RunFor(2 * kByTimers);
      ExpectTreeInTheEnd(network);
      network.SetAlive(i, true, /*links_tell=*/true);
      network.RunFor(kByTimers);
      ExpectSound(network);
      break;
    }
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace vswitch::rstp::testing
