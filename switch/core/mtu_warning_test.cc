#include "switch/core/mtu_warning.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

PortStatus Port(const std::string& name, uint32_t mtu, const std::string& state = "up") {
  PortStatus port;
  port.spec.name = name;
  port.mtu = mtu;
  port.state = state;
  return port;
}

TEST(MtuWarningTest, IsGivenWhereTheyDiffer) {
  const struct {
    std::vector<PortStatus> ports;
    std::string says;
  } kCases[] = {
      {{}, ""},
      {{Port("vm0", 1500)}, ""},
      {{Port("vm0", 1500), Port("vm1", 1500, "down")}, ""},
      // What has no device has no MTU yet.
      {{Port("vm0", 1500), Port("vm1", 0, "missing"), Port("vm2", 0, "broken")}, ""},
      {{Port("vm0", 1500), Port("vm1", 9000)}, "differ (1500: vm0; 9000: vm1): "},
      {{Port("vm0", 1500), Port("vm1", 9000, "down")}, "differ (1500: vm0; 9000: vm1): "},
      {{Port("a", 1500), Port("b", 1500), Port("c", 1500), Port("d", 1500), Port("e", 9000)},
       "differ (1500: a, b, c and 1 more; 9000: e): "},
  };
  for (const auto& c : kCases) {
    const std::string warning = MtuWarning(c.ports);
    EXPECT_EQ(warning.empty(), c.says.empty()) << warning;
    EXPECT_THAT(warning, HasSubstr(c.says));
  }
}

}  // namespace
}  // namespace vswitch
