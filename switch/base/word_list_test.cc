#include "switch/base/word_list.h"

#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace vswitch {
namespace {

TEST(WordList, CommasAndAConjunction) {
  using Words = std::vector<std::string_view>;
  EXPECT_EQ(WordList(Words{}, "or"), "");
  EXPECT_EQ(WordList(Words{"tap"}, "or"), "tap");
  EXPECT_EQ(WordList(Words{"tap", "internal"}, "or"), "tap or internal");
  EXPECT_EQ(WordList(Words{"owner", "mtu", "queues"}, "and"), "owner, mtu and queues");
}

}  // namespace
}  // namespace vswitch
