#include "switch/model/check_state.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "switch/base/str_cat.h"

namespace vswitch {
namespace {

using ::testing::HasSubstr;

TEST(CheckState, Limits) {
  Desired desired;
  std::vector<BridgeSpec>& bridges = desired.bridges;
  bridges.resize(1);
  bridges[0].name = "br0";
  bridges[0].fdb_entries = 16;
  for (size_t i = 0; i < kMaxPorts; ++i) {
    bridges[0].ports.push_back({.name = absl::StrCat("vm", i)});
  }
  for (uint64_t i = 1; i <= 16; ++i) bridges[0].static_entries.push_back({{i}, 0, "vm0"});
  EXPECT_TRUE(CheckState(desired).ok());

  bridges[0].static_entries.push_back({{17}, 0, "vm0"});
  EXPECT_THAT(std::string(CheckState(desired).message()), HasSubstr("more entries than the table"));
  bridges[0].static_entries.pop_back();

  bridges.push_back({.name = "br1", .ports = {{.name = "one_more"}}});
  EXPECT_THAT(std::string(CheckState(desired).message()), HasSubstr("more than 4096 ports"));
}

}  // namespace
}  // namespace vswitch
