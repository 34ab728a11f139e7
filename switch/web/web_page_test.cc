// What is checked: the page's files refer to nothing but each other and bring no script of their
// own into the markup; what is asked under /api/ are the reports, bounded. What it looks like in a
// browser: tests/system/web_test.
#include "switch/web/web_page.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "switch/base/str_cat.h"
#include "switch/rpc/testing/fake_controller.h"

namespace vswitch {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class WebPageTest : public ::testing::Test {
 protected:
  HttpReply Get(const std::string& path, std::map<std::string, std::string> query = {}) {
    return page_.Answer({.path = path, .query = std::move(query)});
  }
  json Fdb(std::map<std::string, std::string> query = {}) {
    return json::parse(*Get("/api/fdb", std::move(query)).body);
  }

  FakeController controller_;
  bool ending_ = false;
  Addresses addresses_;
  WebPage page_{[this]() -> std::shared_ptr<const Snapshot> {
                  if (ending_) return nullptr;
                  return std::make_shared<const Snapshot>(TakeSnapshot(controller_));
                },
                [this] { return std::make_shared<const Addresses>(addresses_); }};
};

// A browser loads what these name; the policy of every reply (switch/http/server.cc) forbids more.
TEST_F(WebPageTest, FilesNameOnlyEachOther) {
  std::set<std::string> seen;
  std::vector<std::string> open = {"/"};
  const std::regex reference(R"re((?:src|href)="([^"#]+)"|from '\./([^']+)')re");
  while (!open.empty()) {
    const std::string path = open.back();
    open.pop_back();
    if (!seen.insert(path).second) continue;
    const HttpReply reply = Get(path);
    ASSERT_EQ(reply.status, 200u) << path;
    const std::string& text = *reply.body;
    EXPECT_THAT(text, Not(HasSubstr("//cdn"))) << path;
    EXPECT_THAT(text, Not(HasSubstr("innerHTML"))) << path;
    EXPECT_THAT(text, Not(HasSubstr("https:"))) << path;
    for (std::sregex_iterator it(text.begin(), text.end(), reference), end; it != end; ++it) {
      open.push_back("/" + ((*it)[1].matched ? (*it)[1].str() : (*it)[2].str()));
    }
  }
  EXPECT_EQ(seen.size(), 9u);  // All there are.
}

TEST_F(WebPageTest, TheMarkupHasNoScriptAndNoStyleOfItsOwn) {
  const std::string text = *Get("/").body;
  EXPECT_FALSE(std::regex_search(text, std::regex(R"(<script[^>]*>[^<])")));
  EXPECT_FALSE(std::regex_search(text, std::regex(R"(<style|\sstyle=|\son\w+=|javascript:)")));
}

TEST_F(WebPageTest, ReportsAreThoseOfTheProtocol) {
  const json show = json::parse(*Get("/api/show").body);
  EXPECT_EQ(show.at("bridges").at(0).at("ports").at(0).at("name"), "vm0");
  EXPECT_EQ(show.at("version"), "0.1.0");
  const HttpReply reply = Get("/api/stats");
  EXPECT_EQ(reply.content_type, "application/json");
  const json stats = json::parse(*reply.body);
  EXPECT_EQ(stats.at("ports").at(0).at("ingress").at("bytes"), 2);
  EXPECT_EQ(stats.at("tables").size(), controller_.FdbStats("")->size());
  EXPECT_TRUE(stats.at("taken_ms").is_number_unsigned());
}

TEST_F(WebPageTest, AddressesAreFoundByBridgeAddressAndPort) {
  addresses_.rows = {{.bridge = "br0", .port = "vm0", .mac = {0x525400000001}},
                     {.bridge = "br0", .port = "vm1", .mac = {0x525400000002}},
                     {.bridge = "br1", .port = "up0", .mac = {0x0a0000000003}}};
  addresses_.total = 3;
  EXPECT_EQ(Fdb().at("found"), 3);
  EXPECT_EQ(Fdb({{"bridge", "br0"}}).at("found"), 2);
  EXPECT_EQ(Fdb({{"find", "VM1"}}).at("entries").at(0).at("mac"), "52:54:00:00:00:02");
  EXPECT_EQ(Fdb({{"find", "0A:00"}}).at("entries").at(0).at("port"), "up0");
  EXPECT_EQ(Fdb({{"find", "no such"}}).at("entries"), json::array());
}

TEST_F(WebPageTest, ListsNoMoreAddressesThanAPageHolds) {
  for (uint64_t i = 0; i < 1000; ++i) {
    addresses_.rows.push_back({.bridge = "br0", .port = "vm0", .mac = {0x525400000000 + i}});
  }
  addresses_.total = 1000;
  const json reply = Fdb();
  EXPECT_EQ(reply.at("entries").size(), WebPage::kMostRows);
  EXPECT_EQ(reply.at("found"), 1000);
  EXPECT_EQ(reply.at("too_many"), false);
}

TEST_F(WebPageTest, SaysWhenThereAreTooManyAddressesToAskFor) {
  addresses_.total = 4'000'000;
  const json reply = Fdb();
  EXPECT_EQ(reply.at("too_many"), true);
  EXPECT_EQ(reply.at("total"), 4'000'000);
}

TEST_F(WebPageTest, WhatIsNotThereIsNotFoundAndNobodyWaitsForADaemonThatEnds) {
  for (const char* path : {"", "/index.html", "/api", "/api/", "/../etc/passwd", "/metrics"}) {
    EXPECT_EQ(Get(path).status, 404u) << path;
  }
  ending_ = true;
  EXPECT_EQ(Get("/api/show").status, 503u);
}

}  // namespace
}  // namespace vswitch
