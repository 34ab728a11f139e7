// A daemon that ends without a word, and the next one: what the program does in between, and what
// of it is taken over. The test holds the program, as a device would.
#include "switch/fast_path/left_maps.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/pkt_cls.h>

#include <memory>
#include <utility>
#include <vector>

#include "switch/base/unique_fd.h"
#include "switch/fast_path/testing/fast_path_fixture.h"

namespace vswitch {
namespace {

std::vector<uint8_t> Frame(int from, int to) {
  return FrameBuilder().From(Station(from)).To(Station(to)).BuildEthernet();
}

class LeftMapsTest : public testing::FastPathTest {
 protected:
  void SetUp() override {
    FastPathTest::SetUp();
    Want(10, 0);
    Want(20, 1);
    Settle();
  }

  // The kernel empties a map of programs in its own time.
  void EndDaemon() {
    program_ = UniqueFd(fcntl(fast_path_->program_fd(), F_DUPFD_CLOEXEC, 0));
    bpf_prog_info info{};
    uint32_t length = sizeof(info);
    ASSERT_EQ(bpf_obj_get_info_by_fd(program_.get(), &info, &length), 0);
    id_ = info.id;
    order_.reset();
    cache_.reset();
    fast_path_.reset();
    for (int i = 0; i < 10'000 && RunLeft(Frame(10, 99)) != TC_ACT_SHOT; ++i) usleep(1000);
  }
  uint32_t RunLeft(std::vector<uint8_t> frame) { return RunProgram(program_.get(), 0, frame); }

  absl::StatusOr<LeftMaps> Find(const std::string& switch_id = kSwitch) {
    const uint32_t programs[] = {1, id_};
    return LeftMaps::Find(switch_id, programs);
  }
  void StartDaemon() {
    const auto left = Find();
    ASSERT_TRUE(left.ok()) << left.status();
    auto loaded = FastPath::Load(kSwitch, &*left);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    fast_path_ = *std::move(loaded);
    cache_ = std::make_unique<StationCache>(fast_path_.get(), /*only_worker=*/true);
    order_ = std::make_unique<FlowOrder>(fast_path_->orders(), /*only_worker=*/true);
  }

  UniqueFd program_;
  uint32_t id_ = 0;
};

TEST_F(LeftMapsTest, WithoutADaemonWhatIsKnownPassesAndNothingElse) {
  ASSERT_TRUE(IsFast(0, Frame(10, 20)));
  // It waits for ever, and so would its flow.
  EXPECT_FALSE(IsFast(0, Frame(11, 20), /*serve=*/false));
  Configure(0, 0);
  EXPECT_FALSE(IsFast(0, Frame(10, 20), /*serve=*/false));
  Configure(0, PORT_IS_FAST);
  EXPECT_FALSE(IsFast(0, Frame(10, 20), /*serve=*/false));
  EndDaemon();
  EXPECT_EQ(RunLeft(Frame(10, 20)), uint32_t{TC_ACT_REDIRECT});
  EXPECT_EQ(RunLeft(Frame(11, 20)), uint32_t{TC_ACT_SHOT});
  EXPECT_EQ(RunLeft(Frame(10, 20)), uint32_t{TC_ACT_REDIRECT});
}

TEST_F(LeftMapsTest, TheNextDaemonGoesOnWithThem) {
  ASSERT_TRUE(IsFast(0, Frame(10, 20)));
  EXPECT_FALSE(IsFast(0, Frame(11, 20), /*serve=*/false));
  const FastCounters before = fast_path_->CountersOf(0);
  EndDaemon();
  EXPECT_EQ(RunLeft(Frame(10, 20)), uint32_t{TC_ACT_REDIRECT});
  StartDaemon();
  const FastCounters after = fast_path_->CountersOf(0);
  EXPECT_EQ(after.ingress_frames, before.ingress_frames + 1);
  // One was never read, and EndDaemon() tries until one is dropped.
  EXPECT_GE(after.unserved, 2);

  const auto ports = fast_path_->Ports();
  ASSERT_EQ(ports.size(), kPorts);
  for (const auto& [id, config] : ports) {
    EXPECT_EQ(config.name, NameOf(id));
    EXPECT_EQ(config.twin, 0);
    EXPECT_EQ(config.device, devices_[id]);
  }
  const auto stations = fast_path_->Stations();
  ASSERT_EQ(stations.size(), 2);
  for (const auto& station : stations) {
    EXPECT_EQ(station.bridge, kBridge);
    EXPECT_EQ(station.key, FdbKey(Station(station.what.where == 0 ? 10 : 20), 0));
  }

  // Both programs go by the same maps, and have no slow path yet.
  EXPECT_EQ(RunLeft(Frame(11, 20)), uint32_t{TC_ACT_SHOT});
  EXPECT_EQ(Run(0, Frame(11, 20)), uint32_t{TC_ACT_SHOT});
  EXPECT_EQ(RunLeft(Frame(10, 20)), uint32_t{TC_ACT_REDIRECT});
  EXPECT_EQ(Run(0, Frame(10, 20)), uint32_t{TC_ACT_REDIRECT});
  // With a twin they have, and what was fast is so from the first frame on.
  Configure(0, PORT_IS_FAST, /*is_new=*/true);
  EXPECT_EQ(RunLeft(Frame(11, 20)), uint32_t{TC_ACT_REDIRECT});
  EXPECT_TRUE(IsFast(0, Frame(10, 20)));
}

TEST_F(LeftMapsTest, AreFoundByTheirOwnSwitchOnly) {
  EndDaemon();
  EXPECT_TRUE(Find().ok());
  EXPECT_TRUE(absl::IsNotFound(Find("fedcba9876543210").status()));
  EXPECT_TRUE(absl::IsNotFound(LeftMaps::Find(kSwitch, {}).status()));
  EXPECT_EQ(SwitchOfProgram(id_).value(), kSwitch);
}

TEST_F(LeftMapsTest, OfAnotherLayoutAreLeftAlone) {
  EndDaemon();
  {
    const auto left = Find();
    ASSERT_TRUE(left.ok()) << left.status();
    const uint32_t key = 0;
    about what{};
    ASSERT_EQ(bpf_map_lookup_elem(left->fd("about"), &key, &what), 0);
    what.layout = FAST_PATH_LAYOUT + 1;
    ASSERT_EQ(bpf_map_update_elem(left->fd("about"), &key, &what, BPF_ANY), 0);
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(Find().status())) << Find().status();
  EXPECT_EQ(SwitchOfProgram(id_).value(), kSwitch) << "of whatever layout";
}

}  // namespace
}  // namespace vswitch
