// Events of the kernel's links as the control thread gets them.
#include "switch/link/link_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <functional>
#include <string>
#include <vector>

#include "switch/port/testing/guest.h"
#include "switch/port/testing/other_namespace.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

class LinkWatcherTest : public PortTest {
 protected:
  void SetUp() override {
    PortTest::SetUp();
    if (IsSkipped()) return;
    auto watcher = LinkWatcher::Open([this](const LinkEvent& event) { events_.push_back(event); });
    ASSERT_TRUE(watcher.ok()) << watcher.status();
    watcher_ = *std::move(watcher);
  }

  // Polls and dispatches until an event is as wanted; the kernel may take a second over carrier.
  bool WaitFor(const std::function<bool(const LinkEvent&)>& wanted) {
    for (int i = 0; i < 50; ++i) {
      for (const LinkEvent& event : events_) {
        if (wanted(event)) return true;
      }
      events_.clear();
      pollfd ready{.fd = watcher_->fd(), .events = POLLIN, .revents = 0};
      poll(&ready, 1, 100);
      watcher_->Dispatch();
    }
    return false;
  }

  std::vector<LinkEvent> events_;
  std::unique_ptr<LinkWatcher> watcher_;
};

TEST_F(LinkWatcherTest, DispatchNeverBlocks) {
  watcher_->Dispatch();
  watcher_->Dispatch();
}

TEST_F(LinkWatcherTest, TellsOfAGuestThatComesAndGoes) {
  const auto port = Attach(Spec(PortType::kTap, "vm0"));
  const auto link_is = [&](bool up) {
    return WaitFor([&](const LinkEvent& event) {
      if (event.kind != LinkEvent::Kind::kChanged || event.link.ifindex != port->ifindex())
        return false;
      EXPECT_EQ(event.link.name, "vm0");
      port->Refresh();
      return port->link_up() == up;
    });
  };
  EXPECT_TRUE(link_is(false));
  UniqueFd guest = OpenAsGuest("vm0");
  EXPECT_TRUE(link_is(true));
  guest.Reset();
  EXPECT_TRUE(link_is(false));
}

TEST_F(LinkWatcherTest, TellsOfDevicesThatGo) {
  const auto port = Attach(Spec(PortType::kTap, "vm0"));
  const auto internal = Attach(Spec(PortType::kInternal, "p0"));
  const int moved = Find("p0")->ifindex;
  const auto gone = [&](int ifindex) {
    return WaitFor([&](const LinkEvent& event) {
      return event.kind == LinkEvent::Kind::kGone && event.link.ifindex == ifindex;
    });
  };
  Shell("ip link del vm0");
  EXPECT_TRUE(gone(port->ifindex()));
  OtherNamespace other;
  Shell("ip link set p0 netns " + other.pid());
  EXPECT_TRUE(gone(moved));
}

TEST_F(LinkWatcherTest, TellsOfFiltersThatComeAndGo) {
  Shell("ip tuntap add vm0 mode tap; tc qdisc add dev vm0 clsact");
  const int ifindex = Find("vm0")->ifindex;
  for (const char* change : {"tc filter add dev vm0 ingress prio 1 protocol ip u32 match u32 0 0",
                             "tc filter del dev vm0 ingress", "tc qdisc del dev vm0 clsact"}) {
    SCOPED_TRACE(change);
    Shell(change);
    EXPECT_TRUE(WaitFor([&](const LinkEvent& event) {
      return event.kind == LinkEvent::Kind::kFiltersChanged && event.link.ifindex == ifindex;
    }));
  }
}

TEST_F(LinkWatcherTest, TellsOfARootQdiscThatGoes) {
  Shell("ip tuntap add vm0 mode tap; tc qdisc add dev vm0 root tbf rate 1mbit burst 2k limit 9k");
  Shell("tc qdisc del dev vm0 root");
  EXPECT_TRUE(WaitFor([&](const LinkEvent& event) {
    return event.kind == LinkEvent::Kind::kQdiscGone && event.link.name == "vm0" &&
           event.qdisc.kind == "tbf" && event.qdisc.handle != 0;
  }));
}

TEST_F(LinkWatcherTest, APortThatLeavesABridgeIsNotGone) {
  Shell("ip link add br9 type bridge && ip link add eth0 master br9 type veth peer name wire");
  const int ifindex = Find("eth0")->ifindex;
  WaitFor([](const LinkEvent&) { return false; });
  Shell("ip link set eth0 nomaster && ip link set eth0 up");
  EXPECT_TRUE(WaitFor([&](const LinkEvent& event) {
    EXPECT_NE(event.kind, LinkEvent::Kind::kGone);
    return event.link.ifindex == ifindex;
  }));
}

TEST_F(LinkWatcherTest, SaysSoWhenEventsWereLost) {
  Shell("ip link add eth0 up type veth peer name wire");
  Shell("for i in $(seq 4000); do echo link set eth0 alias a$i; done | ip -batch -");
  EXPECT_TRUE(
      WaitFor([](const LinkEvent& event) { return event.kind == LinkEvent::Kind::kResync; }));
  // And goes on.
  Shell("ip link set eth0 alias again");
  EXPECT_TRUE(WaitFor([](const LinkEvent& event) { return event.link.name == "eth0"; }));
}

}  // namespace
}  // namespace vswitch::testing
