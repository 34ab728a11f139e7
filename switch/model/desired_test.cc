#include "switch/model/desired.h"

#include <utility>

#include "gtest/gtest.h"

namespace vswitch {
namespace {

Desired Example() {
  return {{{.name = "br0", .ports = {{.name = "vm0"}, {.name = "vm1"}}},
           {.name = "br1", .ports = {{.name = "eth0", .type = PortType::kNetdev}}}}};
}

TEST(Desired, FindsBridgesAndPortsByName) {
  Desired desired = Example();
  EXPECT_EQ(desired.FindBridge("br1"), &desired.bridges[1]);
  EXPECT_EQ(desired.FindBridge("vm0"), nullptr);
  const auto found = desired.FindPort("eth0");
  ASSERT_TRUE(found);
  EXPECT_EQ(found.bridge, &desired.bridges[1]);
  EXPECT_EQ(found.port, &desired.bridges[1].ports[0]);
  EXPECT_FALSE(desired.FindPort("br0"));

  const Desired& constant = desired;
  EXPECT_EQ(constant.FindBridge("br0"), &desired.bridges[0]);
  EXPECT_EQ(constant.FindPort("vm1").port, &desired.bridges[0].ports[1]);
  EXPECT_FALSE(constant.FindPort(""));
}

TEST(Desired, IsEqualWhenEverythingIs) {
  const Desired desired = Example();
  EXPECT_EQ(desired, Example());
  Desired other = Example();
  other.FindPort("vm1").port->mtu = 9000;
  EXPECT_NE(desired, other);
  other = Example();
  other.FindPort("vm1").port->created = true;
  EXPECT_NE(desired, other);
  other = Example();
  other.FindBridge("br1")->static_entries.push_back({{1}, 0, "eth0"});
  EXPECT_NE(desired, other);
  // `show` lists them in this order.
  other = Example();
  std::swap(other.bridges[0].ports[0], other.bridges[0].ports[1]);
  EXPECT_NE(desired, other);
}

}  // namespace
}  // namespace vswitch
