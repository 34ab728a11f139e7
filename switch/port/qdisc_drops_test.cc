#include "switch/port/qdisc_drops.h"

#include <gtest/gtest.h>

#include "switch/port/testing/guest.h"
#include "switch/port/testing/port_fixture.h"
#include "switch/port/testing/shell.h"

namespace vswitch::testing {
namespace {

constexpr char kShape[] = "tc qdisc replace dev vm0 root tbf rate 8kbit burst 1540 limit 5000";

TEST(QdiscDropsTest, CountsEachOnce) {
  QdiscDrops drops;
  LinkInfo none;
  none.qdisc = "noqueue";
  drops.Begin(none);
  const struct {
    uint32_t handle;
    uint64_t dropped;
    uint64_t total;
  } kGone[] = {{1, 0, 0}, {2, 5, 5}, {3, 7, 12}, {3, 2, 14}};
  for (const auto& gone : kGone) {
    drops.OnGone({.kind = "tbf", .dropped = gone.dropped, .handle = gone.handle});
    EXPECT_EQ(drops.Read(none), gone.total);
  }
}

class QdiscDropsOfPortTest : public PortTest {
 protected:
  // As often as it takes.
  static void Settle(PortDevice& port) {
    while (!port.is_settled()) port.Settle();
  }

  // What leaves vm0 for its guest, of `frames`, and what is lost, by the port.
  void ExpectNoneIsMissing(PortDevice& port, const UniqueFd& guest, uint64_t lost_before) {
    constexpr int kFrames = 40;
    for (int i = 0; i < kFrames; ++i) {
      ASSERT_TRUE(WritePacket(port.queues()[0], PlainPacket(1000)));
    }
    int arrived = 0;
    while (!ReadPacket(guest, 0).frame.empty()) ++arrived;
    const uint64_t lost = port.ReadKernelDrops().egress_queue_full - lost_before;
    EXPECT_GT(lost, 0u);
    // The rest waits for its turn.
    EXPECT_LE(arrived + lost, uint64_t{kFrames});
    EXPECT_GE(arrived + lost + 5, uint64_t{kFrames});
  }
};

TEST_F(QdiscDropsOfPortTest, AnOperatorsIsKeptAndItsDropsAreCounted) {
  for (const bool before : {true, false}) {
    SCOPED_TRACE(before);
    Shell("ip tuntap add vm0 mode tap");
    if (before) Shell(kShape);
    auto port = Attach(Spec(PortType::kTap, "vm0"));
    ASSERT_NE(port, nullptr);
    if (!before) Shell(kShape);
    const UniqueFd guest = OpenAsGuest("vm0");
    ASSERT_TRUE(WaitForLink(*port, true));
    ExpectNoneIsMissing(*port, guest, 0);
    // Of the next only what it loses itself.
    const uint64_t lost = port->ReadKernelDrops().egress_queue_full;
    // As the watcher would tell.
    const QdiscInfo gone = *FindRootQdisc(*Find("vm0")).value();
    Shell("tc qdisc del dev vm0 root");
    port->OnQdiscGone(gone);
    Settle(*port);
    EXPECT_EQ(Find("vm0")->qdisc, "noqueue");
    Shell(kShape);
    EXPECT_EQ(port->ReadKernelDrops().egress_queue_full, lost);
    ExpectNoneIsMissing(*port, guest, lost);
    port.reset();
    EXPECT_EQ(Find("vm0")->qdisc, "tbf");
    Shell("ip link del vm0");
  }
}

// As libvirt gives a guest its <bandwidth>: the second command fails while there is a root qdisc
// that anybody has chosen, the port included.
TEST_F(QdiscDropsOfPortTest, WhoReplacesTheRootQdiscInTwoStepsIsNotHinderedBetweenThem) {
  auto port = Attach(Spec(PortType::kTap, "vm0"));
  ASSERT_NE(port, nullptr);
  const QdiscInfo gone = *FindRootQdisc(*Find("vm0")).value();
  ASSERT_EQ(gone.kind, "noqueue");
  Shell("tc qdisc del dev vm0 root");
  port->OnQdiscGone(gone);
  EXPECT_FALSE(port->is_settled());
  port->Settle();
  Shell("tc qdisc add dev vm0 root handle 1: htb default 1");
  Settle(*port);
  EXPECT_EQ(Find("vm0")->qdisc, "htb");
}

}  // namespace
}  // namespace vswitch::testing
