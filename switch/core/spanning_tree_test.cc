#include "switch/core/spanning_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "switch/core/bpdu_guard.h"

namespace vswitch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr MacAddress kAddress{0x020000000a00};

SpanningTree::PortFacts Up(PortId id) { return {.id = id, .enabled = true}; }

rstp::Bpdu Hello() {
  constexpr auto kRoot = rstp::MakeBridgeIdentifier(4096, MacAddress{1});
  return {.proposal = true,
          .priority = {.root = kRoot, .designated_bridge = kRoot, .designated_port = 0x8001}};
}

TEST(SpanningTree, PortsKeepTheirNumbersAndGiveThemBack) {
  SpanningTree tree(kAddress, 32768);
  const std::vector<SpanningTree::PortFacts> three = {Up(7), Up(3), Up(9)};
  tree.Follow(32768, three);
  EXPECT_EQ(tree.port(7).port_id, 0x8001);
  EXPECT_EQ(tree.port(3).port_id, 0x8002);
  EXPECT_EQ(tree.port(9).port_id, 0x8003);
  const std::vector<SpanningTree::PortFacts> two = {Up(9), Up(3)};
  tree.Follow(32768, two);
  EXPECT_FALSE(tree.Has(7));
  EXPECT_EQ(tree.StateOf(7), StpState::kDiscarding);
  EXPECT_EQ(tree.port(9).port_id, 0x8003);
  const std::vector<SpanningTree::PortFacts> other = {Up(9), Up(5), Up(3)};
  tree.Follow(32768, other);
  EXPECT_EQ(tree.port(5).port_id, 0x8001);
}

TEST(SpanningTree, SaysWhatIsToBeDone) {
  SpanningTree tree(kAddress, 32768);
  const std::vector<SpanningTree::PortFacts> ports = {Up(7), Up(3)};
  tree.Follow(32768, ports);
  tree.TakeWork();
  tree.Receive(3, Hello());
  EXPECT_EQ(tree.root_port(), 3);
  EXPECT_EQ(tree.StateOf(3), StpState::kForwarding);
  EXPECT_EQ(tree.StateOf(7), StpState::kDiscarding);
  std::set<MacAddress, decltype([](MacAddress a, MacAddress b) { return a.value < b.value; })>
      sources;
  for (const SpanningTree::Outgoing& each : tree.TakeWork().frames) {
    sources.insert(MacAddress::FromBytes(each.frame.data() + 6));
    EXPECT_TRUE(rstp::ParseBpdu(each.frame).has_value());
  }
  EXPECT_EQ(sources.size(), 2u);
  EXPECT_FALSE(sources.begin()->IsGroup());
  EXPECT_EQ(tree.counts(3).ingress_bpdus, 1u);
  EXPECT_GE(tree.counts(3).egress_bpdus, 1u);
  const std::vector<SpanningTree::PortFacts> down = {Up(7), {.id = 3}};
  tree.Follow(32768, down);
  EXPECT_EQ(tree.root_port(), kNoPort);
  EXPECT_THAT(tree.TakeWork().flushed, ElementsAre(3));
}

TEST(SpanningTree, WorksOffNoMoreThanIsSane) {
  SpanningTree tree(kAddress, 32768);
  const std::vector<SpanningTree::PortFacts> ports = {Up(1)};
  tree.Follow(32768, ports);
  for (int i = 0; i < 1000; ++i) tree.Receive(1, Hello());
  EXPECT_EQ(tree.counts(1).ignored_bpdus, 1000u - SpanningTree::kMaxBpdusPerSecond);
  tree.Tick();
  tree.Receive(1, Hello());
  EXPECT_EQ(tree.counts(1).ignored_bpdus, 1000u - SpanningTree::kMaxBpdusPerSecond);
}

// IEEE 802.1D-2004, 9.2.7: a port's number has 12 bits, and none is 0.
TEST(SpanningTree, APortTooManyDiscards) {
  SpanningTree tree(kAddress, 32768);
  std::vector<SpanningTree::PortFacts> ports;
  for (PortId id = 0; id < kMaxPorts; ++id) ports.push_back({.id = id});
  tree.Follow(32768, ports);
  EXPECT_TRUE(tree.Has(kMaxPorts - 2));
  EXPECT_FALSE(tree.Has(kMaxPorts - 1));
  EXPECT_EQ(tree.StateOf(kMaxPorts - 1), StpState::kDiscarding);
}

TEST(BpduGuard, BlocksUntilTheLastBpduIsLongAgo) {
  BpduGuard guard;
  EXPECT_TRUE(guard.Hear(3, 1000));
  EXPECT_FALSE(guard.Hear(3, 1200));
  EXPECT_TRUE(guard.IsBlocked(3));
  EXPECT_FALSE(guard.IsBlocked(4));
  EXPECT_EQ(guard.SecondsLeft(3, 1201), BpduGuard::kBlockedSeconds - 1);
  EXPECT_THAT(guard.Silent(1499), IsEmpty());
  EXPECT_THAT(guard.Silent(1500), ElementsAre(3));
  EXPECT_TRUE(guard.Release(3));
  EXPECT_FALSE(guard.Release(3));
  EXPECT_FALSE(guard.IsBlocked(3));
}

}  // namespace
}  // namespace vswitch
