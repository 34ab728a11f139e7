#include "bench/load_plan.h"

#include <tuple>

#include "gtest/gtest.h"

namespace vswitch {
namespace {

// Port 0 sends, 1 to 3 are destinations, to each of which a lane leads.
LoadPlan PlanOf(double moves_per_s) {
  LoadPlan plan;
  plan.options.moves_per_s = moves_per_s;
  plan.ports.resize(4);
  for (int port = 1; port < 4; ++port) {
    plan.ports[port].is_destination = true;
    plan.lanes.push_back({.sender = 0, .destination = port});
  }
  return plan;
}

TEST(LoadPlanTest, EachPortIsAStationOfItsOwn) {
  const LoadPlan plan = PlanOf(/*moves_per_s=*/0);
  EXPECT_NE(plan.AddressOf(1, 0), plan.AddressOf(2, 0));
  for (int port = 1; port < 4; ++port) {
    EXPECT_TRUE(plan.IsFor(port - 1, port));
    EXPECT_FALSE(plan.IsForNextPlace(port - 1, port));
    EXPECT_FALSE(plan.IsForNextPlace(port - 1, plan.NextPlace(port)));
  }
}

TEST(LoadPlanTest, AStationMovesFromPlaceToPlace) {
  const LoadPlan plan = PlanOf(/*moves_per_s=*/10);
  EXPECT_NE(plan.AddressOf(0, 0), plan.AddressOf(1, 0));
  for (const auto& [place, next, before] : {std::tuple(1, 2, 3), {2, 3, 1}, {3, 1, 2}}) {
    const size_t stream = place - 1;
    EXPECT_EQ(plan.AddressOf(place, 0), plan.AddressOf(1, 0));
    EXPECT_EQ(plan.NextPlace(place), next);
    EXPECT_TRUE(plan.IsFor(stream, place) && !plan.IsForNextPlace(stream, place));
    EXPECT_TRUE(!plan.IsFor(stream, next) && plan.IsForNextPlace(stream, next));
    EXPECT_TRUE(!plan.IsFor(stream, before) && !plan.IsForNextPlace(stream, before));
  }
}

}  // namespace
}  // namespace vswitch
