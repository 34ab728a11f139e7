#include "switch/base/nearest.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace vswitch {
namespace {

TEST(EditDistance, CountsTheSmallestNumberOfEdits) {
  const struct {
    std::string_view a, b;
    size_t distance;
  } kCases[] = {
      {"", "", 0},
      {"abc", "", 3},
      {"", "abc", 3},
      {"abc", "abc", 0},
      {"aging_s", "ageing_s", 1},
      {"kitten", "sitting", 3},
      {"add_rb", "add_br", 1},  // A swap is one edit.
      {"ca", "abc", 3},         // Optimal string alignment: nothing is edited twice.
      {"ADD-BR", "add_br", 0},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(EditDistance(c.a, c.b), c.distance) << c.a << " / " << c.b;
    EXPECT_EQ(EditDistance(c.b, c.a), c.distance) << c.b << " / " << c.a;
  }
}

TEST(Nearest, SuggestsWhatWasMeantAndNothingElse) {
  const std::vector<std::string_view> kWords = {"ageing_s", "fdb_entries", "group_fwd_mask", "mtu"};
  const struct {
    std::string_view word;
    std::string_view nearest;  // Empty: none.
  } kCases[] = {
      {"aging_s", "ageing_s"},
      {"ageing", "ageing_s"},
      {"group", "group_fwd_mask"},
      {"mut", "mtu"},
      {"MTU", "mtu"},
      {"fdb-entires", "fdb_entries"},
      {"xyz", ""},
      {"", ""},
      {"m", ""},
      {"speed", ""},
      {"vlan_filtering", ""},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Nearest(c.word, kWords).value_or(""), c.nearest) << c.word;
  }
}

TEST(Nearest, AmbiguousPrefixSuggestsNothing) {
  const std::vector<std::string_view> kWords = {"list_bridges", "list_port_names"};
  EXPECT_EQ(Nearest("list", kWords), std::nullopt);
  EXPECT_EQ(Nearest("list_p", kWords), "list_port_names");
}

TEST(Nearest, OfEqualsTheFirst) {
  const std::vector<std::string_view> kWords = {"vm1", "vm2"};
  EXPECT_EQ(Nearest("vm3", kWords), "vm1");
}

TEST(Nearest, HugeWordsCostNothing) {
  const std::string huge(1024 * 1024, 'a');
  const std::vector<std::string_view> kWords = {"aaa"};
  EXPECT_EQ(Nearest(huge, kWords), std::nullopt);
  EXPECT_EQ(Nearest("aaa", {}), std::nullopt);
}

TEST(DidYouMean, IsAnAppendix) {
  const std::vector<std::string_view> kWords = {"add_br"};
  EXPECT_EQ(DidYouMean("add-bri", kWords), ": did you mean 'add_br'?");
  EXPECT_EQ(DidYouMean("quit", kWords), "");
  EXPECT_EQ(DidYouMean("add-bri", kWords, "it has none"), ": did you mean 'add_br'? It has none");
  EXPECT_EQ(DidYouMean("quit", kWords, "it has none"), "; it has none");
}

}  // namespace
}  // namespace vswitch
