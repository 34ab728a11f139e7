// The web page of a switch that works, most of it in a real browser: it shows what there is, its
// numbers move with the traffic, it takes nothing for markup, and stays readable with many ports.
//
// With VSWITCH_WEB_IMAGE=FILE in its environment the first test leaves its picture there
// (tools/web-image).
#include <array>
#include <fstream>

#include "tests/harness/browser.h"
#include "tests/harness/http.h"
#include "tests/harness/system_test.h"

namespace vswitch::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr int kPort = 9478;

class WebTest : public SystemTest {
 protected:
  void SetUp() override { SetUpSwitch("auto", {"--web=127.0.0.1:" + std::to_string(kPort)}); }
};

class BrowserTest : public WebTest {
 protected:
  void SetUp() override {
    WebTest::SetUp();
    if (const std::string why = Browser::WhyNotThere(); !why.empty()) GTEST_SKIP() << why;
    browser_ = std::make_unique<Browser>(net());
  }

  void Open() {
    browser_->Open("http://127.0.0.1:" + std::to_string(kPort) + "/");
    browser_->ExpectTrue("document.querySelector('#link.live')");
  }
  std::string Text(const std::string& selector) {
    return browser_->EvaluateText("document.querySelector(" + Json(selector).dump() +
                                  ").textContent");
  }
  Json Count(const std::string& selector) {
    return browser_->Evaluate("document.querySelectorAll(" + Json(selector).dump() + ").length");
  }
  // Of the first port that the list shows.
  std::string Row(int cell) {
    return Text("#ports-table tbody tr td:nth-child(" + std::to_string(cell) + ")");
  }

  std::unique_ptr<Browser> browser_;
};

// Frames from everybody to his neighbour, each at a pace of his own, until the object ends.
class Traffic {
 public:
  explicit Traffic(const std::vector<std::unique_ptr<FakeGuest>>& guests)
      : loop_([this, &guests] {
          for (size_t i = 0; i + 1 < guests.size(); ++i) {
            const auto to = Station(static_cast<int>((i + 1) % (guests.size() - 1)));
            for (size_t burst = 0; burst <= i; ++burst) {
              guests[i]->Send(NumberedFrame(to, Station(static_cast<int>(i)), ++number_, 1400));
            }
          }
          // A source that may not be: dropped, and counted.
          guests[0]->Send(NumberedFrame(Station(1), kBroadcast, ++number_));
          for (const auto& guest : guests) guest->DrainNumbers();
          PausePolling();
        }) {}

 private:
  uint64_t number_ = 0;
  Loop loop_;
};

TEST_F(BrowserTest, ShowsPortsRatesAddressesAndDrops) {
  auto guests = AddGuests(5);
  ctl().Ok("add-port br0 host0 type=internal");
  ctl().Ok("add-port br0 vm5");  // Nobody has it open.
  net().AddVeth("uplink0", "wire0");
  ctl().Ok("add-port br0 uplink0 type=netdev");
  ctl().Ok("add-br lab");
  for (int i = 0; i < 3; ++i) ctl().Ok("add-port lab lab" + std::to_string(i));
  LearnAll(guests);
  const Traffic traffic(guests);
  browser_->SetSize(1280, 1120, 2);
  browser_->SetDark(false);
  Open();
  EXPECT_EQ(Count("#topology svg"), 2);
  EXPECT_EQ(Count("#topology .port"), 11);
  EXPECT_EQ(Count("#topology .port.down"), 4);
  browser_->ExpectTrue("document.querySelectorAll('#topology .port.busy').length >= 4");
  EXPECT_EQ(Count("#ports-table tbody tr"), 11);
  browser_->ExpectTrue("document.querySelectorAll('#fdb-table tbody tr').length >= 5");
  EXPECT_THAT(Text("#drops-table tbody"), HasSubstr("source_group"));
  EXPECT_THAT(Text("#sum-up"), HasSubstr("of 11"));

  // Rates move: two different ones, neither of them none.
  browser_->ExpectTrue(
      "(window.seen = window.seen || new Set())"
      ".add(document.querySelector('#sum-rx').textContent).size > 2");
  EXPECT_THAT(Text("#topology .port[data-port=vm1] .rate"), StartsWith("↑ "));

  // A port that is chosen in the picture is told of.
  browser_->Evaluate("document.querySelector('.port[data-port=vm1]').focus()");
  browser_->Evaluate(
      "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', "
      "bubbles: true}))");
  EXPECT_EQ(Text("#details-title"), "Port vm1");
  EXPECT_THAT(Text("#details-body"), HasSubstr("Sent in all"));
  browser_->ExpectTrue(
      "document.querySelector('.spark .rx').getAttribute('d').split('L').length > 6");

  const std::string picture = browser_->Screenshot();
  EXPECT_THAT(picture, StartsWith("\x89PNG"));
  if (const char* path = getenv("VSWITCH_WEB_IMAGE")) std::ofstream(path) << picture;
  EXPECT_THAT(browser_->complaints(), IsEmpty());
}

TEST_F(BrowserTest, FollowsPortsThatComeAndGo) {
  auto guest = AddGuest("vm0");
  Open();
  EXPECT_EQ(Count("#topology .port.up"), 1);
  ctl().Ok("add-port br0 vm1");
  browser_->ExpectTrue("document.querySelector('.port[data-port=vm1].down')");
  guest.reset();
  browser_->ExpectTrue("document.querySelector('.port[data-port=vm0].down')");
  ctl().Ok("del-port vm1");
  browser_->ExpectTrue("!document.querySelector('.port[data-port=vm1]')");
  vswitch().Kill();
  browser_->ExpectTrue("document.querySelector('#link.lost')");
  vswitch().Start();
  browser_->ExpectTrue("document.querySelector('#link.live')");
}

TEST_F(BrowserTest, TakesNoNameForMarkup) {
  ctl().Ok("add-br <b>");
  ctl().Ok("add-port <b> <i>\"'&amp;");
  Open();
  EXPECT_EQ(Count("#topology b, #topology i, table b, table i"), 0);
  EXPECT_EQ(Row(1), "<i>\"'&amp;");
  EXPECT_EQ(Row(2), "<b>");
  EXPECT_THAT(browser_->complaints(), IsEmpty());
}

// What the browser itself forbids the page: a script, a style or a request that is not its own.
TEST_F(BrowserTest, TheBrowserHoldsThePageToItsOwnFiles) {
  Open();
  browser_->Evaluate(
      "document.body.append(Object.assign(document.createElement('script'), "
      "{textContent: 'window.injected = true'}))");
  EXPECT_EQ(browser_->Evaluate("window.injected === undefined"), true);
  // One that answers everybody, and forbids no page to read it.
  const std::string port = "9479";
  const Process other({.argv = {"python3", "-m", "http.server", "--bind", "127.0.0.1",
                                "--directory", vswitch().folder().path(), port},
                       .netns = net().fd()});
  Expect("the other server answers", [&] {
    try {
      return HttpGet(net(), std::stoi(port), "/").status == 200;
    } catch (const Error&) {  // It does not listen yet.
      return false;
    }
  });
  EXPECT_EQ(browser_->Evaluate("fetch('http://127.0.0.1:" + port +
                               "/', {mode: 'no-cors'}).then(() => 'sent', () => 'refused')"),
            "refused");
  const std::string complaints = Json(browser_->complaints()).dump();
  EXPECT_THAT(complaints, HasSubstr("script-src 'self'"));
  EXPECT_THAT(complaints, HasSubstr("connect-src 'self'"));
}

TEST_F(BrowserTest, ManyPortsAreTilesAndAreFound) {
  constexpr int kPorts = 60;
  for (int i = 0; i < kPorts; ++i) ctl().Ok("add-port br0 t" + std::to_string(i));
  Open();
  EXPECT_EQ(Count("#topology .port .tile"), kPorts);
  EXPECT_EQ(Count("#topology .port[tabindex='0']"), 1);
  browser_->Evaluate(
      "document.querySelector('#ports-find').value = 't59';"
      "document.querySelector('#ports-find').dispatchEvent(new Event('input'))");
  EXPECT_EQ(Count("#ports-table tbody tr"), 1);
  EXPECT_EQ(Row(1), "t59");
}

TEST_F(WebTest, IsForThisMachineAloneAndOnlyTells) {
  EXPECT_EQ(HttpGet(net(), kPort, "/", "rebound.example").status, 421);
  EXPECT_EQ(HttpGet(net(), kPort, "/api/exit").status, 404);
  EXPECT_EQ(HttpGet(net(), kPort, "/metrics").status, 404);
  // The numbers are those of the command line.
  EXPECT_EQ(Json::parse(HttpGet(net(), kPort, "/api/show").body).at("bridges"),
            ctl().Query("show").at("bridges"));
  EXPECT_EQ(Json::parse(HttpGet(net(), kPort, "/api/stats").body).at("ports"),
            ctl().Query("stats").at("ports"));
}

}  // namespace
}  // namespace vswitch::testing
